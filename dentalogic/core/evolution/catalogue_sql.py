"""The one question that `catalogue` asks: every object of some schemas, one line each.

A line is a kind, a name and pairs of attribute and value, parted by the unit separator. Objects are
found from the schema by its dependencies and from a table by its number, so that an index leads to
each: by schema alone the system's tables have none, and would be read whole for every clinic.

Left out is what only tunes (storage, statistics, comments) and what one version of PostgreSQL says
and another doesn't: the constraints behind NOT NULL (18) and the privilege MAINTAIN (17).
"""

# ruff: noqa: S608 -- composed of the constants of this file; the schemas' names are a parameter
from __future__ import annotations


def _privileges(acl: str, kind: str, owner: str) -> str:
    """Write an access list without the owner's name; NULL and the same list spelled out agree."""

    def spell(source: str) -> str:
        return (
            "(SELECT coalesce(string_agg(concat(CASE WHEN grantee = 0 THEN 'everybody'"
            f" WHEN grantee = {owner} THEN 'owner' ELSE pg_get_userbyid(grantee) END, ' ',"
            " lower(privilege_type), CASE WHEN is_grantable THEN ' with grant option' END),"
            " ', ' ORDER BY grantee, privilege_type), 'nobody')"
            f" FROM aclexplode({source}) WHERE privilege_type <> 'MAINTAIN')"
        )

    default = spell(f"acldefault({kind}, {owner})")
    return (
        f"CASE WHEN {acl} IS NULL THEN 'default'"
        f" ELSE coalesce(nullif({spell(acl)}, {default}), 'default') END"
    )


def _owner(owner: str) -> str:
    return f"CASE WHEN {owner} = nspowner THEN 'as the schema''s' ELSE pg_get_userbyid({owner}) END"


def _yes(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 'yes' ELSE 'no' END"


def _line(kind: str, name: str, **attributes: str) -> str:
    pairs = "".join(
        f", '{attribute.replace('_', ' ')}', coalesce(({value})::text, '')"
        for attribute, value in attributes.items()
    )
    return f"SELECT nspname::text, concat_ws(chr(31), {kind}, {name}{pairs})"


_COLUMN_ACL = (
    "CASE WHEN attacl IS NULL THEN 'none' ELSE (SELECT coalesce(string_agg(concat(CASE"
    " WHEN grantee = 0 THEN 'everybody' WHEN grantee = relowner THEN 'owner'"
    " ELSE pg_get_userbyid(grantee) END, ' ', lower(privilege_type)), ', '"
    " ORDER BY grantee, privilege_type), 'none') FROM aclexplode(attacl)) END"
)
_TABLE_KIND = (
    "CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'"
    " WHEN 'm' THEN 'materialised view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type'"
    " ELSE 'foreign table' END"
)
_DETAIL = (
    "CASE relkind WHEN 'v' THEN pg_get_viewdef(relid) WHEN 'm' THEN pg_get_viewdef(relid)"
    " WHEN 'p' THEN pg_get_partkeydef(relid)"
    " WHEN 'S' THEN (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement,"
    " seqmin, seqmax, seqcache, seqcycle) FROM pg_sequence WHERE seqrelid = relid) END"
)

_PIECES = (
    _line("'schema'", "'itself'", privileges=_privileges("nspacl", "'n'", "nspowner"))
    + " FROM wanted",
    _line(
        _TABLE_KIND,
        "relname",
        owner=_owner("relowner"),
        privileges=_privileges(
            "relacl", "CASE relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END", "relowner"
        ),
        kept="relpersistence",
        row_security=f"{_yes('relrowsecurity')} || {_yes('relforcerowsecurity')}",
        options="array_to_string(reloptions, ' ')",
        inherits=(
            "SELECT string_agg(inhparent::regclass::text, ' ' ORDER BY inhseqno)"
            " FROM pg_inherits WHERE inhrelid = relid"
        ),
        definition=_DETAIL,
    )
    + " FROM relations",
    _line(
        "'column'",
        "relname || '.' || attname",
        type="format_type(atttypid, atttypmod)",
        nullable=_yes("NOT attnotnull"),
        default="pg_get_expr(adbin, adrelid)",
        generated="attgenerated",
        identity="attidentity",
        collation=(
            "SELECT collname FROM pg_collation WHERE pg_collation.oid = attcollation AND"
            " attcollation <> (SELECT typcollation FROM pg_type WHERE pg_type.oid = atttypid)"
        ),
        privileges=_COLUMN_ACL,
    )
    + " FROM relations JOIN pg_attribute ON attrelid = relid"
    " LEFT JOIN pg_attrdef ON adrelid = relid AND adnum = attnum"
    " WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'",
    _line(
        "'constraint'",
        "relname || '.' || conname",
        definition="pg_get_constraintdef(pg_constraint.oid)",
        validated=_yes("convalidated"),
    )
    + " FROM relations JOIN pg_constraint ON conrelid = relid WHERE contype <> 'n'",
    _line(
        "'index'",
        "relname || '.' || (SELECT relname FROM pg_class WHERE pg_class.oid = indexrelid)",
        definition="pg_get_indexdef(indexrelid)",
        valid=_yes("indisvalid AND indisready AND indislive"),
    )
    + " FROM relations JOIN pg_index ON indrelid = relid",
    _line(
        "'trigger'",
        "relname || '.' || tgname",
        definition="pg_get_triggerdef(pg_trigger.oid)",
        enabled="tgenabled",
    )
    + " FROM relations JOIN pg_trigger ON tgrelid = relid WHERE NOT tgisinternal",
    _line("'rule'", "relname || '.' || rulename", definition="pg_get_ruledef(pg_rewrite.oid)")
    + " FROM relations JOIN pg_rewrite ON ev_class = relid WHERE rulename <> '_RETURN'",
    _line(
        "'policy'",
        "relname || '.' || polname",
        definition=(
            "concat_ws(' ', polcmd, polpermissive, polroles::regrole[],"
            " pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))"
        ),
    )
    + " FROM relations JOIN pg_policy ON polrelid = relid",
    _line(
        "'function'",
        "concat(proname, '(', pg_get_function_identity_arguments(pg_proc.oid), ')')",
        arguments="pg_get_function_arguments(pg_proc.oid)",
        result="pg_get_function_result(pg_proc.oid)",
        language="SELECT lanname FROM pg_language WHERE pg_language.oid = prolang",
        body="coalesce(pg_get_function_sqlbody(pg_proc.oid), prosrc)",
        options=(
            "concat_ws(' ', prokind, provolatile, proparallel, proisstrict, prosecdef,"
            " proleakproof, procost, prorows, array_to_string(proconfig, ' '))"
        ),
        owner=_owner("proowner"),
        privileges=_privileges("proacl", "'f'", "proowner"),
    )
    + " FROM members JOIN pg_proc ON pg_proc.oid = objid WHERE classid = 'pg_proc'::regclass",
    # Whatever else somebody may have made in the schema: named, not described.
    _line("(found).type", "(found).identity")
    + " FROM (SELECT nspname, pg_identify_object(classid, objid, 0) AS found FROM members"
    " WHERE classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass)) AS others",
    _line("'values of'", "typname", labels="string_agg(enumlabel, ', ' ORDER BY enumsortorder)")
    + " FROM members JOIN pg_type ON pg_type.oid = objid AND classid = 'pg_type'::regclass"
    " JOIN pg_enum ON enumtypid = pg_type.oid GROUP BY nspname, typname",
)

QUERY = (
    "WITH wanted AS MATERIALIZED"
    " (SELECT oid AS nsp, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY(%s)),"
    " members AS MATERIALIZED (SELECT nspname, nspowner, classid, objid FROM wanted"
    " JOIN pg_depend ON refclassid = 'pg_namespace'::regclass AND refobjid = nsp"
    " AND deptype = 'n'),"
    " relations AS MATERIALIZED (SELECT nspname, nspowner, pg_class.oid AS relid, pg_class.*"
    " FROM members JOIN pg_class ON pg_class.oid = objid WHERE classid = 'pg_class'::regclass)"
    " SELECT nspname, string_agg(line, chr(30)) FROM ("
    + " UNION ALL ".join(_PIECES)
    + ") AS lines(nspname, line) GROUP BY nspname"
)
