-- Pauses.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'login_pauses')) IS NULL
        AND NOT is_retired('table', 'login_pauses')
    THEN
        CREATE TABLE "login_pauses" (
            "key" varchar(64) NOT NULL PRIMARY KEY,
            "failures" integer NOT NULL,
            "failed_at" timestamp with time zone NOT NULL,
            "wait_until" timestamp with time zone NOT NULL
        );
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'clinics' AND column_name = 'drop_after')
        AND NOT is_retired('column', 'clinics.drop_after')
    THEN
        ALTER TABLE "clinics" ADD COLUMN "drop_after" date NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'clinics' AND column_name = 'frozen_at')
        AND NOT is_retired('column', 'clinics.frozen_at')
    THEN
        ALTER TABLE "clinics" ADD COLUMN "frozen_at" timestamp with time zone NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'login_pauses_key_32134d0e_like')) IS NULL
        AND NOT is_retired('index', 'login_pauses.login_pauses_key_32134d0e_like')
    THEN
        CREATE INDEX "login_pauses_key_32134d0e_like" ON "login_pauses" ("key" varchar_pattern_ops);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'login_pause_age')) IS NULL
        AND NOT is_retired('index', 'login_pauses.login_pause_age')
    THEN
        CREATE INDEX "login_pause_age" ON "login_pauses" ("failed_at");
    END IF;
END $$;
