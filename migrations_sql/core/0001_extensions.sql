-- Extensions live in a schema of their own, on every clinic's search path. Created from a clinic's
-- schema they would live there, and dropping that clinic would drop every exclusion constraint.
DO $$
BEGIN
    IF to_regnamespace('extensions') IS NULL THEN
        CREATE SCHEMA extensions;
    END IF;
END $$;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['btree_gist', 'pg_trgm'] LOOP
        IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = wanted) THEN
            EXECUTE format('CREATE EXTENSION %I WITH SCHEMA extensions', wanted);
        END IF;
    END LOOP;
END $$;

-- States that were left: a dropped or renamed column, a type before the present one. Every block that
-- makes such a state asks here first, so that all patches can be run again in order over the newest
-- schema. The second thing of a name is called `users.nick#2`. Each clinic has a table of its own.
DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'retired')) IS NULL THEN
        CREATE TABLE "retired" (
            "kind" text NOT NULL,
            "name" text NOT NULL,
            PRIMARY KEY ("kind", "name")
        );
    END IF;
END $$;

-- What belongs to a table (`users.nick`, `users.phone varchar(20)`) is retired with the table.
CREATE OR REPLACE FUNCTION is_retired(asked_kind text, asked_name text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $body$
BEGIN
    RETURN EXISTS (
        SELECT FROM retired
        WHERE (kind = asked_kind AND name = asked_name)
           OR (kind = 'table' AND name = split_part(asked_name, '.', 1))
    );
END $body$;
