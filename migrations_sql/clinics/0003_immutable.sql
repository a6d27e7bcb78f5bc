-- Clinical records, money and the agenda's history are never changed: corrections are new rows.
DO $$
DECLARE
    frozen text;
    target regclass;
BEGIN
    FOREACH frozen IN ARRAY
        ARRAY['clinical_records', 'accounting_transactions', 'appointment_changes']
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

-- Overbooking is deliberate: an ordinary row may not land on a live overbooked one either, which
-- the exclusion constraint can't say, because it leaves overbooked rows out.
CREATE OR REPLACE FUNCTION refuse_booking_over_overbooked() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT NEW.overbooked
        AND NEW.status NOT IN ('cancelled', 'no_show')
        AND EXISTS (
            SELECT FROM appointments other
            WHERE other.tenant_id = NEW.tenant_id
              AND other.professional_id = NEW.professional_id
              AND other.overbooked
              AND other.id <> NEW.id
              AND other.status NOT IN ('cancelled', 'no_show')
              AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
        )
    THEN
        RAISE EXCEPTION 'overlaps an overbooked appointment'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointment_professional_free';
    END IF;
    RETURN NEW;
END $body$;

DO $$
BEGIN
    IF NOT is_retired('trigger', 'appointments.refuse_booking_over_overbooked')
        AND NOT EXISTS (
            SELECT FROM pg_trigger
            WHERE tgrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))
              AND tgname = 'refuse_booking_over_overbooked'
        )
    THEN
        CREATE TRIGGER refuse_booking_over_overbooked
            BEFORE INSERT OR UPDATE OF starts_at, ends_at, professional_id, status, overbooked
            ON appointments
            FOR EACH ROW EXECUTE FUNCTION refuse_booking_over_overbooked();
    END IF;
END $$;
