-- Which turn was begun and not finished, and when a message was last tried.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'conversations' AND column_name = 'open_turn_no') THEN
        ALTER TABLE "conversations" ADD COLUMN "open_turn_no" bigint NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'conversations' AND column_name = 'open_turn_upto') THEN
        ALTER TABLE "conversations" ADD COLUMN "open_turn_upto" bigint NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'messages' AND column_name = 'attempted_at') THEN
        ALTER TABLE "messages" ADD COLUMN "attempted_at" timestamp with time zone NULL;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'message_underway')) IS NULL THEN
        CREATE INDEX "message_underway" ON "messages" ("conversation_id", "position") WHERE "status" IN ('queued', 'sending', 'maybe_sent');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'conversation_open_turn_whole' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'conversations'))) THEN
        ALTER TABLE "conversations" ADD CONSTRAINT "conversation_open_turn_whole" CHECK ((("open_turn_no" IS NULL AND "open_turn_upto" IS NULL) OR ("open_turn_no" IS NOT NULL AND "open_turn_upto" IS NOT NULL)));
    END IF;
END $$;
