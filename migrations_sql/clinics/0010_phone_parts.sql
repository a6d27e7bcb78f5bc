-- Phone_parts.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_phone_parts')) IS NULL
        AND NOT is_retired('index', 'patients.patient_phone_parts')
    THEN
        CREATE INDEX "patient_phone_parts" ON "patients" USING gin ("phone" gin_trgm_ops) WHERE NOT ("phone" IS NULL);
    END IF;
END $$;
