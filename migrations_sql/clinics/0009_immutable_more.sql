-- What hangs on records and money, what patients agreed to, and incidents are never changed either:
-- a later entry corrects an earlier one.
DO $$
DECLARE
    frozen text;
    target regclass;
BEGIN
    FOREACH frozen IN ARRAY ARRAY[
        'record_attachments', 'record_reads', 'cash_flow_steps', 'consent_texts', 'breaches'
    ]
    LOOP
        target := to_regclass(format('%I.%I', current_schema(), frozen));
        IF target IS NOT NULL
            AND NOT is_retired('trigger', frozen || '.refuse_row_change')
            AND NOT EXISTS (
                SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_row_change'
            )
        THEN
            EXECUTE format(
                'CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON %s
                 FOR EACH ROW EXECUTE FUNCTION refuse_change()', target);
        END IF;
        IF target IS NOT NULL
            AND NOT is_retired('trigger', frozen || '.refuse_truncate')
            AND NOT EXISTS (
                SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_truncate'
            )
        THEN
            EXECUTE format(
                'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
                 FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', target);
        END IF;
    END LOOP;
END $$;

-- The head of a chart only ever moves on, by one entry at a time, and never goes.
CREATE OR REPLACE FUNCTION keep_record_head() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (NEW.entries = OLD.entries + 1
            -- The same head under another key.
            OR ((NEW.entries, NEW.last_hash) = (OLD.entries, OLD.last_hash)
                AND NEW.seal <> OLD.seal))
        AND (NEW.id, NEW.tenant_id, NEW.patient_id) = (OLD.id, OLD.tenant_id, OLD.patient_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;

DO $$
DECLARE
    target regclass := to_regclass(format('%I.%I', current_schema(), 'record_heads'));
BEGIN
    IF target IS NOT NULL
        AND NOT is_retired('trigger', 'record_heads.keep_record_head')
        AND NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'keep_record_head'
        )
    THEN
        EXECUTE format(
            'CREATE TRIGGER keep_record_head BEFORE UPDATE OR DELETE ON %s
             FOR EACH ROW EXECUTE FUNCTION keep_record_head()', target);
    END IF;
    IF target IS NOT NULL
        AND NOT is_retired('trigger', 'record_heads.refuse_truncate')
        AND NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = target AND tgname = 'refuse_truncate'
        )
    THEN
        EXECUTE format(
            'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', target);
    END IF;
END $$;
