-- What each clinic's schema was when evolution last left it: its patches and its catalogue, as hashes.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinic_schemas')) IS NULL
        AND NOT is_retired('table', 'clinic_schemas')
    THEN
        CREATE TABLE "clinic_schemas" (
            "schema_name" varchar(63) NOT NULL PRIMARY KEY,
            "clinic_id" uuid NOT NULL,
            "fingerprint" varchar(64) NOT NULL,
            "catalogue" varchar(64) NOT NULL,
            "reading" varchar(20) NOT NULL,
            "updated_at" timestamp with time zone NOT NULL
        );
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinic_schemas_schema_name_9a6261e0_like')) IS NULL
        AND NOT is_retired('index', 'clinic_schemas.clinic_schemas_schema_name_9a6261e0_like')
    THEN
        CREATE INDEX "clinic_schemas_schema_name_9a6261e0_like" ON "clinic_schemas" ("schema_name" varchar_pattern_ops);
    END IF;
END $$;
