-- The rules that the tables of a clinic share. Names carry no schema: each clinic's run makes its own.

-- Gives a table the second wall: `tenant_id` defaults to this clinic and can be nothing else.
CREATE OR REPLACE FUNCTION stamp_tenant(table_name text) RETURNS void
LANGUAGE plpgsql AS $body$
DECLARE
    tenant text := nullif(current_setting('dentalogic.tenant_id', true), '');
    target regclass := to_regclass(format('%I.%I', current_schema(), table_name));
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'dentalogic.tenant_id is not set: patches run through the pipeline';
    END IF;
    IF target IS NULL THEN
        RAISE EXCEPTION 'there is no table % to stamp', table_name;
    END IF;
    -- Asked first: an ALTER that changes nothing still fails over rows that this transaction wrote.
    IF NOT EXISTS (
        SELECT FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid = target AND attname = 'tenant_id'
          AND pg_get_expr(adbin, adrelid) = format('%L::uuid', tenant)
    ) THEN
        EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT %L::uuid', target, tenant);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = target AND conname = table_name || '_tenant'
    ) THEN
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT %I CHECK (tenant_id = %L::uuid)',
            target, table_name || '_tenant', tenant
        );
    END IF;
END $body$;

-- States that were left: a dropped or renamed column, a type before the present one. Every block that
-- makes such a state asks here first, so that all patches can be run again in order over the newest
-- schema. The second thing of a name is called `patients.nick#2`.
DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'retired')) IS NULL THEN
        CREATE TABLE "retired" (
            "kind" text NOT NULL,
            "name" text NOT NULL,
            "tenant_id" uuid NOT NULL,
            PRIMARY KEY ("kind", "name")
        );
        PERFORM stamp_tenant('retired');
    END IF;
END $$;

-- What belongs to a table (`patients.nick`, `patients.dni varchar(20)`) is retired with the table.
CREATE OR REPLACE FUNCTION is_retired(asked_kind text, asked_name text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $body$
BEGIN
    RETURN EXISTS (
        SELECT FROM retired
        WHERE tenant_id = current_setting('dentalogic.tenant_id')::uuid
          AND (
              (kind = asked_kind AND name = asked_name)
              OR (kind = 'table' AND name = split_part(asked_name, '.', 1))
          )
    );
END $body$;

-- working_hours: {"0".."6": [{"start": "09:00", "end": "13:00"}, ...]}, sorted, not overlapping.
CREATE OR REPLACE FUNCTION valid_working_hours(hours jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
    day text;
    blocks jsonb;
    block jsonb;
    previous_end text;
BEGIN
    IF hours IS NULL OR jsonb_typeof(hours) <> 'object' THEN
        RETURN false;
    END IF;
    FOR day, blocks IN SELECT * FROM jsonb_each(hours) LOOP
        IF day !~ '^[0-6]$' OR jsonb_typeof(blocks) <> 'array' THEN
            RETURN false;
        END IF;
        previous_end := '';
        FOR block IN SELECT * FROM jsonb_array_elements(blocks) LOOP
            IF jsonb_typeof(block) <> 'object'
                OR (SELECT count(*) FROM jsonb_object_keys(block)) <> 2
                OR coalesce(block ->> 'start', '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
                OR coalesce(block ->> 'end', '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
                OR (block ->> 'start') >= (block ->> 'end') COLLATE "C"
                OR (block ->> 'start') < previous_end COLLATE "C"
            THEN
                RETURN false;
            END IF;
            previous_end := block ->> 'end';
        END LOOP;
    END LOOP;
    RETURN true;
END $body$;

-- medical_history: {} or {"version": 1, ...known keys...}; the details are the application's.
CREATE OR REPLACE FUNCTION valid_medical_history(history jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $body$
    SELECT CASE
        WHEN history IS NULL OR jsonb_typeof(history) <> 'object' THEN false
        WHEN history = '{}'::jsonb THEN true
        ELSE jsonb_typeof(history -> 'version') = 'number'
            AND NOT EXISTS (
                SELECT FROM jsonb_object_keys(history) AS present(name)
                WHERE name NOT IN (
                    'version', 'allergies', 'medication', 'conditions', 'pregnancy', 'previous_surgery',
                    'smoking', 'notes', 'updated_at', 'updated_by'
                )
            )
    END
$body$;

-- For tables whose rows are never changed once written.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $body$;
