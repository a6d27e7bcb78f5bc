-- Tables.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'calendar_states')) IS NULL
        AND NOT is_retired('table', 'calendar_states')
    THEN
        CREATE TABLE "calendar_states" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "calendar_id" varchar(200) NOT NULL,
            "trust" varchar(10) NOT NULL,
            "read_at" timestamp with time zone NULL,
            "window_from" timestamp with time zone NULL,
            "window_to" timestamp with time zone NULL,
            "failed_at" timestamp with time zone NULL,
            "last_error" varchar(80) NOT NULL,
            CONSTRAINT "calendar_state_once" UNIQUE ("calendar_id"),
            CONSTRAINT "calendar_trust_known" CHECK ("trust" IN ('live', 'delayed', 'broken'))
        );
        PERFORM stamp_tenant('calendar_states');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'chairs')) IS NULL
        AND NOT is_retired('table', 'chairs')
    THEN
        CREATE TABLE "chairs" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(60) NOT NULL,
            "is_active" boolean NOT NULL,
            CONSTRAINT "chair_name_once" UNIQUE ("name")
        );
        PERFORM stamp_tenant('chairs');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'closures')) IS NULL
        AND NOT is_retired('table', 'closures')
    THEN
        CREATE TABLE "closures" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "starts_on" date NOT NULL,
            "ends_on" date NOT NULL,
            "name" varchar(80) NOT NULL,
            "opens" boolean NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            CONSTRAINT "closure_ends_after_start" CHECK ("ends_on" >= ("starts_on"))
        );
        PERFORM stamp_tenant('closures');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'daily_cash_flow')) IS NULL
        AND NOT is_retired('table', 'daily_cash_flow')
    THEN
        CREATE TABLE "daily_cash_flow" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "day" date NOT NULL,
            "currency" varchar(3) NOT NULL,
            "opening" numeric(14, 2) NOT NULL,
            "cash_income" numeric(14, 2) NOT NULL,
            "card_income" numeric(14, 2) NOT NULL,
            "transfer_income" numeric(14, 2) NOT NULL,
            "insurer_income" numeric(14, 2) NOT NULL,
            "expenses" numeric(14, 2) NOT NULL,
            "net" numeric(14, 2) NOT NULL,
            "counted_cash" numeric(14, 2) NULL,
            "difference" numeric(14, 2) NULL,
            "closed_at" timestamp with time zone NULL,
            "closed_by" uuid NULL,
            "reopened_reason" varchar(200) NOT NULL,
            "version" integer NOT NULL,
            CONSTRAINT "cash_flow_one_per_day" UNIQUE ("day", "currency"),
            CONSTRAINT "cash_flow_closed_whole" CHECK ((("closed_at" IS NULL AND "closed_by" IS NULL) OR ("closed_at" IS NOT NULL AND "closed_by" IS NOT NULL AND "counted_cash" IS NOT NULL)))
        );
        PERFORM stamp_tenant('daily_cash_flow');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'events')) IS NULL
        AND NOT is_retired('table', 'events')
    THEN
        CREATE TABLE "events" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "number" bigint NULL,
            "type" varchar(30) NOT NULL,
            "data" jsonb NOT NULL,
            "occurred_at" timestamp with time zone NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            CONSTRAINT "event_type_known" CHECK ("type" IN ('NEW_APPOINTMENT', 'APPOINTMENT_UPDATED', 'NEW_MESSAGE', 'HUMAN_HANDOFF', 'PATIENT_UPDATED', 'TRIAGE_RAISED', 'CALENDAR_TRUST_CHANGED'))
        );
        PERFORM stamp_tenant('events');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'google_calendar_blocks')) IS NULL
        AND NOT is_retired('table', 'google_calendar_blocks')
    THEN
        CREATE TABLE "google_calendar_blocks" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "calendar_id" varchar(200) NOT NULL,
            "event_id" varchar(1024) NOT NULL,
            "instance" varchar(40) NOT NULL,
            "starts_at" timestamp with time zone NOT NULL,
            "ends_at" timestamp with time zone NOT NULL,
            "etag" varchar(80) NOT NULL,
            "read_at" timestamp with time zone NOT NULL,
            CONSTRAINT "google_block_once" UNIQUE ("calendar_id", "event_id", "instance"),
            CONSTRAINT "google_block_ends_after_start" CHECK ("ends_at" >= ("starts_at"))
        );
        PERFORM stamp_tenant('google_calendar_blocks');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'insurers')) IS NULL
        AND NOT is_retired('table', 'insurers')
    THEN
        CREATE TABLE "insurers" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(80) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "synonyms" jsonb NOT NULL,
            "is_active" boolean NOT NULL,
            CONSTRAINT "insurer_once" UNIQUE ("name_key")
        );
        PERFORM stamp_tenant('insurers');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients')) IS NULL
        AND NOT is_retired('table', 'patients')
    THEN
        CREATE TABLE "patients" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "first_name" varchar(80) NOT NULL,
            "last_name" varchar(80) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "document_type" varchar(10) NOT NULL,
            "dni" varchar(15) NULL,
            "birth_date" date NULL,
            "insurance" varchar(80) NOT NULL,
            "insurance_plan" varchar(80) NOT NULL,
            "member_number" varchar(40) NOT NULL,
            "phone" varchar(20) NULL,
            "email" varchar(254) NOT NULL,
            "medical_history" jsonb NOT NULL,
            "status" varchar(10) NOT NULL,
            "version" integer NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "insurer_id" uuid NULL,
            "merged_into_id" uuid NULL,
            "possible_duplicate_of_id" uuid NULL,
            CONSTRAINT "patient_status_known" CHECK ("status" IN ('guest', 'active')),
            CONSTRAINT "patient_phone_e164" CHECK (("phone" IS NULL OR "phone"::text ~  E'^\\+[1-9][0-9]{6,14}$')),
            CONSTRAINT "patient_medical_history_valid" CHECK (valid_medical_history("medical_history")),
            CONSTRAINT "patient_active_has_facts" CHECK ((NOT ("status" = 'active') OR (NOT ("first_name" = '') AND NOT ("last_name" = '') AND "dni" IS NOT NULL AND NOT ("insurance" = '') AND "phone" IS NOT NULL)))
        );
        PERFORM stamp_tenant('patients');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians')) IS NULL
        AND NOT is_retired('table', 'guardians')
    THEN
        CREATE TABLE "guardians" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "relation" varchar(40) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "dependant_id" uuid NOT NULL,
            "guardian_id" uuid NOT NULL,
            CONSTRAINT "guardian_once" UNIQUE ("guardian_id", "dependant_id"),
            CONSTRAINT "guardian_of_another" CHECK (NOT ("guardian_id" = ("dependant_id")))
        );
        PERFORM stamp_tenant('guardians');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'channel_identities')) IS NULL
        AND NOT is_retired('table', 'channel_identities')
    THEN
        CREATE TABLE "channel_identities" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "channel" varchar(12) NOT NULL,
            "raw_id" varchar(80) NOT NULL,
            "bsuid" varchar(80) NOT NULL,
            "phone" varchar(20) NULL,
            "send_to" varchar(80) NOT NULL,
            "profile_name" varchar(120) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "patient_id" uuid NOT NULL,
            CONSTRAINT "channel_identity_once" UNIQUE ("channel", "raw_id")
        );
        PERFORM stamp_tenant('channel_identities');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments')) IS NULL
        AND NOT is_retired('table', 'appointments')
    THEN
        CREATE TABLE "appointments" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "starts_at" timestamp with time zone NOT NULL,
            "ends_at" timestamp with time zone NOT NULL,
            "status" varchar(20) NOT NULL,
            "hold_expires_at" timestamp with time zone NULL,
            "conversation_id" uuid NULL,
            "source" varchar(10) NOT NULL,
            "request_key" varchar(120) NULL,
            "notes" varchar(500) NOT NULL,
            "overbooked" boolean NOT NULL,
            "overbook_reason" varchar(200) NOT NULL,
            "cancelled_by" varchar(60) NOT NULL,
            "cancel_reason" varchar(200) NOT NULL,
            "google_calendar_id" varchar(200) NOT NULL,
            "google_calendar_event_id" varchar(200) NOT NULL,
            "google_generation" integer NOT NULL,
            "google_synced_version" integer NOT NULL,
            "google_synced_at" timestamp with time zone NULL,
            "arrived_at" timestamp with time zone NULL,
            "seated_at" timestamp with time zone NULL,
            "completed_at" timestamp with time zone NULL,
            "version" integer NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "updated_at" timestamp with time zone NOT NULL,
            "chair_id" uuid NULL,
            "patient_id" uuid NULL,
            "professional_id" uuid NOT NULL,
            "treatment_id" uuid NOT NULL,
            CONSTRAINT "appointment_ends_after_start" CHECK ("ends_at" > ("starts_at")),
            CONSTRAINT "appointment_status_known" CHECK ("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed', 'cancelled', 'no_show')),
            CONSTRAINT "appointment_source_known" CHECK ("source" IN ('agent', 'staff', 'import', 'demo')),
            CONSTRAINT "appointment_only_holds_lack_a_patient" CHECK (("patient_id" IS NOT NULL OR "status" = 'held')),
            CONSTRAINT "appointment_only_holds_expire" CHECK ((("hold_expires_at" IS NOT NULL AND "status" = 'held') OR (NOT ("status" = 'held') AND "hold_expires_at" IS NULL))),
            CONSTRAINT "appointment_overbooked_with_reason" CHECK ((NOT "overbooked" OR NOT ("overbook_reason" = ''))),
            CONSTRAINT "appointment_professional_free" EXCLUDE USING GIST ("professional_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE (("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed') AND NOT "overbooked")),
            CONSTRAINT "appointment_chair_free" EXCLUDE USING GIST ("chair_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE ("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed')),
            CONSTRAINT "appointment_patient_free" EXCLUDE USING GIST ("patient_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE (("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed') AND NOT ("status" = 'held')))
        );
        PERFORM stamp_tenant('appointments');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')) IS NULL
        AND NOT is_retired('table', 'accounting_transactions')
    THEN
        CREATE TABLE "accounting_transactions" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "occurred_on" date NOT NULL,
            "recorded_at" timestamp with time zone NOT NULL,
            "recorded_by" uuid NOT NULL,
            "kind" varchar(16) NOT NULL,
            "method" varchar(10) NOT NULL,
            "amount" numeric(14, 2) NOT NULL,
            "currency" varchar(3) NOT NULL,
            "description" varchar(200) NOT NULL,
            "reverses_id" uuid NULL,
            "appointment_id" uuid NULL,
            "patient_id" uuid NULL,
            CONSTRAINT "transaction_kind_known" CHECK ("kind" IN ('income', 'expense', 'insurance_claim', 'refund')),
            CONSTRAINT "transaction_method_known" CHECK ("method" IN ('cash', 'card', 'transfer', 'insurer')),
            CONSTRAINT "transaction_sign_matches" CHECK ((("amount" > 0 AND "reverses_id" IS NULL) OR ("amount" < 0 AND "reverses_id" IS NOT NULL)))
        );
        PERFORM stamp_tenant('accounting_transactions');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_facts')) IS NULL
        AND NOT is_retired('table', 'patient_facts')
    THEN
        CREATE TABLE "patient_facts" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "field" varchar(20) NOT NULL,
            "value" varchar(200) NOT NULL,
            "source" varchar(10) NOT NULL,
            "conversation_id" uuid NULL,
            "message_id" uuid NULL,
            "quoted_text" varchar(500) NOT NULL,
            "recorded_by" uuid NULL,
            "created_at" timestamp with time zone NOT NULL,
            "superseded_at" timestamp with time zone NULL,
            "patient_id" uuid NOT NULL,
            CONSTRAINT "fact_field_known" CHECK ("field" IN ('full_name', 'dni', 'insurance', 'phone', 'birth_date')),
            CONSTRAINT "fact_has_its_source" CHECK ((("message_id" IS NOT NULL AND "recorded_by" IS NULL AND "source" = 'message') OR ("recorded_by" IS NOT NULL AND "source" = 'staff') OR ("conversation_id" IS NOT NULL AND "source" = 'channel')))
        );
        PERFORM stamp_tenant('patient_facts');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professionals')) IS NULL
        AND NOT is_retired('table', 'professionals')
    THEN
        CREATE TABLE "professionals" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "user_id" uuid NULL,
            "title" varchar(20) NOT NULL,
            "first_name" varchar(80) NOT NULL,
            "last_name" varchar(80) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "specialty" varchar(80) NOT NULL,
            "registration_number" varchar(40) NOT NULL,
            "working_hours" jsonb NOT NULL,
            "is_active" boolean NOT NULL,
            "google_calendar_id" varchar(200) NOT NULL,
            "google_read_calendars" jsonb NOT NULL,
            "version" integer NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            CONSTRAINT "professional_working_hours_valid" CHECK (valid_working_hours("working_hours"))
        );
        PERFORM stamp_tenant('professionals');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records')) IS NULL
        AND NOT is_retired('table', 'clinical_records')
    THEN
        CREATE TABLE "clinical_records" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "author_user_id" uuid NOT NULL,
            "position" integer NOT NULL,
            "kind" varchar(12) NOT NULL,
            "text" text NOT NULL,
            "content" jsonb NOT NULL,
            "signed_at" timestamp with time zone NOT NULL,
            "previous_hash" varchar(64) NOT NULL,
            "hash" varchar(64) NOT NULL,
            "addendum_to_id" uuid NULL,
            "patient_id" uuid NOT NULL,
            "professional_id" uuid NOT NULL,
            CONSTRAINT "clinical_record_position_once" UNIQUE ("patient_id", "position"),
            CONSTRAINT "clinical_record_kind_known" CHECK ("kind" IN ('evolution', 'odontogram', 'addendum')),
            CONSTRAINT "clinical_record_addendum_names_its_entry" CHECK ((("addendum_to_id" IS NOT NULL AND "kind" = 'addendum') OR (NOT ("kind" = 'addendum') AND "addendum_to_id" IS NULL)))
        );
        PERFORM stamp_tenant('clinical_records');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absences')) IS NULL
        AND NOT is_retired('table', 'absences')
    THEN
        CREATE TABLE "absences" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "starts_at" timestamp with time zone NOT NULL,
            "ends_at" timestamp with time zone NOT NULL,
            "reason" varchar(120) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "professional_id" uuid NOT NULL,
            CONSTRAINT "absence_ends_after_start" CHECK ("ends_at" > ("starts_at"))
        );
        PERFORM stamp_tenant('absences');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments')) IS NULL
        AND NOT is_retired('table', 'treatments')
    THEN
        CREATE TABLE "treatments" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "code" varchar(40) NOT NULL,
            "name" varchar(120) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "minutes" integer NOT NULL,
            "urgent" boolean NOT NULL,
            "price" numeric(12, 2) NULL,
            "price_public" boolean NOT NULL,
            "is_active" boolean NOT NULL,
            "version" integer NOT NULL,
            CONSTRAINT "treatment_code_once" UNIQUE ("code"),
            CONSTRAINT "treatment_minutes_sane" CHECK (("minutes" >= 5 AND "minutes" <= 480))
        );
        PERFORM stamp_tenant('treatments');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments')) IS NULL
        AND NOT is_retired('table', 'professional_treatments')
    THEN
        CREATE TABLE "professional_treatments" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "professional_id" uuid NOT NULL,
            "treatment_id" uuid NOT NULL,
            CONSTRAINT "professional_treatment_once" UNIQUE ("professional_id", "treatment_id")
        );
        PERFORM stamp_tenant('professional_treatments');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers')) IS NULL
        AND NOT is_retired('table', 'offers')
    THEN
        CREATE TABLE "offers" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "conversation_id" uuid NOT NULL,
            "code" varchar(8) NOT NULL,
            "kind" varchar(10) NOT NULL,
            "starts_at" timestamp with time zone NOT NULL,
            "ends_at" timestamp with time zone NOT NULL,
            "urgent" boolean NOT NULL,
            "expires_at" timestamp with time zone NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "chair_id" uuid NULL,
            "professional_id" uuid NOT NULL,
            "treatment_id" uuid NOT NULL,
            CONSTRAINT "offer_code_once" UNIQUE ("conversation_id", "code"),
            CONSTRAINT "offer_kind_known" CHECK ("kind" IN ('slot', 'request'))
        );
        PERFORM stamp_tenant('offers');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_changes')) IS NULL
        AND NOT is_retired('table', 'appointment_changes')
    THEN
        CREATE TABLE "appointment_changes" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "at" timestamp with time zone NOT NULL,
            "actor" varchar(60) NOT NULL,
            "from_status" varchar(20) NOT NULL,
            "to_status" varchar(20) NOT NULL,
            "reason" varchar(200) NOT NULL,
            "changed" jsonb NOT NULL,
            "appointment_id" uuid NOT NULL
        );
        PERFORM stamp_tenant('appointment_changes');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'closure_upcoming')) IS NULL
        AND NOT is_retired('index', 'closures.closure_upcoming')
    THEN
        CREATE INDEX "closure_upcoming" ON "closures" ("ends_on");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'event_unnumbered')) IS NULL
        AND NOT is_retired('index', 'events.event_unnumbered')
    THEN
        CREATE INDEX "event_unnumbered" ON "events" ("created_at", "id") WHERE "number" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'event_number_once')) IS NULL
        AND NOT is_retired('index', 'events.event_number_once')
    THEN
        CREATE UNIQUE INDEX "event_number_once" ON "events" ("number") WHERE NOT ("number" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'google_block_window')) IS NULL
        AND NOT is_retired('index', 'google_calendar_blocks.google_block_window')
    THEN
        CREATE INDEX "google_block_window" ON "google_calendar_blocks" ("calendar_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_insurer_id_9c1ce282_fk_insurers_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients')))
        AND NOT is_retired('constraint', 'patients.patients_insurer_id_9c1ce282_fk_insurers_id')
    THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_insurer_id_9c1ce282_fk_insurers_id" FOREIGN KEY ("insurer_id") REFERENCES "insurers" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_insurer_id_9c1ce282')) IS NULL
        AND NOT is_retired('index', 'patients.patients_insurer_id_9c1ce282')
    THEN
        CREATE INDEX "patients_insurer_id_9c1ce282" ON "patients" ("insurer_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_merged_into_id_510507cc_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients')))
        AND NOT is_retired('constraint', 'patients.patients_merged_into_id_510507cc_fk_patients_id')
    THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_merged_into_id_510507cc_fk_patients_id" FOREIGN KEY ("merged_into_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_merged_into_id_510507cc')) IS NULL
        AND NOT is_retired('index', 'patients.patients_merged_into_id_510507cc')
    THEN
        CREATE INDEX "patients_merged_into_id_510507cc" ON "patients" ("merged_into_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_possible_duplicate_of_id_bd0541c6_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients')))
        AND NOT is_retired('constraint', 'patients.patients_possible_duplicate_of_id_bd0541c6_fk_patients_id')
    THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_possible_duplicate_of_id_bd0541c6_fk_patients_id" FOREIGN KEY ("possible_duplicate_of_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_possible_duplicate_of_id_bd0541c6')) IS NULL
        AND NOT is_retired('index', 'patients.patients_possible_duplicate_of_id_bd0541c6')
    THEN
        CREATE INDEX "patients_possible_duplicate_of_id_bd0541c6" ON "patients" ("possible_duplicate_of_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_dni')) IS NULL
        AND NOT is_retired('index', 'patients.patient_by_dni')
    THEN
        CREATE INDEX "patient_by_dni" ON "patients" ("dni") WHERE NOT ("dni" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_phone')) IS NULL
        AND NOT is_retired('index', 'patients.patient_by_phone')
    THEN
        CREATE INDEX "patient_by_phone" ON "patients" ("phone") WHERE NOT ("phone" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_name')) IS NULL
        AND NOT is_retired('index', 'patients.patient_by_name')
    THEN
        CREATE INDEX "patient_by_name" ON "patients" ("name_key", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardians_dependant_id_2b75e170_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians')))
        AND NOT is_retired('constraint', 'guardians.guardians_dependant_id_2b75e170_fk_patients_id')
    THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardians_dependant_id_2b75e170_fk_patients_id" FOREIGN KEY ("dependant_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians_dependant_id_2b75e170')) IS NULL
        AND NOT is_retired('index', 'guardians.guardians_dependant_id_2b75e170')
    THEN
        CREATE INDEX "guardians_dependant_id_2b75e170" ON "guardians" ("dependant_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardians_guardian_id_5d1c7db6_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians')))
        AND NOT is_retired('constraint', 'guardians.guardians_guardian_id_5d1c7db6_fk_patients_id')
    THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardians_guardian_id_5d1c7db6_fk_patients_id" FOREIGN KEY ("guardian_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians_guardian_id_5d1c7db6')) IS NULL
        AND NOT is_retired('index', 'guardians.guardians_guardian_id_5d1c7db6')
    THEN
        CREATE INDEX "guardians_guardian_id_5d1c7db6" ON "guardians" ("guardian_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'channel_identities_patient_id_38c1e26c_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'channel_identities')))
        AND NOT is_retired('constraint', 'channel_identities.channel_identities_patient_id_38c1e26c_fk_patients_id')
    THEN
        ALTER TABLE "channel_identities" ADD CONSTRAINT "channel_identities_patient_id_38c1e26c_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'channel_identities_patient_id_38c1e26c')) IS NULL
        AND NOT is_retired('index', 'channel_identities.channel_identities_patient_id_38c1e26c')
    THEN
        CREATE INDEX "channel_identities_patient_id_38c1e26c" ON "channel_identities" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'identity_by_phone')) IS NULL
        AND NOT is_retired('index', 'channel_identities.identity_by_phone')
    THEN
        CREATE INDEX "identity_by_phone" ON "channel_identities" ("phone") WHERE NOT ("phone" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_chair_id_3997ddc6_fk_chairs_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments')))
        AND NOT is_retired('constraint', 'appointments.appointments_chair_id_3997ddc6_fk_chairs_id')
    THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_chair_id_3997ddc6_fk_chairs_id" FOREIGN KEY ("chair_id") REFERENCES "chairs" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_chair_id_3997ddc6')) IS NULL
        AND NOT is_retired('index', 'appointments.appointments_chair_id_3997ddc6')
    THEN
        CREATE INDEX "appointments_chair_id_3997ddc6" ON "appointments" ("chair_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_patient_id_b2db55d3_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments')))
        AND NOT is_retired('constraint', 'appointments.appointments_patient_id_b2db55d3_fk_patients_id')
    THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_patient_id_b2db55d3_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_patient_id_b2db55d3')) IS NULL
        AND NOT is_retired('index', 'appointments.appointments_patient_id_b2db55d3')
    THEN
        CREATE INDEX "appointments_patient_id_b2db55d3" ON "appointments" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_professional_id_8a30de2e_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments')))
        AND NOT is_retired('constraint', 'appointments.appointments_professional_id_8a30de2e_fk_professionals_id')
    THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_professional_id_8a30de2e_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_professional_id_8a30de2e')) IS NULL
        AND NOT is_retired('index', 'appointments.appointments_professional_id_8a30de2e')
    THEN
        CREATE INDEX "appointments_professional_id_8a30de2e" ON "appointments" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_treatment_id_0b6563e8_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments')))
        AND NOT is_retired('constraint', 'appointments.appointments_treatment_id_0b6563e8_fk_treatments_id')
    THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_treatment_id_0b6563e8_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_treatment_id_0b6563e8')) IS NULL
        AND NOT is_retired('index', 'appointments.appointments_treatment_id_0b6563e8')
    THEN
        CREATE INDEX "appointments_treatment_id_0b6563e8" ON "appointments" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_by_start')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_by_start')
    THEN
        CREATE INDEX "appointment_by_start" ON "appointments" ("starts_at", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_agenda')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_agenda')
    THEN
        CREATE INDEX "appointment_agenda" ON "appointments" ("professional_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_of_patient')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_of_patient')
    THEN
        CREATE INDEX "appointment_of_patient" ON "appointments" ("patient_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_by_google_event')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_by_google_event')
    THEN
        CREATE INDEX "appointment_by_google_event" ON "appointments" ("google_calendar_event_id") WHERE NOT ("google_calendar_event_id" = '');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_request_once')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_request_once')
    THEN
        CREATE UNIQUE INDEX "appointment_request_once" ON "appointments" ("request_key") WHERE NOT ("request_key" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_one_hold_per_conversation')) IS NULL
        AND NOT is_retired('index', 'appointments.appointment_one_hold_per_conversation')
    THEN
        CREATE UNIQUE INDEX "appointment_one_hold_per_conversation" ON "appointments" ("conversation_id") WHERE "status" = 'held';
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transacti_reverses_id_31a380bc_fk_accountin' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')))
        AND NOT is_retired('constraint', 'accounting_transactions.accounting_transacti_reverses_id_31a380bc_fk_accountin')
    THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transacti_reverses_id_31a380bc_fk_accountin" FOREIGN KEY ("reverses_id") REFERENCES "accounting_transactions" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_reverses_id_31a380bc')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.accounting_transactions_reverses_id_31a380bc')
    THEN
        CREATE INDEX "accounting_transactions_reverses_id_31a380bc" ON "accounting_transactions" ("reverses_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transacti_appointment_id_afb5b838_fk_appointme' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')))
        AND NOT is_retired('constraint', 'accounting_transactions.accounting_transacti_appointment_id_afb5b838_fk_appointme')
    THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transacti_appointment_id_afb5b838_fk_appointme" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_appointment_id_afb5b838')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.accounting_transactions_appointment_id_afb5b838')
    THEN
        CREATE INDEX "accounting_transactions_appointment_id_afb5b838" ON "accounting_transactions" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transactions_patient_id_f8cb9dc9_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')))
        AND NOT is_retired('constraint', 'accounting_transactions.accounting_transactions_patient_id_f8cb9dc9_fk_patients_id')
    THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transactions_patient_id_f8cb9dc9_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_patient_id_f8cb9dc9')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.accounting_transactions_patient_id_f8cb9dc9')
    THEN
        CREATE INDEX "accounting_transactions_patient_id_f8cb9dc9" ON "accounting_transactions" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_by_day')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.transaction_by_day')
    THEN
        CREATE INDEX "transaction_by_day" ON "accounting_transactions" ("occurred_on", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_reversed_once')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.transaction_reversed_once')
    THEN
        CREATE UNIQUE INDEX "transaction_reversed_once" ON "accounting_transactions" ("reverses_id") WHERE "reverses_id" IS NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_facts_patient_id_b57c48b8_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patient_facts')))
        AND NOT is_retired('constraint', 'patient_facts.patient_facts_patient_id_b57c48b8_fk_patients_id')
    THEN
        ALTER TABLE "patient_facts" ADD CONSTRAINT "patient_facts_patient_id_b57c48b8_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_facts_patient_id_b57c48b8')) IS NULL
        AND NOT is_retired('index', 'patient_facts.patient_facts_patient_id_b57c48b8')
    THEN
        CREATE INDEX "patient_facts_patient_id_b57c48b8" ON "patient_facts" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'fact_one_current')) IS NULL
        AND NOT is_retired('index', 'patient_facts.fact_one_current')
    THEN
        CREATE UNIQUE INDEX "fact_one_current" ON "patient_facts" ("patient_id", "field") WHERE "superseded_at" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_one_per_user')) IS NULL
        AND NOT is_retired('index', 'professionals.professional_one_per_user')
    THEN
        CREATE UNIQUE INDEX "professional_one_per_user" ON "professionals" ("user_id") WHERE NOT ("user_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id')
    THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id" FOREIGN KEY ("addendum_to_id") REFERENCES "clinical_records" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_addendum_to_id_d9f20297')) IS NULL
        AND NOT is_retired('index', 'clinical_records.clinical_records_addendum_to_id_d9f20297')
    THEN
        CREATE INDEX "clinical_records_addendum_to_id_d9f20297" ON "clinical_records" ("addendum_to_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_patient_id_250be945_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_records_patient_id_250be945_fk_patients_id')
    THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_patient_id_250be945_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_patient_id_250be945')) IS NULL
        AND NOT is_retired('index', 'clinical_records.clinical_records_patient_id_250be945')
    THEN
        CREATE INDEX "clinical_records_patient_id_250be945" ON "clinical_records" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_professional_id_5401313c_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_records_professional_id_5401313c_fk_professionals_id')
    THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_professional_id_5401313c_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_professional_id_5401313c')) IS NULL
        AND NOT is_retired('index', 'clinical_records.clinical_records_professional_id_5401313c')
    THEN
        CREATE INDEX "clinical_records_professional_id_5401313c" ON "clinical_records" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'absences_professional_id_7ae1ba03_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'absences')))
        AND NOT is_retired('constraint', 'absences.absences_professional_id_7ae1ba03_fk_professionals_id')
    THEN
        ALTER TABLE "absences" ADD CONSTRAINT "absences_professional_id_7ae1ba03_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absences_professional_id_7ae1ba03')) IS NULL
        AND NOT is_retired('index', 'absences.absences_professional_id_7ae1ba03')
    THEN
        CREATE INDEX "absences_professional_id_7ae1ba03" ON "absences" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absence_upcoming')) IS NULL
        AND NOT is_retired('index', 'absences.absence_upcoming')
    THEN
        CREATE INDEX "absence_upcoming" ON "absences" ("professional_id", "ends_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments_code_2840a4b3')) IS NULL
        AND NOT is_retired('index', 'treatments.treatments_code_2840a4b3')
    THEN
        CREATE INDEX "treatments_code_2840a4b3" ON "treatments" ("code");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments_code_2840a4b3_like')) IS NULL
        AND NOT is_retired('index', 'treatments.treatments_code_2840a4b3_like')
    THEN
        CREATE INDEX "treatments_code_2840a4b3_like" ON "treatments" ("code" varchar_pattern_ops);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'professional_treatme_professional_id_2c4e1a65_fk_professio' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'professional_treatments')))
        AND NOT is_retired('constraint', 'professional_treatments.professional_treatme_professional_id_2c4e1a65_fk_professio')
    THEN
        ALTER TABLE "professional_treatments" ADD CONSTRAINT "professional_treatme_professional_id_2c4e1a65_fk_professio" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments_professional_id_2c4e1a65')) IS NULL
        AND NOT is_retired('index', 'professional_treatments.professional_treatments_professional_id_2c4e1a65')
    THEN
        CREATE INDEX "professional_treatments_professional_id_2c4e1a65" ON "professional_treatments" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'professional_treatments_treatment_id_92796709_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'professional_treatments')))
        AND NOT is_retired('constraint', 'professional_treatments.professional_treatments_treatment_id_92796709_fk_treatments_id')
    THEN
        ALTER TABLE "professional_treatments" ADD CONSTRAINT "professional_treatments_treatment_id_92796709_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments_treatment_id_92796709')) IS NULL
        AND NOT is_retired('index', 'professional_treatments.professional_treatments_treatment_id_92796709')
    THEN
        CREATE INDEX "professional_treatments_treatment_id_92796709" ON "professional_treatments" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_chair_id_4f1181e0_fk_chairs_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers')))
        AND NOT is_retired('constraint', 'offers.offers_chair_id_4f1181e0_fk_chairs_id')
    THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_chair_id_4f1181e0_fk_chairs_id" FOREIGN KEY ("chair_id") REFERENCES "chairs" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_chair_id_4f1181e0')) IS NULL
        AND NOT is_retired('index', 'offers.offers_chair_id_4f1181e0')
    THEN
        CREATE INDEX "offers_chair_id_4f1181e0" ON "offers" ("chair_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_professional_id_dc3c0611_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers')))
        AND NOT is_retired('constraint', 'offers.offers_professional_id_dc3c0611_fk_professionals_id')
    THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_professional_id_dc3c0611_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_professional_id_dc3c0611')) IS NULL
        AND NOT is_retired('index', 'offers.offers_professional_id_dc3c0611')
    THEN
        CREATE INDEX "offers_professional_id_dc3c0611" ON "offers" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_treatment_id_c0c322ea_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers')))
        AND NOT is_retired('constraint', 'offers.offers_treatment_id_c0c322ea_fk_treatments_id')
    THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_treatment_id_c0c322ea_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_treatment_id_c0c322ea')) IS NULL
        AND NOT is_retired('index', 'offers.offers_treatment_id_c0c322ea')
    THEN
        CREATE INDEX "offers_treatment_id_c0c322ea" ON "offers" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_changes_appointment_id_79ccd5a6_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointment_changes')))
        AND NOT is_retired('constraint', 'appointment_changes.appointment_changes_appointment_id_79ccd5a6_fk_appointments_id')
    THEN
        ALTER TABLE "appointment_changes" ADD CONSTRAINT "appointment_changes_appointment_id_79ccd5a6_fk_appointments_id" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_changes_appointment_id_79ccd5a6')) IS NULL
        AND NOT is_retired('index', 'appointment_changes.appointment_changes_appointment_id_79ccd5a6')
    THEN
        CREATE INDEX "appointment_changes_appointment_id_79ccd5a6" ON "appointment_changes" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_history')) IS NULL
        AND NOT is_retired('index', 'appointment_changes.appointment_history')
    THEN
        CREATE INDEX "appointment_history" ON "appointment_changes" ("appointment_id", "at");
    END IF;
END $$;
