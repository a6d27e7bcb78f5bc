-- Turns.

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'turns')) IS NULL
        AND NOT is_retired('table', 'turns')
    THEN
        CREATE TABLE "turns" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "conversation_id" uuid NOT NULL,
            "turn_no" bigint NOT NULL,
            "prompt_version" varchar(40) NOT NULL,
            "model" varchar(80) NOT NULL,
            "outcome" varchar(12) NOT NULL,
            "reply" text NOT NULL,
            "error" varchar(80) NOT NULL,
            "prompt_tokens" integer NOT NULL,
            "completion_tokens" integer NOT NULL,
            "started_at" timestamp with time zone NOT NULL,
            "finished_at" timestamp with time zone NULL,
            CONSTRAINT "turn_once" UNIQUE ("conversation_id", "turn_no"),
            CONSTRAINT "turn_outcome_known" CHECK ("outcome" IN ('running', 'answered', 'stale', 'handed_off', 'failed'))
        );
        PERFORM stamp_tenant('turns');
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'turn_steps')) IS NULL
        AND NOT is_retired('table', 'turn_steps')
    THEN
        CREATE TABLE "turn_steps" (
            "id" uuid NOT NULL PRIMARY KEY,
            "tenant_id" uuid NOT NULL,
            "position" integer NOT NULL,
            "kind" varchar(8) NOT NULL,
            "content" jsonb NOT NULL,
            "milliseconds" integer NOT NULL,
            "at" timestamp with time zone NOT NULL,
            "turn_id" uuid NOT NULL,
            CONSTRAINT "turn_step_once" UNIQUE ("turn_id", "position"),
            CONSTRAINT "turn_step_kind_known" CHECK ("kind" IN ('model', 'tool'))
        );
        PERFORM stamp_tenant('turn_steps');
    END IF;
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'turn_steps_turn_id_57d4ae9b_fk_turns_id' AND conrelid = to_regclass(format('%I.%I', current_schema(), 'turn_steps')))
        AND NOT is_retired('constraint', 'turn_steps.turn_steps_turn_id_57d4ae9b_fk_turns_id')
    THEN
        ALTER TABLE "turn_steps" ADD CONSTRAINT "turn_steps_turn_id_57d4ae9b_fk_turns_id" FOREIGN KEY ("turn_id") REFERENCES "turns" ("id") DEFERRABLE INITIALLY DEFERRED;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass(format('%I.%I', current_schema(), 'turn_steps_turn_id_57d4ae9b')) IS NULL
        AND NOT is_retired('index', 'turn_steps.turn_steps_turn_id_57d4ae9b')
    THEN
        CREATE INDEX "turn_steps_turn_id_57d4ae9b" ON "turn_steps" ("turn_id");
    END IF;
END $$;
