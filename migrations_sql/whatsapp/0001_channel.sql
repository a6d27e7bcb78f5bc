-- Channel.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'conversations')) IS NULL
        AND NOT is_retired('table', 'conversations')
    THEN
        CREATE TABLE "conversations" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "line_id" uuid NOT NULL,
            "language" varchar(5) NOT NULL,
            "last_inbound_at" timestamp with time zone NULL,
            "last_message_at" timestamp with time zone NULL,
            "burst_began_at" timestamp with time zone NULL,
            "answer_due_at" timestamp with time zone NULL,
            "turn_no" bigint NOT NULL,
            "turn_leased_until" timestamp with time zone NULL,
            "open_turn_no" bigint NULL,
            "open_turn_upto" bigint NULL,
            "human_until" timestamp with time zone NULL,
            "handoff_reason" varchar(200) NOT NULL,
            "failures" integer NOT NULL,
            "unread" integer NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "identity_id" uuid NOT NULL,
            CONSTRAINT "conversation_once" UNIQUE ("identity_id", "line_id"),
            CONSTRAINT "conversation_burst_whole" CHECK ((("answer_due_at" IS NULL AND "burst_began_at" IS NULL) OR ("answer_due_at" IS NOT NULL AND "burst_began_at" IS NOT NULL))),
            CONSTRAINT "conversation_open_turn_whole" CHECK ((("open_turn_no" IS NULL AND "open_turn_upto" IS NULL) OR ("open_turn_no" IS NOT NULL AND "open_turn_upto" IS NOT NULL)))
        );
        PERFORM stamp_tenant('conversations');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'inbox_items')) IS NULL
        AND NOT is_retired('table', 'inbox_items')
    THEN
        CREATE TABLE "inbox_items" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "provider" varchar(10) NOT NULL,
            "external_id" varchar(40) NOT NULL,
            "item_id" varchar(200) NOT NULL,
            "kind" varchar(12) NOT NULL,
            "body" jsonb NOT NULL,
            "received_at" timestamp with time zone NOT NULL,
            "ingested_at" timestamp with time zone NULL,
            "failed_at" timestamp with time zone NULL,
            "error" varchar(80) NOT NULL,
            CONSTRAINT "inbox_item_once" UNIQUE ("provider", "external_id", "item_id")
        );
        PERFORM stamp_tenant('inbox_items');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'messages')) IS NULL
        AND NOT is_retired('table', 'messages')
    THEN
        CREATE TABLE "messages" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "position" bigint NOT NULL,
            "author" varchar(8) NOT NULL,
            "kind" varchar(12) NOT NULL,
            "text" text NOT NULL,
            "provider_id" varchar(200) NULL,
            "sent_at" timestamp with time zone NOT NULL,
            "created_at" timestamp with time zone NOT NULL,
            "turn_id" uuid NULL,
            "status" varchar(12) NULL,
            "error" varchar(80) NOT NULL,
            "attempts" integer NOT NULL,
            "attempted_at" timestamp with time zone NULL,
            "conversation_id" uuid NOT NULL,
            CONSTRAINT "message_position_once" UNIQUE ("conversation_id", "position"),
            CONSTRAINT "message_author_known" CHECK ("author" IN ('patient', 'agent', 'staff')),
            CONSTRAINT "message_status_of_outgoing" CHECK ((("author" = 'patient' AND "status" IS NULL) OR (NOT ("author" = 'patient') AND "status" IN ('queued', 'sending', 'maybe_sent', 'sent', 'delivered', 'read', 'failed', 'dropped'))))
        );
        PERFORM stamp_tenant('messages');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'conversations_identity_id_6669ef02_fk_channel_identities_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'conversations')))
        AND NOT is_retired('constraint', 'conversations.conversations_identity_id_6669ef02_fk_channel_identities_id')
    THEN
        ALTER TABLE "conversations" ADD CONSTRAINT "conversations_identity_id_6669ef02_fk_channel_identities_id" FOREIGN KEY ("identity_id") REFERENCES "channel_identities" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'conversations_identity_id_6669ef02')) IS NULL
        AND NOT is_retired('index', 'conversations.conversations_identity_id_6669ef02')
    THEN
        CREATE INDEX "conversations_identity_id_6669ef02" ON "conversations" ("identity_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'conversation_recent')) IS NULL
        AND NOT is_retired('index', 'conversations.conversation_recent')
    THEN
        CREATE INDEX "conversation_recent" ON "conversations" ("last_message_at");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'inbox_waiting')) IS NULL
        AND NOT is_retired('index', 'inbox_items.inbox_waiting')
    THEN
        CREATE INDEX "inbox_waiting" ON "inbox_items" ("received_at", "id") WHERE ("failed_at" IS NULL AND "ingested_at" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'messages_conversation_id_5ef638db_fk_conversations_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'messages')))
        AND NOT is_retired('constraint', 'messages.messages_conversation_id_5ef638db_fk_conversations_id')
    THEN
        ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_5ef638db_fk_conversations_id" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'messages_conversation_id_5ef638db')) IS NULL
        AND NOT is_retired('index', 'messages.messages_conversation_id_5ef638db')
    THEN
        CREATE INDEX "messages_conversation_id_5ef638db" ON "messages" ("conversation_id");
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'message_unanswered')) IS NULL
        AND NOT is_retired('index', 'messages.message_unanswered')
    THEN
        CREATE INDEX "message_unanswered" ON "messages" ("conversation_id", "position") WHERE ("author" = 'patient' AND "turn_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'message_underway')) IS NULL
        AND NOT is_retired('index', 'messages.message_underway')
    THEN
        CREATE INDEX "message_underway" ON "messages" ("conversation_id", "position") WHERE "status" IN ('queued', 'sending', 'maybe_sent');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'message_by_provider_id')) IS NULL
        AND NOT is_retired('index', 'messages.message_by_provider_id')
    THEN
        CREATE INDEX "message_by_provider_id" ON "messages" ("provider_id") WHERE NOT ("provider_id" IS NULL);
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'message_provider_id_once')) IS NULL
        AND NOT is_retired('index', 'messages.message_provider_id_once')
    THEN
        CREATE UNIQUE INDEX "message_provider_id_once" ON "messages" ("conversation_id", "provider_id") WHERE NOT ("provider_id" IS NULL);
    END IF;
END $$;
