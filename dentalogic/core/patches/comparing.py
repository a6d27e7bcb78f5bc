"""What changed between two descriptions of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from dentalogic.core.patches.converting import conversion
from dentalogic.core.patches.describing import TENANT_COLUMN, Column, Part, Table, Tables
from dentalogic.core.patches.refusing import CannotGuard


@dataclass(frozen=True, slots=True)
class Renaming:
    """A table, a column or an index that keeps its content under another name."""

    table: str
    old: str
    new: str
    kind: str = "column"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one table; `before` and `after` are whatever the kind needs."""

    kind: str
    table: Table
    column: Column | None = None
    part: Part | None = None
    old: Column | None = None
    old_name: str = ""

    @property
    def name(self) -> str:
        thing = self.part or self.column
        return f"{self.table.name}.{thing.name}" if thing else self.table.name


@dataclass(slots=True)
class Changes:
    """All changes, by the patch that they go into; each list in the order to run."""

    renames: list[Change] = field(default_factory=list)
    before: list[Change] = field(default_factory=list)  # dropped, else the next step fails
    expand: list[Change] = field(default_factory=list)
    contract: list[Change] = field(default_factory=list)


def compare(before: Tables, after: Tables, renamings: Sequence[Renaming]) -> Changes:
    """Say how to get from one description to the other, in four steps."""
    changes = Changes()
    current = dict(before)
    for renaming in renamings:
        current = _rename(current, renaming, changes)
    current = _rename_parts(current, after, changes)
    for name, table in after.items():
        if name not in current:
            changes.expand.append(Change("create table", table))
    added: list[Change] = []
    for name, table in after.items():
        if name in current:
            added += _compare_table(current[name], table, changes)
        else:
            added += [
                Change("add part", table, part=part)
                for part in table.parts.values()
                if not part.implicit and (part.foreign or part.kind == "index")
            ]
    changes.expand += added
    gone = [table for name, table in current.items() if name not in after]
    for table in gone:  # references first: dropped tables may refer to each other
        changes.contract += [
            Change("drop part", table, part=part) for part in table.parts.values() if part.foreign
        ]
    changes.contract += [Change("drop table", table) for table in gone]
    changes.contract.sort(key=lambda change: _DROPS.index(change.kind))
    return changes


# A constraint goes before the column that it speaks of.
_DROPS = ["drop default", "drop part", "drop column", "drop table"]


def _rename(current: Tables, renaming: Renaming, changes: Changes) -> Tables:
    """Apply a rename as PostgreSQL does: whatever mentions the thing mentions its new name."""
    table = current[renaming.table]
    old, new = f'"{renaming.old}"', f'"{renaming.new}"'
    if renaming.kind == "table":
        changes.renames.append(
            Change("rename table", table.with_(name=renaming.new), old_name=renaming.old)
        )
        renamed = {}
        for name, one in current.items():
            parts = {
                part.name: replace(part, definition=part.definition.replace(old, new))
                for part in one.parts.values()
            }
            name = renaming.new if name == renaming.old else name  # noqa: PLW2901
            renamed[name] = one.with_(name=name, parts=parts)
        return renamed
    if renaming.kind == "index":
        part = replace(table.parts[renaming.old], name=renaming.new, role=f"named {renaming.new}")
        changes.renames.append(Change("rename part", table, part=part, old_name=renaming.old))
        parts = {
            (part.name if name == renaming.old else name): (part if name == renaming.old else one)
            for name, one in table.parts.items()
        }
        return current | {table.name: table.with_(parts=parts)}
    column = replace(table.columns[renaming.old], name=renaming.new)
    changes.renames.append(Change("rename column", table, column=column, old_name=renaming.old))
    columns = {
        (renaming.new if name == renaming.old else name): (
            column if name == renaming.old else _mentions(one, old, new)
        )
        for name, one in table.columns.items()
    }
    parts = {
        name: replace(
            part,
            definition=part.definition.replace(old, new),
            role=_role(part.role, renaming.old, renaming.new),
        )
        for name, part in table.parts.items()
    }
    # Other tables' foreign keys to this column.
    target = f'REFERENCES "{table.name}" ({old})'
    result = {
        name: one.with_(
            parts={
                key: replace(
                    part,
                    definition=part.definition.replace(
                        target, f'REFERENCES "{table.name}" ({new})'
                    ),
                )
                for key, part in one.parts.items()
            }
        )
        for name, one in current.items()
    }
    return result | {table.name: table.with_(columns=columns, parts=parts)}


def _mentions(column: Column, old: str, new: str) -> Column:
    generated = column.generated and column.generated.replace(old, new)
    return replace(column, generated=generated)


def _role(role: str, old: str, new: str) -> str:
    kind, _, columns = role.partition(" ")
    if kind == "named":
        return role
    return " ".join([kind, ",".join(new if one == old else one for one in columns.split(","))])


def _rename_parts(current: Tables, after: Tables, changes: Changes) -> Tables:
    """Give constraints and indexes that stayed what they are the names that the models say."""
    result = {}
    for name, table in current.items():
        wanted = after[name].parts if name in after else {}
        parts = dict(table.parts)
        for part in table.parts.values():
            if part.name in wanted:
                continue
            match = _same(part, table, wanted)
            if match is not None and match.name not in parts:
                parts[match.name] = replace(parts.pop(part.name), name=match.name, role=match.role)
                changes.renames.append(Change("rename part", table, part=match, old_name=part.name))
        result[name] = table.with_(parts=parts)
    return result


def _same(part: Part, table: Table, wanted: dict[str, Part]) -> Part | None:
    """Return the only part of the models that is this one under another name."""
    alike = [
        one
        for one in wanted.values()
        if one.name not in table.parts
        and (one.kind, one.definition, one.unique) == (part.kind, part.definition, part.unique)
        and (one.role == part.role or not (part.implicit or one.implicit))
    ]
    exact = [one for one in alike if one.role == part.role]
    found = exact or alike
    return found[0] if len(found) == 1 else None


def _compare_table(old: Table, new: Table, changes: Changes) -> Iterator[Change]:
    """Sort the changes of one table into their steps; yield the parts to add at the very end."""
    altered = {
        name
        for name, column in new.columns.items()
        if name in old.columns and old.columns[name].type != column.type
    }
    gone = [part for part in old.parts.values() if new.parts.get(part.name) is None]
    changed = [
        part
        for part in old.parts.values()
        if part.name in new.parts
        and (part.definition, part.unique, part.kind)
        != (new.parts[part.name].definition, new.parts[part.name].unique, new.parts[part.name].kind)
    ]
    for part in gone:
        if part.implicit:
            raise CannotGuard(f"{old.name}: {part.role} goes away: write that patch by hand")
        touches = any(f'"{name}"' in part.definition for name in altered)
        step = changes.before if touches else changes.contract
        step.append(Change("drop part", old, part=part))
    # Replaced under one name: out and in again in one transaction, nobody sees the gap.
    changes.expand += [Change("drop part", old, part=part) for part in changed]
    _compare_columns(old, new, changes)
    for part in new.parts.values():
        if part.name not in old.parts and part.implicit:
            raise CannotGuard(f"{new.name}: {part.role} is new: write that patch by hand")
    names = {part.name for part in changed} | (new.parts.keys() - old.parts.keys())
    for part in new.parts.values():
        if part.name in names:
            yield Change("add part", new, part=part)


def _compare_columns(old: Table, new: Table, changes: Changes) -> None:
    for name, column in new.columns.items():
        if name not in old.columns:
            changes.expand.append(Change("add column", new, column=column))
            if _is_temporary(column):
                changes.contract.append(Change("drop default", new, column=column))
        else:
            changes.expand += _compare_column(old.columns[name], column, new)
    for name, column in old.columns.items():
        if name not in new.columns:
            if name == TENANT_COLUMN and old.tenant:
                raise CannotGuard(f"{old.name}: {name} stays, it is the wall between clinics")
            changes.contract.append(Change("drop column", old, column=column))


def _is_temporary(column: Column) -> bool:
    """Tell whether the rows that are there need a default that the models don't declare."""
    return not (column.null or column.default is not None or column.generated)


def _compare_column(old: Column, new: Column, table: Table) -> Iterator[Change]:
    where = f"{table.name}.{new.name}"
    for what in ("identity", "generated", "primary", "collation"):
        if getattr(old, what) != getattr(new, what):
            raise CannotGuard(
                f"{where}: {what} changes: write that patch by hand (a new column, the values"
                " copied by a patch, the old column dropped in a contract step)"
            )
    if old.type != new.type:
        conversion(old.type, new.type, where)  # refuses what loses values
        yield Change("alter type", table, column=new, old=old)
    if old.default != new.default:
        yield Change("alter default", table, column=new, old=old)
    if old.null != new.null:
        yield Change("alter null", table, column=new, old=old)
