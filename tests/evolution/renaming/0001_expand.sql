-- Expand: `chairs.label` beside `chairs.name`; whoever writes one of them writes both.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'chairs' AND column_name = 'label')
        AND NOT is_retired('column', 'chairs.label')
    THEN
        ALTER TABLE "chairs" ADD COLUMN "label" varchar(60) NULL;
    END IF;
END $$;

-- A new row brings one of the two. In a change the one that differs wins; the new one if both do.
CREATE OR REPLACE FUNCTION keep_chair_label() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.label := coalesce(NEW.label, NEW.name);
        NEW.name := NEW.label;
    ELSIF NEW.label IS DISTINCT FROM OLD.label THEN
        NEW.name := NEW.label;
    ELSE
        NEW.label := NEW.name;
    END IF;
    RETURN NEW;
END $body$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'keep_chair_label' AND tgrelid = to_regclass(format('%I.%I', current_schema(), 'chairs')))
        AND NOT is_retired('trigger', 'chairs.keep_chair_label')
    THEN
        CREATE TRIGGER keep_chair_label BEFORE INSERT OR UPDATE ON "chairs"
            FOR EACH ROW EXECUTE FUNCTION keep_chair_label();
        -- What was there before. A table of millions gets this in batches, in a patch between.
        UPDATE "chairs" SET "label" = "name"
        WHERE "tenant_id" = current_setting('dentalogic.tenant_id')::uuid AND "label" IS NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'chairs' AND column_name = 'label' AND is_nullable = 'YES')
        AND NOT is_retired('null', 'chairs.label NULL')
    THEN
        ALTER TABLE "chairs" ALTER COLUMN "label" SET NOT NULL;
    END IF;
    INSERT INTO retired (kind, name) VALUES ('null', 'chairs.label NULL') ON CONFLICT DO NOTHING;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'chair_label_once' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'chairs')))
        AND NOT is_retired('constraint', 'chairs.chair_label_once')
    THEN
        ALTER TABLE "chairs" ADD CONSTRAINT "chair_label_once" UNIQUE ("label");
    END IF;
END $$;
