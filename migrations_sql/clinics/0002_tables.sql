-- Tables.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'calendar_states')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('calendar_states');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'chairs')) IS NULL THEN
        CREATE TABLE "chairs" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(60) NOT NULL,
            "is_active" boolean NOT NULL,
            CONSTRAINT "chair_name_once" UNIQUE ("name")
        );
    END IF;
    PERFORM stamp_tenant('chairs');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'closures')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('closures');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'daily_cash_flow')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('daily_cash_flow');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'events')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('events');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'google_calendar_blocks')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('google_calendar_blocks');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'insurers')) IS NULL THEN
        CREATE TABLE "insurers" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(80) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "synonyms" jsonb NOT NULL,
            "is_active" boolean NOT NULL,
            CONSTRAINT "insurer_once" UNIQUE ("name_key")
        );
    END IF;
    PERFORM stamp_tenant('insurers');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients')) IS NULL THEN
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
            "possible_duplicate_of_id" uuid NULL
        );
    END IF;
    PERFORM stamp_tenant('patients');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians')) IS NULL THEN
        CREATE TABLE "guardians" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "relation" varchar(40) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "dependant_id" uuid NOT NULL,
            "guardian_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('guardians');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'channel_identities')) IS NULL THEN
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
            "patient_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('channel_identities');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments')) IS NULL THEN
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
            "patient_id" uuid NULL
        );
    END IF;
    PERFORM stamp_tenant('appointments');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')) IS NULL THEN
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
            "patient_id" uuid NULL
        );
    END IF;
    PERFORM stamp_tenant('accounting_transactions');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_facts')) IS NULL THEN
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
            "patient_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('patient_facts');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professionals')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('professionals');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records')) IS NULL THEN
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
            "professional_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('clinical_records');
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'appointments' AND column_name = 'professional_id') THEN
        ALTER TABLE "appointments" ADD COLUMN "professional_id" uuid NOT NULL CONSTRAINT "appointments_professional_id_8a30de2e_fk_professionals_id" REFERENCES "professionals"("id") DEFERRABLE INITIALLY DEFERRED; SET CONSTRAINTS "appointments_professional_id_8a30de2e_fk_professionals_id" IMMEDIATE;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absences')) IS NULL THEN
        CREATE TABLE "absences" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "starts_at" timestamp with time zone NOT NULL,
            "ends_at" timestamp with time zone NOT NULL,
            "reason" varchar(120) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "professional_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('absences');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('treatments');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments')) IS NULL THEN
        CREATE TABLE "professional_treatments" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "professional_id" uuid NOT NULL,
            "treatment_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('professional_treatments');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers')) IS NULL THEN
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
            "treatment_id" uuid NOT NULL
        );
    END IF;
    PERFORM stamp_tenant('offers');
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'appointments' AND column_name = 'treatment_id') THEN
        ALTER TABLE "appointments" ADD COLUMN "treatment_id" uuid NOT NULL CONSTRAINT "appointments_treatment_id_0b6563e8_fk_treatments_id" REFERENCES "treatments"("id") DEFERRABLE INITIALLY DEFERRED; SET CONSTRAINTS "appointments_treatment_id_0b6563e8_fk_treatments_id" IMMEDIATE;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_changes')) IS NULL THEN
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
    END IF;
    PERFORM stamp_tenant('appointment_changes');
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_dni')) IS NULL THEN
        CREATE INDEX "patient_by_dni" ON "patients" ("dni") WHERE NOT ("dni" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_phone')) IS NULL THEN
        CREATE INDEX "patient_by_phone" ON "patients" ("phone") WHERE NOT ("phone" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_by_name')) IS NULL THEN
        CREATE INDEX "patient_by_name" ON "patients" ("name_key", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_status_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patient_status_known" CHECK ("status" IN ('guest', 'active'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_phone_e164' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patient_phone_e164" CHECK (("phone" IS NULL OR "phone"::text ~  E'^\\+[1-9][0-9]{6,14}$'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_medical_history_valid' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patient_medical_history_valid" CHECK (valid_medical_history("medical_history"));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_active_has_facts' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patient_active_has_facts" CHECK ((NOT ("status" = 'active') OR (NOT ("first_name" = '') AND NOT ("last_name" = '') AND "dni" IS NOT NULL AND NOT ("insurance" = '') AND "phone" IS NOT NULL)));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardian_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians'))) THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardian_once" UNIQUE ("guardian_id", "dependant_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardian_of_another' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians'))) THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardian_of_another" CHECK (NOT ("guardian_id" = ("dependant_id")));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'identity_by_phone')) IS NULL THEN
        CREATE INDEX "identity_by_phone" ON "channel_identities" ("phone") WHERE NOT ("phone" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'channel_identity_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'channel_identities'))) THEN
        ALTER TABLE "channel_identities" ADD CONSTRAINT "channel_identity_once" UNIQUE ("channel", "raw_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_by_day')) IS NULL THEN
        CREATE INDEX "transaction_by_day" ON "accounting_transactions" ("occurred_on", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'transaction_kind_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "transaction_kind_known" CHECK ("kind" IN ('income', 'expense', 'insurance_claim', 'refund'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'transaction_method_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "transaction_method_known" CHECK ("method" IN ('cash', 'card', 'transfer', 'insurer'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'transaction_sign_matches' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "transaction_sign_matches" CHECK ((("amount" > 0 AND "reverses_id" IS NULL) OR ("amount" < 0 AND "reverses_id" IS NOT NULL)));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_reversed_once')) IS NULL THEN
        CREATE UNIQUE INDEX "transaction_reversed_once" ON "accounting_transactions" ("reverses_id") WHERE "reverses_id" IS NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'fact_field_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patient_facts'))) THEN
        ALTER TABLE "patient_facts" ADD CONSTRAINT "fact_field_known" CHECK ("field" IN ('full_name', 'dni', 'insurance', 'phone', 'birth_date'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'fact_has_its_source' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patient_facts'))) THEN
        ALTER TABLE "patient_facts" ADD CONSTRAINT "fact_has_its_source" CHECK ((("message_id" IS NOT NULL AND "recorded_by" IS NULL AND "source" = 'message') OR ("recorded_by" IS NOT NULL AND "source" = 'staff') OR ("conversation_id" IS NOT NULL AND "source" = 'channel')));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'fact_one_current')) IS NULL THEN
        CREATE UNIQUE INDEX "fact_one_current" ON "patient_facts" ("patient_id", "field") WHERE "superseded_at" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_record_position_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_record_position_once" UNIQUE ("patient_id", "position");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_record_kind_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_record_kind_known" CHECK ("kind" IN ('evolution', 'odontogram', 'addendum'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_record_addendum_names_its_entry' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_record_addendum_names_its_entry" CHECK ((("addendum_to_id" IS NOT NULL AND "kind" = 'addendum') OR (NOT ("kind" = 'addendum') AND "addendum_to_id" IS NULL)));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absence_upcoming')) IS NULL THEN
        CREATE INDEX "absence_upcoming" ON "absences" ("professional_id", "ends_at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'absence_ends_after_start' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'absences'))) THEN
        ALTER TABLE "absences" ADD CONSTRAINT "absence_ends_after_start" CHECK ("ends_at" > ("starts_at"));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'professional_treatment_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'professional_treatments'))) THEN
        ALTER TABLE "professional_treatments" ADD CONSTRAINT "professional_treatment_once" UNIQUE ("professional_id", "treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offer_code_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers'))) THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offer_code_once" UNIQUE ("conversation_id", "code");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offer_kind_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers'))) THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offer_kind_known" CHECK ("kind" IN ('slot', 'request'));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_by_start')) IS NULL THEN
        CREATE INDEX "appointment_by_start" ON "appointments" ("starts_at", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_agenda')) IS NULL THEN
        CREATE INDEX "appointment_agenda" ON "appointments" ("professional_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_of_patient')) IS NULL THEN
        CREATE INDEX "appointment_of_patient" ON "appointments" ("patient_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_by_google_event')) IS NULL THEN
        CREATE INDEX "appointment_by_google_event" ON "appointments" ("google_calendar_event_id") WHERE NOT ("google_calendar_event_id" = '');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_ends_after_start' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_ends_after_start" CHECK ("ends_at" > ("starts_at"));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_status_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_status_known" CHECK ("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed', 'cancelled', 'no_show'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_source_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_source_known" CHECK ("source" IN ('agent', 'staff', 'import', 'demo'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_only_holds_lack_a_patient' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_only_holds_lack_a_patient" CHECK (("patient_id" IS NOT NULL OR "status" = 'held'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_only_holds_expire' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_only_holds_expire" CHECK ((("hold_expires_at" IS NOT NULL AND "status" = 'held') OR (NOT ("status" = 'held') AND "hold_expires_at" IS NULL)));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_overbooked_with_reason' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_overbooked_with_reason" CHECK ((NOT "overbooked" OR NOT ("overbook_reason" = '')));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_professional_free' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_professional_free" EXCLUDE USING GIST ("professional_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE (("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed') AND NOT "overbooked"));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_chair_free' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_chair_free" EXCLUDE USING GIST ("chair_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE ("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed'));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_patient_free' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointment_patient_free" EXCLUDE USING GIST ("patient_id" WITH =, (tstzrange("starts_at", "ends_at", '[)')) WITH &&) WHERE (("status" IN ('held', 'pending_confirmation', 'scheduled', 'confirmed', 'arrived', 'in_chair', 'completed') AND NOT ("status" = 'held')));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_request_once')) IS NULL THEN
        CREATE UNIQUE INDEX "appointment_request_once" ON "appointments" ("request_key") WHERE NOT ("request_key" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_one_hold_per_conversation')) IS NULL THEN
        CREATE UNIQUE INDEX "appointment_one_hold_per_conversation" ON "appointments" ("conversation_id") WHERE "status" = 'held';
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'closure_upcoming')) IS NULL THEN
        CREATE INDEX "closure_upcoming" ON "closures" ("ends_on");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'event_number_once')) IS NULL THEN
        CREATE UNIQUE INDEX "event_number_once" ON "events" ("number") WHERE NOT ("number" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'event_unnumbered')) IS NULL THEN
        CREATE INDEX "event_unnumbered" ON "events" ("created_at", "id") WHERE "number" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'google_block_window')) IS NULL THEN
        CREATE INDEX "google_block_window" ON "google_calendar_blocks" ("calendar_id", "starts_at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_insurer_id_9c1ce282_fk_insurers_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_insurer_id_9c1ce282_fk_insurers_id" FOREIGN KEY ("insurer_id") REFERENCES "insurers" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_merged_into_id_510507cc_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_merged_into_id_510507cc_fk_patients_id" FOREIGN KEY ("merged_into_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patients_possible_duplicate_of_id_bd0541c6_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients'))) THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patients_possible_duplicate_of_id_bd0541c6_fk_patients_id" FOREIGN KEY ("possible_duplicate_of_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_insurer_id_9c1ce282')) IS NULL THEN
        CREATE INDEX "patients_insurer_id_9c1ce282" ON "patients" ("insurer_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_merged_into_id_510507cc')) IS NULL THEN
        CREATE INDEX "patients_merged_into_id_510507cc" ON "patients" ("merged_into_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patients_possible_duplicate_of_id_bd0541c6')) IS NULL THEN
        CREATE INDEX "patients_possible_duplicate_of_id_bd0541c6" ON "patients" ("possible_duplicate_of_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardians_dependant_id_2b75e170_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians'))) THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardians_dependant_id_2b75e170_fk_patients_id" FOREIGN KEY ("dependant_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'guardians_guardian_id_5d1c7db6_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'guardians'))) THEN
        ALTER TABLE "guardians" ADD CONSTRAINT "guardians_guardian_id_5d1c7db6_fk_patients_id" FOREIGN KEY ("guardian_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians_dependant_id_2b75e170')) IS NULL THEN
        CREATE INDEX "guardians_dependant_id_2b75e170" ON "guardians" ("dependant_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'guardians_guardian_id_5d1c7db6')) IS NULL THEN
        CREATE INDEX "guardians_guardian_id_5d1c7db6" ON "guardians" ("guardian_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'channel_identities_patient_id_38c1e26c_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'channel_identities'))) THEN
        ALTER TABLE "channel_identities" ADD CONSTRAINT "channel_identities_patient_id_38c1e26c_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'channel_identities_patient_id_38c1e26c')) IS NULL THEN
        CREATE INDEX "channel_identities_patient_id_38c1e26c" ON "channel_identities" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_chair_id_3997ddc6_fk_chairs_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_chair_id_3997ddc6_fk_chairs_id" FOREIGN KEY ("chair_id") REFERENCES "chairs" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointments_patient_id_b2db55d3_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointments'))) THEN
        ALTER TABLE "appointments" ADD CONSTRAINT "appointments_patient_id_b2db55d3_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_chair_id_3997ddc6')) IS NULL THEN
        CREATE INDEX "appointments_chair_id_3997ddc6" ON "appointments" ("chair_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_patient_id_b2db55d3')) IS NULL THEN
        CREATE INDEX "appointments_patient_id_b2db55d3" ON "appointments" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transacti_reverses_id_31a380bc_fk_accountin' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transacti_reverses_id_31a380bc_fk_accountin" FOREIGN KEY ("reverses_id") REFERENCES "accounting_transactions" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transacti_appointment_id_afb5b838_fk_appointme' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transacti_appointment_id_afb5b838_fk_appointme" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transactions_patient_id_f8cb9dc9_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions'))) THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transactions_patient_id_f8cb9dc9_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_reverses_id_31a380bc')) IS NULL THEN
        CREATE INDEX "accounting_transactions_reverses_id_31a380bc" ON "accounting_transactions" ("reverses_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_appointment_id_afb5b838')) IS NULL THEN
        CREATE INDEX "accounting_transactions_appointment_id_afb5b838" ON "accounting_transactions" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_patient_id_f8cb9dc9')) IS NULL THEN
        CREATE INDEX "accounting_transactions_patient_id_f8cb9dc9" ON "accounting_transactions" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_facts_patient_id_b57c48b8_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patient_facts'))) THEN
        ALTER TABLE "patient_facts" ADD CONSTRAINT "patient_facts_patient_id_b57c48b8_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_facts_patient_id_b57c48b8')) IS NULL THEN
        CREATE INDEX "patient_facts_patient_id_b57c48b8" ON "patient_facts" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_one_per_user')) IS NULL THEN
        CREATE UNIQUE INDEX "professional_one_per_user" ON "professionals" ("user_id") WHERE NOT ("user_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id" FOREIGN KEY ("addendum_to_id") REFERENCES "clinical_records" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_patient_id_250be945_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_patient_id_250be945_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_professional_id_5401313c_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records'))) THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_professional_id_5401313c_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_addendum_to_id_d9f20297')) IS NULL THEN
        CREATE INDEX "clinical_records_addendum_to_id_d9f20297" ON "clinical_records" ("addendum_to_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_patient_id_250be945')) IS NULL THEN
        CREATE INDEX "clinical_records_patient_id_250be945" ON "clinical_records" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_professional_id_5401313c')) IS NULL THEN
        CREATE INDEX "clinical_records_professional_id_5401313c" ON "clinical_records" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_professional_id_8a30de2e')) IS NULL THEN
        CREATE INDEX "appointments_professional_id_8a30de2e" ON "appointments" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'absences_professional_id_7ae1ba03_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'absences'))) THEN
        ALTER TABLE "absences" ADD CONSTRAINT "absences_professional_id_7ae1ba03_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'absences_professional_id_7ae1ba03')) IS NULL THEN
        CREATE INDEX "absences_professional_id_7ae1ba03" ON "absences" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments_code_2840a4b3')) IS NULL THEN
        CREATE INDEX "treatments_code_2840a4b3" ON "treatments" ("code");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatments_code_2840a4b3_like')) IS NULL THEN
        CREATE INDEX "treatments_code_2840a4b3_like" ON "treatments" ("code" varchar_pattern_ops);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'professional_treatme_professional_id_2c4e1a65_fk_professio' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'professional_treatments'))) THEN
        ALTER TABLE "professional_treatments" ADD CONSTRAINT "professional_treatme_professional_id_2c4e1a65_fk_professio" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'professional_treatments_treatment_id_92796709_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'professional_treatments'))) THEN
        ALTER TABLE "professional_treatments" ADD CONSTRAINT "professional_treatments_treatment_id_92796709_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments_professional_id_2c4e1a65')) IS NULL THEN
        CREATE INDEX "professional_treatments_professional_id_2c4e1a65" ON "professional_treatments" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'professional_treatments_treatment_id_92796709')) IS NULL THEN
        CREATE INDEX "professional_treatments_treatment_id_92796709" ON "professional_treatments" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_chair_id_4f1181e0_fk_chairs_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers'))) THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_chair_id_4f1181e0_fk_chairs_id" FOREIGN KEY ("chair_id") REFERENCES "chairs" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_professional_id_dc3c0611_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers'))) THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_professional_id_dc3c0611_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'offers_treatment_id_c0c322ea_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'offers'))) THEN
        ALTER TABLE "offers" ADD CONSTRAINT "offers_treatment_id_c0c322ea_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_chair_id_4f1181e0')) IS NULL THEN
        CREATE INDEX "offers_chair_id_4f1181e0" ON "offers" ("chair_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_professional_id_dc3c0611')) IS NULL THEN
        CREATE INDEX "offers_professional_id_dc3c0611" ON "offers" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'offers_treatment_id_c0c322ea')) IS NULL THEN
        CREATE INDEX "offers_treatment_id_c0c322ea" ON "offers" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointments_treatment_id_0b6563e8')) IS NULL THEN
        CREATE INDEX "appointments_treatment_id_0b6563e8" ON "appointments" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'appointment_changes_appointment_id_79ccd5a6_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'appointment_changes'))) THEN
        ALTER TABLE "appointment_changes" ADD CONSTRAINT "appointment_changes_appointment_id_79ccd5a6_fk_appointments_id" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_changes_appointment_id_79ccd5a6')) IS NULL THEN
        CREATE INDEX "appointment_changes_appointment_id_79ccd5a6" ON "appointment_changes" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'appointment_history')) IS NULL THEN
        CREATE INDEX "appointment_history" ON "appointment_changes" ("appointment_id", "at");
    END IF;
END $$;
