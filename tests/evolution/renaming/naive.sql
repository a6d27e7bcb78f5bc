-- Contract: what not to do. From one statement to the next the old code finds no `name`.

DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'chairs' AND column_name = 'name')
        AND NOT is_retired('column', 'chairs.name')
    THEN
        ALTER TABLE "chairs" RENAME COLUMN "name" TO "label";
    END IF;
    INSERT INTO retired (kind, name) VALUES ('column', 'chairs.name') ON CONFLICT DO NOTHING;
END $$;
