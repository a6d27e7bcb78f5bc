-- Record_heads.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_heads')) IS NULL
        AND NOT is_retired('table', 'record_heads')
    THEN
        CREATE TABLE "record_heads" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "entries" integer NOT NULL,
            "last_hash" varchar(64) NOT NULL,
            "seal" varchar(64) NOT NULL,
            "patient_id" uuid NOT NULL,
            CONSTRAINT "record_head_once" UNIQUE ("patient_id"),
            CONSTRAINT "record_head_counts" CHECK ("entries" > 0)
        );
        PERFORM stamp_tenant('record_heads');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'record_heads_patient_id_8da1534f_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'record_heads')))
        AND NOT is_retired('constraint', 'record_heads.record_heads_patient_id_8da1534f_fk_patients_id')
    THEN
        ALTER TABLE "record_heads" ADD CONSTRAINT "record_heads_patient_id_8da1534f_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_heads_patient_id_8da1534f')) IS NULL
        AND NOT is_retired('index', 'record_heads.record_heads_patient_id_8da1534f')
    THEN
        CREATE INDEX "record_heads_patient_id_8da1534f" ON "record_heads" ("patient_id");
    END IF;
END $$;
