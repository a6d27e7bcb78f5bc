-- Every change of a clinic's data leaves who, when, before and after, whatever road it came by.

-- Arguments: columns whose content is not copied ("text,content"), and columns that only tick along
-- ("updated_at"), which are left out. Who acts is the session's setting `dentalogic.actor`.
CREATE OR REPLACE FUNCTION audit_row() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    covered text[] := string_to_array(TG_ARGV[0], ',');
    quiet text[] := string_to_array('id,tenant_id,' || TG_ARGV[1], ',');
    was jsonb;
    became jsonb;
    who text := coalesce(nullif(current_setting('dentalogic.actor', true), ''), 'system');
BEGIN
    IF TG_OP = 'INSERT' THEN
        became := jsonb_strip_nulls(to_jsonb(NEW)) - quiet - covered;
    ELSIF TG_OP = 'DELETE' THEN
        was := jsonb_strip_nulls(to_jsonb(OLD)) - quiet - covered;
    ELSE
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NULL;
        END IF;
        SELECT
            jsonb_object_agg(
                key, CASE WHEN key = ANY (covered) THEN '"***"'::jsonb ELSE past.value END),
            jsonb_object_agg(
                key, CASE WHEN key = ANY (covered) THEN '"***"'::jsonb ELSE present.value END)
        INTO was, became
        FROM jsonb_each(to_jsonb(OLD) - quiet) past
        JOIN jsonb_each(to_jsonb(NEW) - quiet) present USING (key)
        WHERE past.value <> present.value;
        IF was IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' AND TG_TABLE_SCHEMA = current_schema() THEN
        INSERT INTO audit_entries
            (id, tenant_id, at, actor, table_name, row_id, action, before, after)
        VALUES (
            gen_random_uuid(), NEW.tenant_id, clock_timestamp(), left(who, 60), TG_TABLE_NAME,
            NEW.id, lower(TG_OP), was, became);
    ELSE
        -- Also where somebody writes to the table by its full name, from elsewhere.
        EXECUTE format(
            'INSERT INTO %I.%I'
            ' (id, tenant_id, at, actor, table_name, row_id, action, before, after)'
            ' VALUES (gen_random_uuid(), $1, clock_timestamp(), $2, $3, $4, $5, $6, $7)',
            TG_TABLE_SCHEMA, 'audit_entries')
        USING coalesce(NEW.tenant_id, OLD.tenant_id), left(who, 60), TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id), lower(TG_OP), was, became;
    END IF;
    RETURN NULL;
END $body$;

-- Tables that hold what a clinic knows and does. Those left out are named, with why, in
-- `tests/evolution/test_audited.py`.
DO $$
DECLARE
    audited text[];
    target regclass;
BEGIN
    FOREACH audited SLICE 1 IN ARRAY ARRAY[
        ['absences', '', ''],
        ['accounting_transactions', '', ''],
        ['appointments', '', 'version,updated_at,google_synced_version,google_synced_at'],
        ['breaches', '', ''],
        ['cash_flow_steps', '', ''],
        ['chairs', '', ''],
        ['channel_identities', '', ''],
        ['clinical_records', 'text,content', ''],
        ['closures', '', ''],
        ['consent_texts', '', ''],
        ['consents', '', ''],
        ['coverages', '', 'version'],
        ['daily_cash_flow', '', 'version'],
        ['guardians', '', ''],
        ['insurer_plans', '', 'name_key'],
        ['insurers', '', 'name_key'],
        ['move_requests', '', ''],
        ['patient_facts', '', ''],
        ['patients', '', 'version,name_key'],
        ['plan_items', '', ''],
        ['privacy_requests', '', ''],
        ['professional_treatments', '', ''],
        ['professionals', '', 'version,name_key'],
        ['record_attachments', 'stored_as', ''],
        ['treatment_plans', '', 'version'],
        ['treatments', '', 'version,name_key'],
        ['waiting_list', '', 'version']
    ]
    LOOP
        target := to_regclass(format('%I.%I', current_schema(), audited[1]));
        IF target IS NOT NULL
            AND NOT is_retired('trigger', audited[1] || '.audit_row')
            AND NOT EXISTS (
                SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'audit_row'
            )
        THEN
            EXECUTE format(
                'CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON %s
                 FOR EACH ROW EXECUTE FUNCTION audit_row(%L, %L)',
                target, audited[2], audited[3]);
        END IF;
    END LOOP;
END $$;

-- Whether `later` is `earlier` with some of its values replaced by the mark of an erasure.
CREATE OR REPLACE FUNCTION only_erases(earlier jsonb, later jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $body$
BEGIN
    RETURN earlier IS NOT DISTINCT FROM later OR (
        earlier IS NOT NULL AND later IS NOT NULL AND NOT EXISTS (
            SELECT FROM jsonb_each(earlier) past FULL JOIN jsonb_each(later) present USING (key)
            WHERE past.value IS NULL OR present.value IS NULL
                OR (past.value <> present.value AND present.value <> '"[borrado]"')
        )
    );
END $body$;

-- The book of changes is kept: a value may be erased where a person asked for it, and an entry goes
-- after ten years, never before. Everything else is refused, for everybody.
CREATE OR REPLACE FUNCTION keep_audit_entry() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '10 years' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE'
        AND NEW IS DISTINCT FROM OLD
        AND (NEW.id, NEW.tenant_id, NEW.at, NEW.actor, NEW.table_name, NEW.row_id, NEW.action)
            = (OLD.id, OLD.tenant_id, OLD.at, OLD.actor, OLD.table_name, OLD.row_id, OLD.action)
        AND only_erases(OLD.before, NEW.before)
        AND only_erases(OLD.after, NEW.after)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;

DO $$
DECLARE
    target regclass := to_regclass(format('%I.%I', current_schema(), 'audit_entries'));
BEGIN
    IF target IS NOT NULL
        AND NOT is_retired('trigger', 'audit_entries.refuse_row_change')
        AND NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_row_change'
        )
    THEN
        EXECUTE format(
            'CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON %s
             FOR EACH ROW EXECUTE FUNCTION keep_audit_entry()', target);
    END IF;
    IF target IS NOT NULL
        AND NOT is_retired('trigger', 'audit_entries.refuse_truncate')
        AND NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_truncate'
        )
    THEN
        EXECUTE format(
            'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', target);
    END IF;
END $$;
