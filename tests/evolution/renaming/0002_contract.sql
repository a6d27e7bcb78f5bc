-- Contract: `chairs.name` goes, when no running code reads or writes it.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'keep_chair_label' AND tgrelid = to_regclass(format('%I.%I', current_schema(), 'chairs')))
        AND NOT is_retired('trigger', 'chairs.keep_chair_label')
    THEN
        DROP TRIGGER keep_chair_label ON "chairs";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('trigger', 'chairs.keep_chair_label') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'chair_name_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'chairs')))
        AND NOT is_retired('constraint', 'chairs.chair_name_once')
    THEN
        ALTER TABLE "chairs" DROP CONSTRAINT "chair_name_once";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('constraint', 'chairs.chair_name_once') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'chairs' AND column_name = 'name')
        AND NOT is_retired('column', 'chairs.name')
    THEN
        ALTER TABLE "chairs" DROP COLUMN "name";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('column', 'chairs.name') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_proc WHERE proname = 'keep_chair_label' AND pronamespace = current_schema()::regnamespace) THEN
        DROP FUNCTION keep_chair_label();
    END IF;
END $$;
