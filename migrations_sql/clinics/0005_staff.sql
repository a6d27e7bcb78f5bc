-- Staff.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'audit_entries')) IS NULL
        AND NOT is_retired('table', 'audit_entries')
    THEN
        CREATE TABLE "audit_entries" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "at" timestamp with time zone NOT NULL,
            "actor" varchar(60) NOT NULL,
            "table_name" varchar(63) NOT NULL,
            "row_id" uuid NOT NULL,
            "action" varchar(6) NOT NULL,
            "before" jsonb NULL,
            "after" jsonb NULL,
            CONSTRAINT "audit_action_known" CHECK ("action" IN ('insert', 'update', 'delete'))
        );
        PERFORM stamp_tenant('audit_entries');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'breaches')) IS NULL
        AND NOT is_retired('table', 'breaches')
    THEN
        CREATE TABLE "breaches" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "found_at" timestamp with time zone NOT NULL,
            "happened_at" timestamp with time zone NULL,
            "description" text NOT NULL,
            "affected" varchar(300) NOT NULL,
            "measures" text NOT NULL,
            "authority_told_at" timestamp with time zone NULL,
            "people_told_at" timestamp with time zone NULL,
            "recorded_by" uuid NOT NULL,
            "recorded_at" timestamp with time zone NOT NULL,
            "follows_id" uuid NULL
        );
        PERFORM stamp_tenant('breaches');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'cash_flow_steps')) IS NULL
        AND NOT is_retired('table', 'cash_flow_steps')
    THEN
        CREATE TABLE "cash_flow_steps" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "closed" boolean NOT NULL,
            "at" timestamp with time zone NOT NULL,
            "by" uuid NOT NULL,
            "reason" varchar(200) NOT NULL,
            "net" numeric(14, 2) NOT NULL,
            "counted_cash" numeric(14, 2) NULL,
            "difference" numeric(14, 2) NULL,
            "cash_flow_id" uuid NOT NULL,
            CONSTRAINT "cash_flow_step_says_why" CHECK (("closed" OR NOT ("reason" = '')))
        );
        PERFORM stamp_tenant('cash_flow_steps');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'consents')) IS NULL
        AND NOT is_retired('table', 'consents')
    THEN
        CREATE TABLE "consents" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "given_at" timestamp with time zone NOT NULL,
            "how" varchar(60) NOT NULL,
            "message_id" uuid NULL,
            "recorded_by" uuid NULL,
            "withdrawn_at" timestamp with time zone NULL,
            "withdrawn_by" uuid NULL,
            "patient_id" uuid NOT NULL,
            "text_id" uuid NOT NULL
        );
        PERFORM stamp_tenant('consents');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'consent_texts')) IS NULL
        AND NOT is_retired('table', 'consent_texts')
    THEN
        CREATE TABLE "consent_texts" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "kind" varchar(12) NOT NULL,
            "text_version" integer NOT NULL,
            "text" text NOT NULL,
            "published_at" timestamp with time zone NOT NULL,
            "published_by" uuid NOT NULL,
            CONSTRAINT "consent_text_once" UNIQUE ("kind", "text_version"),
            CONSTRAINT "consent_text_kind_known" CHECK ("kind" IN ('data', 'messaging', 'treatment', 'images'))
        );
        PERFORM stamp_tenant('consent_texts');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'coverages')) IS NULL
        AND NOT is_retired('table', 'coverages')
    THEN
        CREATE TABLE "coverages" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "accepted" boolean NOT NULL,
            "needs_authorisation" boolean NOT NULL,
            "authorisation_note" varchar(300) NOT NULL,
            "copay_amount" numeric(12, 2) NULL,
            "copay_percent" numeric(5, 2) NULL,
            "version" integer NOT NULL,
            "insurer_id" uuid NOT NULL,
            "professional_id" uuid NULL,
            "treatment_id" uuid NULL,
            "plan_id" uuid NULL,
            CONSTRAINT "coverage_once" UNIQUE NULLS NOT DISTINCT ("insurer_id", "plan_id", "professional_id", "treatment_id"),
            CONSTRAINT "coverage_one_copay" CHECK (("copay_amount" IS NULL OR "copay_percent" IS NULL)),
            CONSTRAINT "coverage_copay_sane" CHECK ((("copay_amount" IS NULL OR "copay_amount" >= 0) AND ("copay_percent" IS NULL OR ("copay_percent" >= 0 AND "copay_percent" <= 100))))
        );
        PERFORM stamp_tenant('coverages');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'insurer_plans')) IS NULL
        AND NOT is_retired('table', 'insurer_plans')
    THEN
        CREATE TABLE "insurer_plans" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(80) NOT NULL,
            "name_key" varchar(200) NOT NULL,
            "is_active" boolean NOT NULL,
            "insurer_id" uuid NOT NULL,
            CONSTRAINT "insurer_plan_once" UNIQUE ("insurer_id", "name_key")
        );
        PERFORM stamp_tenant('insurer_plans');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'move_requests')) IS NULL
        AND NOT is_retired('table', 'move_requests')
    THEN
        CREATE TABLE "move_requests" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "cause" varchar(10) NOT NULL,
            "cause_id" uuid NOT NULL,
            "created_by" uuid NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "told_at" timestamp with time zone NULL,
            "settled" varchar(10) NOT NULL,
            "settled_at" timestamp with time zone NULL,
            "appointment_id" uuid NOT NULL,
            CONSTRAINT "move_cause_known" CHECK ("cause" IN ('absence', 'closure')),
            CONSTRAINT "move_settled_whole" CHECK ((("settled" = '' AND "settled_at" IS NULL) OR ("settled" IN ('moved', 'cancelled', 'kept') AND "settled_at" IS NOT NULL)))
        );
        PERFORM stamp_tenant('move_requests');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_items')) IS NULL
        AND NOT is_retired('table', 'plan_items')
    THEN
        CREATE TABLE "plan_items" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "position" integer NOT NULL,
            "tooth" integer NULL,
            "faces" varchar(5) NOT NULL,
            "description" varchar(200) NOT NULL,
            "visit" integer NOT NULL,
            "days_after_previous" integer NOT NULL,
            "price" numeric(12, 2) NOT NULL,
            "insurer_pays" numeric(12, 2) NOT NULL,
            "status" varchar(10) NOT NULL,
            "done_at" timestamp with time zone NULL,
            "appointment_id" uuid NULL,
            "treatment_id" uuid NOT NULL,
            "plan_id" uuid NOT NULL,
            CONSTRAINT "plan_item_position_once" UNIQUE ("plan_id", "position"),
            CONSTRAINT "plan_item_status_known" CHECK ("status" IN ('pending', 'done', 'cancelled')),
            CONSTRAINT "plan_item_shares_within_price" CHECK (("insurer_pays" >= 0 AND "insurer_pays" <= ("price") AND "price" >= 0)),
            CONSTRAINT "plan_item_visit_sane" CHECK (("days_after_previous" >= 0 AND "visit" >= 1 AND "visit" <= 60)),
            CONSTRAINT "plan_item_tooth_fdi" CHECK (("tooth" IS NULL OR "tooth" BETWEEN 11 AND 18 OR "tooth" BETWEEN 21 AND 28 OR "tooth" BETWEEN 31 AND 38 OR "tooth" BETWEEN 41 AND 48 OR "tooth" BETWEEN 51 AND 55 OR "tooth" BETWEEN 61 AND 65 OR "tooth" BETWEEN 71 AND 75 OR "tooth" BETWEEN 81 AND 85))
        );
        PERFORM stamp_tenant('plan_items');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'privacy_requests')) IS NULL
        AND NOT is_retired('table', 'privacy_requests')
    THEN
        CREATE TABLE "privacy_requests" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "kind" varchar(13) NOT NULL,
            "asked_at" timestamp with time zone NOT NULL,
            "due_on" date NOT NULL,
            "recorded_by" uuid NOT NULL,
            "settled_at" timestamp with time zone NULL,
            "settled_by" uuid NULL,
            "outcome" jsonb NOT NULL,
            "note" varchar(300) NOT NULL,
            "patient_id" uuid NOT NULL,
            CONSTRAINT "privacy_request_kind_known" CHECK ("kind" IN ('access', 'rectification', 'erasure')),
            CONSTRAINT "privacy_request_settled_whole" CHECK ((("settled_at" IS NULL AND "settled_by" IS NULL) OR ("settled_at" IS NOT NULL AND "settled_by" IS NOT NULL)))
        );
        PERFORM stamp_tenant('privacy_requests');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_attachments')) IS NULL
        AND NOT is_retired('table', 'record_attachments')
    THEN
        CREATE TABLE "record_attachments" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "name" varchar(120) NOT NULL,
            "content_type" varchar(60) NOT NULL,
            "size" integer NOT NULL,
            "sha256" varchar(64) NOT NULL,
            "stored_as" varchar(120) NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "record_id" uuid NOT NULL,
            CONSTRAINT "attachment_stored_once" UNIQUE ("stored_as"),
            CONSTRAINT "attachment_not_empty" CHECK ("size" > 0)
        );
        PERFORM stamp_tenant('record_attachments');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_reads')) IS NULL
        AND NOT is_retired('table', 'record_reads')
    THEN
        CREATE TABLE "record_reads" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "user_id" uuid NOT NULL,
            "role" varchar(12) NOT NULL,
            "what" varchar(12) NOT NULL,
            "why" varchar(200) NOT NULL,
            "at" timestamp with time zone NOT NULL,
            "patient_id" uuid NOT NULL,
            "record_id" uuid NULL
        );
        PERFORM stamp_tenant('record_reads');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatment_plans')) IS NULL
        AND NOT is_retired('table', 'treatment_plans')
    THEN
        CREATE TABLE "treatment_plans" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "title" varchar(120) NOT NULL,
            "status" varchar(10) NOT NULL,
            "currency" varchar(3) NOT NULL,
            "valid_until" date NULL,
            "notes" varchar(1000) NOT NULL,
            "created_by" uuid NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "decided_at" timestamp with time zone NULL,
            "decided_by" uuid NULL,
            "decision_note" varchar(200) NOT NULL,
            "version" integer NOT NULL,
            "patient_id" uuid NOT NULL,
            "professional_id" uuid NOT NULL,
            CONSTRAINT "plan_status_known" CHECK ("status" IN ('draft', 'proposed', 'approved', 'done', 'rejected', 'cancelled')),
            CONSTRAINT "plan_decided_whole" CHECK ((("decided_at" IS NULL AND "decided_by" IS NULL) OR ("decided_at" IS NOT NULL AND "decided_by" IS NOT NULL)))
        );
        PERFORM stamp_tenant('treatment_plans');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list')) IS NULL
        AND NOT is_retired('table', 'waiting_list')
    THEN
        CREATE TABLE "waiting_list" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "from_day" date NOT NULL,
            "until_day" date NOT NULL,
            "preferred_hours" jsonb NOT NULL,
            "status" varchar(10) NOT NULL,
            "source" varchar(10) NOT NULL,
            "conversation_id" uuid NULL,
            "note" varchar(200) NOT NULL,
            "offered_at" timestamp with time zone NULL,
            "offered_starts_at" timestamp with time zone NULL,
            "created_at" timestamp with time zone NOT NULL,
            "version" integer NOT NULL,
            "booked_id" uuid NULL,
            "instead_of_id" uuid NULL,
            "patient_id" uuid NOT NULL,
            "professional_id" uuid NULL,
            "treatment_id" uuid NOT NULL,
            CONSTRAINT "waiting_status_known" CHECK ("status" IN ('waiting', 'offered', 'booked', 'withdrawn', 'expired')),
            CONSTRAINT "waiting_source_known" CHECK ("source" IN ('agent', 'staff', 'import', 'demo')),
            CONSTRAINT "waiting_days_in_order" CHECK ("until_day" >= ("from_day"))
        );
        PERFORM stamp_tenant('waiting_list');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'daily_cash_flow' AND column_name = 'cash_out')
        AND NOT is_retired('column', 'daily_cash_flow.cash_out')
    THEN
        ALTER TABLE "daily_cash_flow" ADD COLUMN "cash_out" numeric(14, 2) DEFAULT 0.00 NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'daily_cash_flow' AND column_name = 'refunds')
        AND NOT is_retired('column', 'daily_cash_flow.refunds')
    THEN
        ALTER TABLE "daily_cash_flow" ADD COLUMN "refunds" numeric(14, 2) DEFAULT 0.00 NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_active_has_facts' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients')))
        AND NOT is_retired('constraint', 'patients.patient_active_has_facts')
    THEN
        ALTER TABLE "patients" DROP CONSTRAINT "patient_active_has_facts";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('constraint', 'patients.patient_active_has_facts') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'patients' AND column_name = 'anonymised_at')
        AND NOT is_retired('column', 'patients.anonymised_at')
    THEN
        ALTER TABLE "patients" ADD COLUMN "anonymised_at" timestamp with time zone NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'appointments' AND column_name = 'authorisation_number')
        AND NOT is_retired('column', 'appointments.authorisation_number')
    THEN
        ALTER TABLE "appointments" ADD COLUMN "authorisation_number" varchar(40) DEFAULT '' NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'accounting_transactions' AND column_name = 'insurer_id')
        AND NOT is_retired('column', 'accounting_transactions.insurer_id')
    THEN
        ALTER TABLE "accounting_transactions" ADD COLUMN "insurer_id" uuid NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'accounting_transactions' AND column_name = 'late_reason')
        AND NOT is_retired('column', 'accounting_transactions.late_reason')
    THEN
        ALTER TABLE "accounting_transactions" ADD COLUMN "late_reason" varchar(200) DEFAULT '' NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'accounting_transactions' AND column_name = 'plan_id')
        AND NOT is_retired('column', 'accounting_transactions.plan_id')
    THEN
        ALTER TABLE "accounting_transactions" ADD COLUMN "plan_id" uuid NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_record_kind_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_record_kind_known')
    THEN
        ALTER TABLE "clinical_records" DROP CONSTRAINT "clinical_record_kind_known";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('constraint', 'clinical_records.clinical_record_kind_known') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'clinical_records' AND column_name = 'appointment_id')
        AND NOT is_retired('column', 'clinical_records.appointment_id')
    THEN
        ALTER TABLE "clinical_records" ADD COLUMN "appointment_id" uuid NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'clinical_records' AND column_name = 'signed_as')
        AND NOT is_retired('column', 'clinical_records.signed_as')
    THEN
        ALTER TABLE "clinical_records" ADD COLUMN "signed_as" varchar(200) DEFAULT '' NOT NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'patient_name_parts')) IS NULL
        AND NOT is_retired('index', 'patients.patient_name_parts')
    THEN
        CREATE INDEX "patient_name_parts" ON "patients" USING gin ("name_key" gin_trgm_ops);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'patient_active_has_facts' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'patients')))
        AND NOT is_retired('constraint', 'patients.patient_active_has_facts#2')
    THEN
        ALTER TABLE "patients" ADD CONSTRAINT "patient_active_has_facts" CHECK ((NOT ("status" = 'active') OR (NOT ("first_name" = '') AND NOT ("last_name" = '') AND "dni" IS NOT NULL AND NOT ("insurance" = '') AND "phone" IS NOT NULL) OR "anonymised_at" IS NOT NULL));
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transactions_insurer_id_afee7bf7_fk_insurers_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')))
        AND NOT is_retired('constraint', 'accounting_transactions.accounting_transactions_insurer_id_afee7bf7_fk_insurers_id')
    THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transactions_insurer_id_afee7bf7_fk_insurers_id" FOREIGN KEY ("insurer_id") REFERENCES "insurers" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_insurer_id_afee7bf7')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.accounting_transactions_insurer_id_afee7bf7')
    THEN
        CREATE INDEX "accounting_transactions_insurer_id_afee7bf7" ON "accounting_transactions" ("insurer_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'accounting_transactions_plan_id_8fc9d555_fk_treatment_plans_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')))
        AND NOT is_retired('constraint', 'accounting_transactions.accounting_transactions_plan_id_8fc9d555_fk_treatment_plans_id')
    THEN
        ALTER TABLE "accounting_transactions" ADD CONSTRAINT "accounting_transactions_plan_id_8fc9d555_fk_treatment_plans_id" FOREIGN KEY ("plan_id") REFERENCES "treatment_plans" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'accounting_transactions_plan_id_8fc9d555')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.accounting_transactions_plan_id_8fc9d555')
    THEN
        CREATE INDEX "accounting_transactions_plan_id_8fc9d555" ON "accounting_transactions" ("plan_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_of_patient')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.transaction_of_patient')
    THEN
        CREATE INDEX "transaction_of_patient" ON "accounting_transactions" ("patient_id", "occurred_on");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'transaction_of_plan')) IS NULL
        AND NOT is_retired('index', 'accounting_transactions.transaction_of_plan')
    THEN
        CREATE INDEX "transaction_of_plan" ON "accounting_transactions" ("plan_id") WHERE NOT ("plan_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_records_appointment_id_60fbece2_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_records_appointment_id_60fbece2_fk_appointments_id')
    THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_records_appointment_id_60fbece2_fk_appointments_id" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'clinical_records_appointment_id_60fbece2')) IS NULL
        AND NOT is_retired('index', 'clinical_records.clinical_records_appointment_id_60fbece2')
    THEN
        CREATE INDEX "clinical_records_appointment_id_60fbece2" ON "clinical_records" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'clinical_record_kind_known' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')))
        AND NOT is_retired('constraint', 'clinical_records.clinical_record_kind_known#2')
    THEN
        ALTER TABLE "clinical_records" ADD CONSTRAINT "clinical_record_kind_known" CHECK ("kind" IN ('evolution', 'odontogram', 'anamnesis', 'addendum'));
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'audit_of_row')) IS NULL
        AND NOT is_retired('index', 'audit_entries.audit_of_row')
    THEN
        CREATE INDEX "audit_of_row" ON "audit_entries" ("table_name", "row_id", "at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'audit_by_time')) IS NULL
        AND NOT is_retired('index', 'audit_entries.audit_by_time')
    THEN
        CREATE INDEX "audit_by_time" ON "audit_entries" ("at", "id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'breaches_follows_id_c39611ea_fk_breaches_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'breaches')))
        AND NOT is_retired('constraint', 'breaches.breaches_follows_id_c39611ea_fk_breaches_id')
    THEN
        ALTER TABLE "breaches" ADD CONSTRAINT "breaches_follows_id_c39611ea_fk_breaches_id" FOREIGN KEY ("follows_id") REFERENCES "breaches" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'breaches_follows_id_c39611ea')) IS NULL
        AND NOT is_retired('index', 'breaches.breaches_follows_id_c39611ea')
    THEN
        CREATE INDEX "breaches_follows_id_c39611ea" ON "breaches" ("follows_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'breach_by_time')) IS NULL
        AND NOT is_retired('index', 'breaches.breach_by_time')
    THEN
        CREATE INDEX "breach_by_time" ON "breaches" ("found_at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'cash_flow_steps_cash_flow_id_8d788500_fk_daily_cash_flow_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'cash_flow_steps')))
        AND NOT is_retired('constraint', 'cash_flow_steps.cash_flow_steps_cash_flow_id_8d788500_fk_daily_cash_flow_id')
    THEN
        ALTER TABLE "cash_flow_steps" ADD CONSTRAINT "cash_flow_steps_cash_flow_id_8d788500_fk_daily_cash_flow_id" FOREIGN KEY ("cash_flow_id") REFERENCES "daily_cash_flow" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'cash_flow_steps_cash_flow_id_8d788500')) IS NULL
        AND NOT is_retired('index', 'cash_flow_steps.cash_flow_steps_cash_flow_id_8d788500')
    THEN
        CREATE INDEX "cash_flow_steps_cash_flow_id_8d788500" ON "cash_flow_steps" ("cash_flow_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'cash_flow_history')) IS NULL
        AND NOT is_retired('index', 'cash_flow_steps.cash_flow_history')
    THEN
        CREATE INDEX "cash_flow_history" ON "cash_flow_steps" ("cash_flow_id", "at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'consents_patient_id_40c6c7c1_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'consents')))
        AND NOT is_retired('constraint', 'consents.consents_patient_id_40c6c7c1_fk_patients_id')
    THEN
        ALTER TABLE "consents" ADD CONSTRAINT "consents_patient_id_40c6c7c1_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'consents_patient_id_40c6c7c1')) IS NULL
        AND NOT is_retired('index', 'consents.consents_patient_id_40c6c7c1')
    THEN
        CREATE INDEX "consents_patient_id_40c6c7c1" ON "consents" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'consents_text_id_71b68eaa_fk_consent_texts_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'consents')))
        AND NOT is_retired('constraint', 'consents.consents_text_id_71b68eaa_fk_consent_texts_id')
    THEN
        ALTER TABLE "consents" ADD CONSTRAINT "consents_text_id_71b68eaa_fk_consent_texts_id" FOREIGN KEY ("text_id") REFERENCES "consent_texts" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'consents_text_id_71b68eaa')) IS NULL
        AND NOT is_retired('index', 'consents.consents_text_id_71b68eaa')
    THEN
        CREATE INDEX "consents_text_id_71b68eaa" ON "consents" ("text_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'consent_one_current')) IS NULL
        AND NOT is_retired('index', 'consents.consent_one_current')
    THEN
        CREATE UNIQUE INDEX "consent_one_current" ON "consents" ("patient_id", "text_id") WHERE "withdrawn_at" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'coverages_insurer_id_52ec0b05_fk_insurers_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'coverages')))
        AND NOT is_retired('constraint', 'coverages.coverages_insurer_id_52ec0b05_fk_insurers_id')
    THEN
        ALTER TABLE "coverages" ADD CONSTRAINT "coverages_insurer_id_52ec0b05_fk_insurers_id" FOREIGN KEY ("insurer_id") REFERENCES "insurers" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'coverages_insurer_id_52ec0b05')) IS NULL
        AND NOT is_retired('index', 'coverages.coverages_insurer_id_52ec0b05')
    THEN
        CREATE INDEX "coverages_insurer_id_52ec0b05" ON "coverages" ("insurer_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'coverages_professional_id_28722d48_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'coverages')))
        AND NOT is_retired('constraint', 'coverages.coverages_professional_id_28722d48_fk_professionals_id')
    THEN
        ALTER TABLE "coverages" ADD CONSTRAINT "coverages_professional_id_28722d48_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'coverages_professional_id_28722d48')) IS NULL
        AND NOT is_retired('index', 'coverages.coverages_professional_id_28722d48')
    THEN
        CREATE INDEX "coverages_professional_id_28722d48" ON "coverages" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'coverages_treatment_id_5a1b6b9f_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'coverages')))
        AND NOT is_retired('constraint', 'coverages.coverages_treatment_id_5a1b6b9f_fk_treatments_id')
    THEN
        ALTER TABLE "coverages" ADD CONSTRAINT "coverages_treatment_id_5a1b6b9f_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'coverages_treatment_id_5a1b6b9f')) IS NULL
        AND NOT is_retired('index', 'coverages.coverages_treatment_id_5a1b6b9f')
    THEN
        CREATE INDEX "coverages_treatment_id_5a1b6b9f" ON "coverages" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'coverages_plan_id_744bfcf9_fk_insurer_plans_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'coverages')))
        AND NOT is_retired('constraint', 'coverages.coverages_plan_id_744bfcf9_fk_insurer_plans_id')
    THEN
        ALTER TABLE "coverages" ADD CONSTRAINT "coverages_plan_id_744bfcf9_fk_insurer_plans_id" FOREIGN KEY ("plan_id") REFERENCES "insurer_plans" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'coverages_plan_id_744bfcf9')) IS NULL
        AND NOT is_retired('index', 'coverages.coverages_plan_id_744bfcf9')
    THEN
        CREATE INDEX "coverages_plan_id_744bfcf9" ON "coverages" ("plan_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'insurer_plans_insurer_id_592b0819_fk_insurers_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'insurer_plans')))
        AND NOT is_retired('constraint', 'insurer_plans.insurer_plans_insurer_id_592b0819_fk_insurers_id')
    THEN
        ALTER TABLE "insurer_plans" ADD CONSTRAINT "insurer_plans_insurer_id_592b0819_fk_insurers_id" FOREIGN KEY ("insurer_id") REFERENCES "insurers" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'insurer_plans_insurer_id_592b0819')) IS NULL
        AND NOT is_retired('index', 'insurer_plans.insurer_plans_insurer_id_592b0819')
    THEN
        CREATE INDEX "insurer_plans_insurer_id_592b0819" ON "insurer_plans" ("insurer_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'move_requests_appointment_id_f4376d33_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'move_requests')))
        AND NOT is_retired('constraint', 'move_requests.move_requests_appointment_id_f4376d33_fk_appointments_id')
    THEN
        ALTER TABLE "move_requests" ADD CONSTRAINT "move_requests_appointment_id_f4376d33_fk_appointments_id" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'move_requests_appointment_id_f4376d33')) IS NULL
        AND NOT is_retired('index', 'move_requests.move_requests_appointment_id_f4376d33')
    THEN
        CREATE INDEX "move_requests_appointment_id_f4376d33" ON "move_requests" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'move_by_cause')) IS NULL
        AND NOT is_retired('index', 'move_requests.move_by_cause')
    THEN
        CREATE INDEX "move_by_cause" ON "move_requests" ("cause_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'move_one_open')) IS NULL
        AND NOT is_retired('index', 'move_requests.move_one_open')
    THEN
        CREATE UNIQUE INDEX "move_one_open" ON "move_requests" ("appointment_id") WHERE "settled" = '';
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'plan_items_appointment_id_d0f71716_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'plan_items')))
        AND NOT is_retired('constraint', 'plan_items.plan_items_appointment_id_d0f71716_fk_appointments_id')
    THEN
        ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_appointment_id_d0f71716_fk_appointments_id" FOREIGN KEY ("appointment_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_items_appointment_id_d0f71716')) IS NULL
        AND NOT is_retired('index', 'plan_items.plan_items_appointment_id_d0f71716')
    THEN
        CREATE INDEX "plan_items_appointment_id_d0f71716" ON "plan_items" ("appointment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'plan_items_treatment_id_62147bb4_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'plan_items')))
        AND NOT is_retired('constraint', 'plan_items.plan_items_treatment_id_62147bb4_fk_treatments_id')
    THEN
        ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_treatment_id_62147bb4_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_items_treatment_id_62147bb4')) IS NULL
        AND NOT is_retired('index', 'plan_items.plan_items_treatment_id_62147bb4')
    THEN
        CREATE INDEX "plan_items_treatment_id_62147bb4" ON "plan_items" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'plan_items_plan_id_e5fc28ac_fk_treatment_plans_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'plan_items')))
        AND NOT is_retired('constraint', 'plan_items.plan_items_plan_id_e5fc28ac_fk_treatment_plans_id')
    THEN
        ALTER TABLE "plan_items" ADD CONSTRAINT "plan_items_plan_id_e5fc28ac_fk_treatment_plans_id" FOREIGN KEY ("plan_id") REFERENCES "treatment_plans" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_items_plan_id_e5fc28ac')) IS NULL
        AND NOT is_retired('index', 'plan_items.plan_items_plan_id_e5fc28ac')
    THEN
        CREATE INDEX "plan_items_plan_id_e5fc28ac" ON "plan_items" ("plan_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_item_of_appointment')) IS NULL
        AND NOT is_retired('index', 'plan_items.plan_item_of_appointment')
    THEN
        CREATE INDEX "plan_item_of_appointment" ON "plan_items" ("appointment_id") WHERE NOT ("appointment_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'privacy_requests_patient_id_09a2c1bc_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'privacy_requests')))
        AND NOT is_retired('constraint', 'privacy_requests.privacy_requests_patient_id_09a2c1bc_fk_patients_id')
    THEN
        ALTER TABLE "privacy_requests" ADD CONSTRAINT "privacy_requests_patient_id_09a2c1bc_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'privacy_requests_patient_id_09a2c1bc')) IS NULL
        AND NOT is_retired('index', 'privacy_requests.privacy_requests_patient_id_09a2c1bc')
    THEN
        CREATE INDEX "privacy_requests_patient_id_09a2c1bc" ON "privacy_requests" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'privacy_request_due')) IS NULL
        AND NOT is_retired('index', 'privacy_requests.privacy_request_due')
    THEN
        CREATE INDEX "privacy_request_due" ON "privacy_requests" ("due_on");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'record_attachments_record_id_62e28781_fk_clinical_records_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'record_attachments')))
        AND NOT is_retired('constraint', 'record_attachments.record_attachments_record_id_62e28781_fk_clinical_records_id')
    THEN
        ALTER TABLE "record_attachments" ADD CONSTRAINT "record_attachments_record_id_62e28781_fk_clinical_records_id" FOREIGN KEY ("record_id") REFERENCES "clinical_records" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_attachments_record_id_62e28781')) IS NULL
        AND NOT is_retired('index', 'record_attachments.record_attachments_record_id_62e28781')
    THEN
        CREATE INDEX "record_attachments_record_id_62e28781" ON "record_attachments" ("record_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'record_reads_patient_id_6d58a927_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'record_reads')))
        AND NOT is_retired('constraint', 'record_reads.record_reads_patient_id_6d58a927_fk_patients_id')
    THEN
        ALTER TABLE "record_reads" ADD CONSTRAINT "record_reads_patient_id_6d58a927_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_reads_patient_id_6d58a927')) IS NULL
        AND NOT is_retired('index', 'record_reads.record_reads_patient_id_6d58a927')
    THEN
        CREATE INDEX "record_reads_patient_id_6d58a927" ON "record_reads" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'record_reads_record_id_05acc295_fk_clinical_records_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'record_reads')))
        AND NOT is_retired('constraint', 'record_reads.record_reads_record_id_05acc295_fk_clinical_records_id')
    THEN
        ALTER TABLE "record_reads" ADD CONSTRAINT "record_reads_record_id_05acc295_fk_clinical_records_id" FOREIGN KEY ("record_id") REFERENCES "clinical_records" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_reads_record_id_05acc295')) IS NULL
        AND NOT is_retired('index', 'record_reads.record_reads_record_id_05acc295')
    THEN
        CREATE INDEX "record_reads_record_id_05acc295" ON "record_reads" ("record_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'record_read_of_patient')) IS NULL
        AND NOT is_retired('index', 'record_reads.record_read_of_patient')
    THEN
        CREATE INDEX "record_read_of_patient" ON "record_reads" ("patient_id", "at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'treatment_plans_patient_id_21c2253b_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'treatment_plans')))
        AND NOT is_retired('constraint', 'treatment_plans.treatment_plans_patient_id_21c2253b_fk_patients_id')
    THEN
        ALTER TABLE "treatment_plans" ADD CONSTRAINT "treatment_plans_patient_id_21c2253b_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatment_plans_patient_id_21c2253b')) IS NULL
        AND NOT is_retired('index', 'treatment_plans.treatment_plans_patient_id_21c2253b')
    THEN
        CREATE INDEX "treatment_plans_patient_id_21c2253b" ON "treatment_plans" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'treatment_plans_professional_id_09b50caa_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'treatment_plans')))
        AND NOT is_retired('constraint', 'treatment_plans.treatment_plans_professional_id_09b50caa_fk_professionals_id')
    THEN
        ALTER TABLE "treatment_plans" ADD CONSTRAINT "treatment_plans_professional_id_09b50caa_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'treatment_plans_professional_id_09b50caa')) IS NULL
        AND NOT is_retired('index', 'treatment_plans.treatment_plans_professional_id_09b50caa')
    THEN
        CREATE INDEX "treatment_plans_professional_id_09b50caa" ON "treatment_plans" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_of_patient')) IS NULL
        AND NOT is_retired('index', 'treatment_plans.plan_of_patient')
    THEN
        CREATE INDEX "plan_of_patient" ON "treatment_plans" ("patient_id", "created_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'plan_by_status')) IS NULL
        AND NOT is_retired('index', 'treatment_plans.plan_by_status')
    THEN
        CREATE INDEX "plan_by_status" ON "treatment_plans" ("status", "created_at");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'waiting_list_booked_id_1d58e8a9_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'waiting_list')))
        AND NOT is_retired('constraint', 'waiting_list.waiting_list_booked_id_1d58e8a9_fk_appointments_id')
    THEN
        ALTER TABLE "waiting_list" ADD CONSTRAINT "waiting_list_booked_id_1d58e8a9_fk_appointments_id" FOREIGN KEY ("booked_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list_booked_id_1d58e8a9')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_list_booked_id_1d58e8a9')
    THEN
        CREATE INDEX "waiting_list_booked_id_1d58e8a9" ON "waiting_list" ("booked_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'waiting_list_instead_of_id_849d81f4_fk_appointments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'waiting_list')))
        AND NOT is_retired('constraint', 'waiting_list.waiting_list_instead_of_id_849d81f4_fk_appointments_id')
    THEN
        ALTER TABLE "waiting_list" ADD CONSTRAINT "waiting_list_instead_of_id_849d81f4_fk_appointments_id" FOREIGN KEY ("instead_of_id") REFERENCES "appointments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list_instead_of_id_849d81f4')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_list_instead_of_id_849d81f4')
    THEN
        CREATE INDEX "waiting_list_instead_of_id_849d81f4" ON "waiting_list" ("instead_of_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'waiting_list_patient_id_f5befdda_fk_patients_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'waiting_list')))
        AND NOT is_retired('constraint', 'waiting_list.waiting_list_patient_id_f5befdda_fk_patients_id')
    THEN
        ALTER TABLE "waiting_list" ADD CONSTRAINT "waiting_list_patient_id_f5befdda_fk_patients_id" FOREIGN KEY ("patient_id") REFERENCES "patients" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list_patient_id_f5befdda')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_list_patient_id_f5befdda')
    THEN
        CREATE INDEX "waiting_list_patient_id_f5befdda" ON "waiting_list" ("patient_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'waiting_list_professional_id_f87165fb_fk_professionals_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'waiting_list')))
        AND NOT is_retired('constraint', 'waiting_list.waiting_list_professional_id_f87165fb_fk_professionals_id')
    THEN
        ALTER TABLE "waiting_list" ADD CONSTRAINT "waiting_list_professional_id_f87165fb_fk_professionals_id" FOREIGN KEY ("professional_id") REFERENCES "professionals" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list_professional_id_f87165fb')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_list_professional_id_f87165fb')
    THEN
        CREATE INDEX "waiting_list_professional_id_f87165fb" ON "waiting_list" ("professional_id");
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'waiting_list_treatment_id_e39daea2_fk_treatments_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'waiting_list')))
        AND NOT is_retired('constraint', 'waiting_list.waiting_list_treatment_id_e39daea2_fk_treatments_id')
    THEN
        ALTER TABLE "waiting_list" ADD CONSTRAINT "waiting_list_treatment_id_e39daea2_fk_treatments_id" FOREIGN KEY ("treatment_id") REFERENCES "treatments" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_list_treatment_id_e39daea2')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_list_treatment_id_e39daea2')
    THEN
        CREATE INDEX "waiting_list_treatment_id_e39daea2" ON "waiting_list" ("treatment_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_in_order')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_in_order')
    THEN
        CREATE INDEX "waiting_in_order" ON "waiting_list" ("created_at", "id") WHERE "status" IN ('waiting', 'offered');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'waiting_once')) IS NULL
        AND NOT is_retired('index', 'waiting_list.waiting_once')
    THEN
        CREATE UNIQUE INDEX "waiting_once" ON "waiting_list" ("patient_id", "treatment_id") WHERE "status" IN ('waiting', 'offered');
    END IF;
END $$;
