-- Contract: staff.

DO $$
BEGIN
    IF NOT is_retired('default', 'daily_cash_flow.cash_out DEFAULT 0.00') THEN
        IF (SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', current_schema(), 'daily_cash_flow')) AND attname = 'cash_out' AND NOT attisdropped) IS NOT TRUE THEN
            RAISE EXCEPTION USING MESSAGE = 'the default of daily_cash_flow.cash_out is not what the patches made: changed by hand?';
        END IF;
        ALTER TABLE "daily_cash_flow" ALTER COLUMN "cash_out" DROP DEFAULT;
        INSERT INTO retired (kind, name) VALUES ('default', 'daily_cash_flow.cash_out DEFAULT 0.00') ON CONFLICT DO NOTHING;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT is_retired('default', 'daily_cash_flow.refunds DEFAULT 0.00') THEN
        IF (SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', current_schema(), 'daily_cash_flow')) AND attname = 'refunds' AND NOT attisdropped) IS NOT TRUE THEN
            RAISE EXCEPTION USING MESSAGE = 'the default of daily_cash_flow.refunds is not what the patches made: changed by hand?';
        END IF;
        ALTER TABLE "daily_cash_flow" ALTER COLUMN "refunds" DROP DEFAULT;
        INSERT INTO retired (kind, name) VALUES ('default', 'daily_cash_flow.refunds DEFAULT 0.00') ON CONFLICT DO NOTHING;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT is_retired('default', 'appointments.authorisation_number DEFAULT ''''') THEN
        IF (SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', current_schema(), 'appointments')) AND attname = 'authorisation_number' AND NOT attisdropped) IS NOT TRUE THEN
            RAISE EXCEPTION USING MESSAGE = 'the default of appointments.authorisation_number is not what the patches made: changed by hand?';
        END IF;
        ALTER TABLE "appointments" ALTER COLUMN "authorisation_number" DROP DEFAULT;
        INSERT INTO retired (kind, name) VALUES ('default', 'appointments.authorisation_number DEFAULT ''''') ON CONFLICT DO NOTHING;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT is_retired('default', 'accounting_transactions.late_reason DEFAULT ''''') THEN
        IF (SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', current_schema(), 'accounting_transactions')) AND attname = 'late_reason' AND NOT attisdropped) IS NOT TRUE THEN
            RAISE EXCEPTION USING MESSAGE = 'the default of accounting_transactions.late_reason is not what the patches made: changed by hand?';
        END IF;
        ALTER TABLE "accounting_transactions" ALTER COLUMN "late_reason" DROP DEFAULT;
        INSERT INTO retired (kind, name) VALUES ('default', 'accounting_transactions.late_reason DEFAULT ''''') ON CONFLICT DO NOTHING;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT is_retired('default', 'clinical_records.signed_as DEFAULT ''''') THEN
        IF (SELECT atthasdef FROM pg_attribute WHERE attrelid = to_regclass(format('%I.%I', current_schema(), 'clinical_records')) AND attname = 'signed_as' AND NOT attisdropped) IS NOT TRUE THEN
            RAISE EXCEPTION USING MESSAGE = 'the default of clinical_records.signed_as is not what the patches made: changed by hand?';
        END IF;
        ALTER TABLE "clinical_records" ALTER COLUMN "signed_as" DROP DEFAULT;
        INSERT INTO retired (kind, name) VALUES ('default', 'clinical_records.signed_as DEFAULT ''''') ON CONFLICT DO NOTHING;
    END IF;
END $$;
