-- Gatekeeper.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'memberships' AND column_name = 'ceos_told_at') THEN
        ALTER TABLE "memberships" ADD COLUMN "ceos_told_at" timestamp with time zone NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'memberships' AND column_name = 'omega_at') THEN
        ALTER TABLE "memberships" ADD COLUMN "omega_at" timestamp with time zone NULL;
    END IF;
END $$;
