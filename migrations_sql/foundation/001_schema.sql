-- The schema of a clinic: all patches together. Made by `manage.py makefoundation`.
-- fingerprint a938ea213be62fc260ee3643536839b5821407c4a7ec28bf99df6d8d88eb949d
-- step clinics.0001_rules b6d403f8a8a0d1993c46103099853eb8e765aa713e4e1e46db7d14d5b18619eb
-- step agent.0001_turns c47c93d0f7e09a44a7c097da4456285d346df25cb7fc44a8c5f3fc806b636251
-- step clinics.0002_tables bcf3d399d385c3349343cee5a37c5812f5d86fccd39f12810c3930dd5542812e
-- step clinics.0003_immutable 7bb3a817f600c2b160e178c4f76d525dca5473e02ec80dd51d15442d8563c9e5
-- step clinics.0004_agenda_read f1242c7dde9a9c6e727f68381fafd173c5f4f995ceedb6fa2ca1e051d28da4bf
-- step whatsapp.0001_channel fa35daa88869b15b0f0f91faf35da0ccd0fc2421495d8558f82f523e4e3c4056
-- step clinics.0005_staff 9a3164aa194b0cefbd2de51ccb1a0af066507fd21f0775d0ddabd41f78e1f4b9
-- step clinics.0006_staff_contract e0209924a765ad2a18dce9e1715e36a7d65c10047cc854e15578078761fbb36e
-- step clinics.0007_audit 107c6ed9281ebcd664b060bd9454c7933337eea7588b8332cb8fa24d7e5b8d92
-- step clinics.0008_record_heads 48ec21050a9e3b07e310ff1575e985aa8b16a9789db6a36865f7f0f77cee1a99
-- step clinics.0009_immutable_more f748a87c0cc35ad8a59f27f3301e623a6587fa0040d0cbcb7e68ddb62a7fa6ac
-- step clinics.0010_phone_parts 426fcb599d4d106f4e44a07ef74dd2d729e8dfa77326a7167e6598fb05bf6db9

CREATE FUNCTION agenda_rows(tenant uuid, wanted_treatment uuid, wanted_professionals uuid[], from_second bigint, to_second bigint, now_second double precision, own_conversation uuid, moved_appointment uuid, with_holds boolean) RETURNS TABLE(kind text, id uuid, a text, b text, c text, d text, starts text, ends text)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
DECLARE
    window_start timestamptz := to_timestamp(from_second);
    window_end timestamptz := to_timestamp(to_second);
    first_start timestamptz := window_start - interval '8 hours';
    business_now timestamptz := to_timestamp(now_second);
    everybody boolean := wanted_professionals IS NULL;
BEGIN
    RETURN QUERY
        SELECT 'clinic', clinic.id, clinic.settings::text, clinic.country::text,
            clinic.calendar_provider::text,
            (
                SELECT string_agg(
                    closure.starts_on || ',' || closure.ends_on || ',' || closure.opens, ';'
                )
                FROM closures closure
                WHERE closure.tenant_id = tenant
                  AND closure.ends_on >= window_start::date - 1
                  AND closure.starts_on <= window_end::date + 1
            ),
            NULL::text, NULL::text
        FROM clinics clinic
        WHERE clinic.id = tenant;

    RETURN QUERY
        SELECT 'chair', chair.id, NULL::text, NULL::text, NULL::text, NULL::text,
            NULL::text, NULL::text
        FROM chairs chair
        WHERE chair.tenant_id = tenant AND chair.is_active
        ORDER BY chair.name;
    -- Whoever needs a chair competes with everybody's patients.
    everybody := everybody OR FOUND;

    RETURN QUERY
        SELECT 'professional', person.id,
            concat_ws(' ', nullif(person.title, ''), person.first_name, person.last_name),
            person.working_hours::text,
            CASE WHEN person.google_calendar_id <> '' OR person.google_read_calendars <> '[]'
                THEN (jsonb_build_array(person.google_calendar_id) || person.google_read_calendars)::text
            END,
            NULL::text, NULL::text, NULL::text
        FROM professionals person
        JOIN professional_treatments offered
          ON offered.tenant_id = tenant
         AND offered.professional_id = person.id
         AND offered.treatment_id = wanted_treatment
        WHERE person.tenant_id = tenant
          AND person.is_active
          AND (wanted_professionals IS NULL OR person.id = ANY (wanted_professionals))
          AND (
              person.user_id IS NULL
              OR EXISTS (
                  SELECT FROM memberships membership
                  JOIN users account ON account.id = membership.user_id
                  WHERE membership.clinic_id = tenant
                    AND membership.user_id = person.user_id
                    AND membership.status = 'active'
                    AND account.is_active
              )
          )
        ORDER BY person.name_key, person.id;

    RETURN QUERY
        SELECT 'busy', taken.professional_id, taken.chair_id::text,
            NULL::text, NULL::text, NULL::text,
            array_agg(date_part('epoch', taken.starts_at)::bigint)::text,
            array_agg(date_part('epoch', taken.ends_at)::bigint)::text
        FROM appointments taken
        WHERE taken.tenant_id = tenant
          AND (everybody OR taken.professional_id = ANY (wanted_professionals))
          AND taken.starts_at < window_end
          AND taken.starts_at > first_start
          AND taken.ends_at > window_start
          AND taken.status NOT IN ('cancelled', 'no_show')
          AND (
              taken.status <> 'held'
              OR (
                  taken.hold_expires_at > business_now
                  AND taken.conversation_id IS DISTINCT FROM own_conversation
              )
          )
          AND taken.id IS DISTINCT FROM moved_appointment
        GROUP BY taken.professional_id, taken.chair_id;

    RETURN QUERY
        SELECT 'away', absence.professional_id, NULL::text, NULL::text, NULL::text, NULL::text,
            array_agg(date_part('epoch', absence.starts_at)::bigint)::text,
            array_agg(date_part('epoch', absence.ends_at)::bigint)::text
        FROM absences absence
        WHERE absence.tenant_id = tenant
          AND absence.starts_at < window_end
          AND absence.ends_at > window_start
        GROUP BY absence.professional_id;

    IF with_holds THEN
        RETURN QUERY
            SELECT 'hold', hold.id, hold.professional_id::text, hold.chair_id::text,
                hold.conversation_id::text,
                date_part('epoch', hold.hold_expires_at)::text,
                date_part('epoch', hold.starts_at)::bigint::text,
                date_part('epoch', hold.ends_at)::bigint::text
            FROM appointments hold
            WHERE hold.tenant_id = tenant
              AND hold.status = 'held'
              AND (
                  hold.conversation_id = own_conversation
                  OR (
                      hold.starts_at < window_end
                      AND hold.starts_at > first_start
                      AND hold.ends_at > window_start
                  )
              );
    END IF;
END $$;

CREATE FUNCTION audit_row() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
DECLARE
    covered text[] := string_to_array(TG_ARGV[0], ',');
    quiet text[] := string_to_array('id,tenant_id,' || TG_ARGV[1], ',');
    was jsonb;
    became jsonb;
    who text := coalesce(nullif(current_setting('dentalogic.actor', true), ''), 'system');
BEGIN
    IF TG_OP = 'INSERT' THEN
        became := jsonb_strip_nulls(to_jsonb(NEW)) - quiet - covered;
    ELSIF TG_OP = 'DELETE' THEN
        was := jsonb_strip_nulls(to_jsonb(OLD)) - quiet - covered;
    ELSE
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NULL;
        END IF;
        SELECT
            jsonb_object_agg(
                key, CASE WHEN key = ANY (covered) THEN '"***"'::jsonb ELSE past.value END),
            jsonb_object_agg(
                key, CASE WHEN key = ANY (covered) THEN '"***"'::jsonb ELSE present.value END)
        INTO was, became
        FROM jsonb_each(to_jsonb(OLD) - quiet) past
        JOIN jsonb_each(to_jsonb(NEW) - quiet) present USING (key)
        WHERE past.value <> present.value;
        IF was IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' AND TG_TABLE_SCHEMA = current_schema() THEN
        INSERT INTO audit_entries
            (id, tenant_id, at, actor, table_name, row_id, action, before, after)
        VALUES (
            gen_random_uuid(), NEW.tenant_id, clock_timestamp(), left(who, 60), TG_TABLE_NAME,
            NEW.id, lower(TG_OP), was, became);
    ELSE
        -- Also where somebody writes to the table by its full name, from elsewhere.
        EXECUTE format(
            'INSERT INTO %I.%I'
            ' (id, tenant_id, at, actor, table_name, row_id, action, before, after)'
            ' VALUES (gen_random_uuid(), $1, clock_timestamp(), $2, $3, $4, $5, $6, $7)',
            TG_TABLE_SCHEMA, 'audit_entries')
        USING coalesce(NEW.tenant_id, OLD.tenant_id), left(who, 60), TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id), lower(TG_OP), was, became;
    END IF;
    RETURN NULL;
END $_$;

CREATE FUNCTION is_retired(asked_kind text, asked_name text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM retired
        WHERE tenant_id = current_setting('dentalogic.tenant_id')::uuid
          AND (
              (kind = asked_kind AND name = asked_name)
              OR (kind = 'table' AND name = split_part(asked_name, '.', 1))
          )
    );
END $$;

CREATE FUNCTION keep_audit_entry() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '10 years' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE'
        AND NEW IS DISTINCT FROM OLD
        AND (NEW.id, NEW.tenant_id, NEW.at, NEW.actor, NEW.table_name, NEW.row_id, NEW.action)
            = (OLD.id, OLD.tenant_id, OLD.at, OLD.actor, OLD.table_name, OLD.row_id, OLD.action)
        AND only_erases(OLD.before, NEW.before)
        AND only_erases(OLD.after, NEW.after)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION keep_record_head() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (NEW.entries = OLD.entries + 1
            -- The same head under another key.
            OR ((NEW.entries, NEW.last_hash) = (OLD.entries, OLD.last_hash)
                AND NEW.seal <> OLD.seal))
        AND (NEW.id, NEW.tenant_id, NEW.patient_id) = (OLD.id, OLD.tenant_id, OLD.patient_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION only_erases(earlier jsonb, later jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    RETURN earlier IS NOT DISTINCT FROM later OR (
        earlier IS NOT NULL AND later IS NOT NULL AND NOT EXISTS (
            SELECT FROM jsonb_each(earlier) past FULL JOIN jsonb_each(later) present USING (key)
            WHERE past.value IS NULL OR present.value IS NULL
                OR (past.value <> present.value AND present.value <> '"[borrado]"')
        )
    );
END $$;

CREATE FUNCTION refuse_booking_over_overbooked() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT NEW.overbooked
        AND NEW.status NOT IN ('cancelled', 'no_show')
        AND EXISTS (
            SELECT FROM appointments other
            WHERE other.tenant_id = NEW.tenant_id
              AND other.professional_id = NEW.professional_id
              AND other.overbooked
              AND other.id <> NEW.id
              AND other.status NOT IN ('cancelled', 'no_show')
              AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
        )
    THEN
        RAISE EXCEPTION 'overlaps an overbooked appointment'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointment_professional_free';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION stamp_tenant(table_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    tenant text := nullif(current_setting('dentalogic.tenant_id', true), '');
    target regclass := to_regclass(format('%I.%I', current_schema(), table_name));
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'dentalogic.tenant_id is not set: patches run through the pipeline';
    END IF;
    IF target IS NULL THEN
        RAISE EXCEPTION 'there is no table % to stamp', table_name;
    END IF;
    -- Asked first: an ALTER that changes nothing still fails over rows that this transaction wrote.
    IF NOT EXISTS (
        SELECT FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        WHERE adrelid = target AND attname = 'tenant_id'
          AND pg_get_expr(adbin, adrelid) = format('%L::uuid', tenant)
    ) THEN
        EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET DEFAULT %L::uuid', target, tenant);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = target AND conname = table_name || '_tenant'
    ) THEN
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT %I CHECK (tenant_id = %L::uuid)',
            target, table_name || '_tenant', tenant
        );
    END IF;
END $$;

CREATE FUNCTION valid_medical_history(history jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE
        WHEN history IS NULL OR jsonb_typeof(history) <> 'object' THEN false
        WHEN history = '{}'::jsonb THEN true
        ELSE jsonb_typeof(history -> 'version') = 'number'
            AND NOT EXISTS (
                SELECT FROM jsonb_object_keys(history) AS present(name)
                WHERE name NOT IN (
                    'version', 'allergies', 'medication', 'conditions', 'pregnancy', 'previous_surgery',
                    'smoking', 'notes', 'updated_at', 'updated_by'
                )
            )
    END
$$;

CREATE FUNCTION valid_working_hours(hours jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
DECLARE
    day text;
    blocks jsonb;
    block jsonb;
    previous_end text;
BEGIN
    IF hours IS NULL OR jsonb_typeof(hours) <> 'object' THEN
        RETURN false;
    END IF;
    FOR day, blocks IN SELECT * FROM jsonb_each(hours) LOOP
        IF day !~ '^[0-6]$' OR jsonb_typeof(blocks) <> 'array' THEN
            RETURN false;
        END IF;
        previous_end := '';
        FOR block IN SELECT * FROM jsonb_array_elements(blocks) LOOP
            IF jsonb_typeof(block) <> 'object'
                OR (SELECT count(*) FROM jsonb_object_keys(block)) <> 2
                OR coalesce(block ->> 'start', '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
                OR coalesce(block ->> 'end', '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
                OR (block ->> 'start') >= (block ->> 'end') COLLATE "C"
                OR (block ->> 'start') < previous_end COLLATE "C"
            THEN
                RETURN false;
            END IF;
            previous_end := block ->> 'end';
        END LOOP;
    END LOOP;
    RETURN true;
END $_$;

CREATE TABLE absences (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    professional_id uuid NOT NULL,
    CONSTRAINT absence_ends_after_start CHECK ((ends_at > starts_at)),
    CONSTRAINT absences_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE accounting_transactions (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    occurred_on date NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by uuid NOT NULL,
    kind character varying(16) NOT NULL,
    method character varying(10) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    description character varying(200) NOT NULL,
    reverses_id uuid,
    appointment_id uuid,
    patient_id uuid,
    insurer_id uuid,
    late_reason character varying(200) NOT NULL,
    plan_id uuid,
    CONSTRAINT accounting_transactions_tenant CHECK ((tenant_id = '{tenant_id}'::uuid)),
    CONSTRAINT transaction_kind_known CHECK (((kind)::text = ANY ((ARRAY['income'::character varying, 'expense'::character varying, 'insurance_claim'::character varying, 'refund'::character varying])::text[]))),
    CONSTRAINT transaction_method_known CHECK (((method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'transfer'::character varying, 'insurer'::character varying])::text[]))),
    CONSTRAINT transaction_sign_matches CHECK ((((amount > (0)::numeric) AND (reverses_id IS NULL)) OR ((amount < (0)::numeric) AND (reverses_id IS NOT NULL))))
);

CREATE TABLE appointment_changes (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(60) NOT NULL,
    from_status character varying(20) NOT NULL,
    to_status character varying(20) NOT NULL,
    reason character varying(200) NOT NULL,
    changed jsonb NOT NULL,
    appointment_id uuid NOT NULL,
    CONSTRAINT appointment_changes_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE appointments (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    status character varying(20) NOT NULL,
    hold_expires_at timestamp with time zone,
    conversation_id uuid,
    source character varying(10) NOT NULL,
    request_key character varying(120),
    notes character varying(500) NOT NULL,
    overbooked boolean NOT NULL,
    overbook_reason character varying(200) NOT NULL,
    cancelled_by character varying(60) NOT NULL,
    cancel_reason character varying(200) NOT NULL,
    google_calendar_id character varying(200) NOT NULL,
    google_calendar_event_id character varying(200) NOT NULL,
    google_generation integer NOT NULL,
    google_synced_version integer NOT NULL,
    google_synced_at timestamp with time zone,
    arrived_at timestamp with time zone,
    seated_at timestamp with time zone,
    completed_at timestamp with time zone,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    chair_id uuid,
    patient_id uuid,
    professional_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    authorisation_number character varying(40) NOT NULL,
    CONSTRAINT appointment_ends_after_start CHECK ((ends_at > starts_at)),
    CONSTRAINT appointment_only_holds_expire CHECK ((((hold_expires_at IS NOT NULL) AND ((status)::text = 'held'::text)) OR ((NOT ((status)::text = 'held'::text)) AND (hold_expires_at IS NULL)))),
    CONSTRAINT appointment_only_holds_lack_a_patient CHECK (((patient_id IS NOT NULL) OR ((status)::text = 'held'::text))),
    CONSTRAINT appointment_overbooked_with_reason CHECK (((NOT overbooked) OR (NOT ((overbook_reason)::text = ''::text)))),
    CONSTRAINT appointment_source_known CHECK (((source)::text = ANY ((ARRAY['agent'::character varying, 'staff'::character varying, 'import'::character varying, 'demo'::character varying])::text[]))),
    CONSTRAINT appointment_status_known CHECK (((status)::text = ANY ((ARRAY['held'::character varying, 'pending_confirmation'::character varying, 'scheduled'::character varying, 'confirmed'::character varying, 'arrived'::character varying, 'in_chair'::character varying, 'completed'::character varying, 'cancelled'::character varying, 'no_show'::character varying])::text[]))),
    CONSTRAINT appointments_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE audit_entries (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(60) NOT NULL,
    table_name character varying(63) NOT NULL,
    row_id uuid NOT NULL,
    action character varying(6) NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT audit_action_known CHECK (((action)::text = ANY ((ARRAY['insert'::character varying, 'update'::character varying, 'delete'::character varying])::text[]))),
    CONSTRAINT audit_entries_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE breaches (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    found_at timestamp with time zone NOT NULL,
    happened_at timestamp with time zone,
    description text NOT NULL,
    affected character varying(300) NOT NULL,
    measures text NOT NULL,
    authority_told_at timestamp with time zone,
    people_told_at timestamp with time zone,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    follows_id uuid,
    CONSTRAINT breaches_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE calendar_states (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    calendar_id character varying(200) NOT NULL,
    trust character varying(10) NOT NULL,
    read_at timestamp with time zone,
    window_from timestamp with time zone,
    window_to timestamp with time zone,
    failed_at timestamp with time zone,
    last_error character varying(80) NOT NULL,
    CONSTRAINT calendar_states_tenant CHECK ((tenant_id = '{tenant_id}'::uuid)),
    CONSTRAINT calendar_trust_known CHECK (((trust)::text = ANY ((ARRAY['live'::character varying, 'delayed'::character varying, 'broken'::character varying])::text[])))
);

CREATE TABLE cash_flow_steps (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    closed boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    by uuid NOT NULL,
    reason character varying(200) NOT NULL,
    net numeric(14,2) NOT NULL,
    counted_cash numeric(14,2),
    difference numeric(14,2),
    cash_flow_id uuid NOT NULL,
    CONSTRAINT cash_flow_step_says_why CHECK ((closed OR (NOT ((reason)::text = ''::text)))),
    CONSTRAINT cash_flow_steps_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE chairs (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    name character varying(60) NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT chairs_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE channel_identities (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    channel character varying(12) NOT NULL,
    raw_id character varying(80) NOT NULL,
    bsuid character varying(80) NOT NULL,
    phone character varying(20),
    send_to character varying(80) NOT NULL,
    profile_name character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    patient_id uuid NOT NULL,
    CONSTRAINT channel_identities_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE clinical_records (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    author_user_id uuid NOT NULL,
    "position" integer NOT NULL,
    kind character varying(12) NOT NULL,
    text text NOT NULL,
    content jsonb NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL,
    addendum_to_id uuid,
    patient_id uuid NOT NULL,
    professional_id uuid NOT NULL,
    appointment_id uuid,
    signed_as character varying(200) NOT NULL,
    CONSTRAINT clinical_record_addendum_names_its_entry CHECK ((((addendum_to_id IS NOT NULL) AND ((kind)::text = 'addendum'::text)) OR ((NOT ((kind)::text = 'addendum'::text)) AND (addendum_to_id IS NULL)))),
    CONSTRAINT clinical_record_kind_known CHECK (((kind)::text = ANY ((ARRAY['evolution'::character varying, 'odontogram'::character varying, 'anamnesis'::character varying, 'addendum'::character varying])::text[]))),
    CONSTRAINT clinical_records_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE closures (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    name character varying(80) NOT NULL,
    opens boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT closure_ends_after_start CHECK ((ends_on >= starts_on)),
    CONSTRAINT closures_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE consent_texts (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    kind character varying(12) NOT NULL,
    text_version integer NOT NULL,
    text text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_by uuid NOT NULL,
    CONSTRAINT consent_text_kind_known CHECK (((kind)::text = ANY ((ARRAY['data'::character varying, 'messaging'::character varying, 'treatment'::character varying, 'images'::character varying])::text[]))),
    CONSTRAINT consent_texts_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE consents (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    given_at timestamp with time zone NOT NULL,
    how character varying(60) NOT NULL,
    message_id uuid,
    recorded_by uuid,
    withdrawn_at timestamp with time zone,
    withdrawn_by uuid,
    patient_id uuid NOT NULL,
    text_id uuid NOT NULL,
    CONSTRAINT consents_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE conversations (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    line_id uuid NOT NULL,
    language character varying(5) NOT NULL,
    last_inbound_at timestamp with time zone,
    last_message_at timestamp with time zone,
    burst_began_at timestamp with time zone,
    answer_due_at timestamp with time zone,
    turn_no bigint NOT NULL,
    turn_leased_until timestamp with time zone,
    open_turn_no bigint,
    open_turn_upto bigint,
    human_until timestamp with time zone,
    handoff_reason character varying(200) NOT NULL,
    failures integer NOT NULL,
    unread integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    identity_id uuid NOT NULL,
    CONSTRAINT conversation_burst_whole CHECK ((((answer_due_at IS NULL) AND (burst_began_at IS NULL)) OR ((answer_due_at IS NOT NULL) AND (burst_began_at IS NOT NULL)))),
    CONSTRAINT conversation_open_turn_whole CHECK ((((open_turn_no IS NULL) AND (open_turn_upto IS NULL)) OR ((open_turn_no IS NOT NULL) AND (open_turn_upto IS NOT NULL)))),
    CONSTRAINT conversations_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE coverages (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    accepted boolean NOT NULL,
    needs_authorisation boolean NOT NULL,
    authorisation_note character varying(300) NOT NULL,
    copay_amount numeric(12,2),
    copay_percent numeric(5,2),
    version integer NOT NULL,
    insurer_id uuid NOT NULL,
    professional_id uuid,
    treatment_id uuid,
    plan_id uuid,
    CONSTRAINT coverage_copay_sane CHECK ((((copay_amount IS NULL) OR (copay_amount >= (0)::numeric)) AND ((copay_percent IS NULL) OR ((copay_percent >= (0)::numeric) AND (copay_percent <= (100)::numeric))))),
    CONSTRAINT coverage_one_copay CHECK (((copay_amount IS NULL) OR (copay_percent IS NULL))),
    CONSTRAINT coverages_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE daily_cash_flow (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    opening numeric(14,2) NOT NULL,
    cash_income numeric(14,2) NOT NULL,
    card_income numeric(14,2) NOT NULL,
    transfer_income numeric(14,2) NOT NULL,
    insurer_income numeric(14,2) NOT NULL,
    expenses numeric(14,2) NOT NULL,
    net numeric(14,2) NOT NULL,
    counted_cash numeric(14,2),
    difference numeric(14,2),
    closed_at timestamp with time zone,
    closed_by uuid,
    reopened_reason character varying(200) NOT NULL,
    version integer NOT NULL,
    cash_out numeric(14,2) NOT NULL,
    refunds numeric(14,2) NOT NULL,
    CONSTRAINT cash_flow_closed_whole CHECK ((((closed_at IS NULL) AND (closed_by IS NULL)) OR ((closed_at IS NOT NULL) AND (closed_by IS NOT NULL) AND (counted_cash IS NOT NULL)))),
    CONSTRAINT daily_cash_flow_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE events (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    number bigint,
    type character varying(30) NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT event_type_known CHECK (((type)::text = ANY ((ARRAY['NEW_APPOINTMENT'::character varying, 'APPOINTMENT_UPDATED'::character varying, 'NEW_MESSAGE'::character varying, 'HUMAN_HANDOFF'::character varying, 'PATIENT_UPDATED'::character varying, 'TRIAGE_RAISED'::character varying, 'CALENDAR_TRUST_CHANGED'::character varying])::text[]))),
    CONSTRAINT events_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE google_calendar_blocks (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    calendar_id character varying(200) NOT NULL,
    event_id character varying(1024) NOT NULL,
    instance character varying(40) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    etag character varying(80) NOT NULL,
    read_at timestamp with time zone NOT NULL,
    CONSTRAINT google_block_ends_after_start CHECK ((ends_at >= starts_at)),
    CONSTRAINT google_calendar_blocks_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE guardians (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    relation character varying(40) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    dependant_id uuid NOT NULL,
    guardian_id uuid NOT NULL,
    CONSTRAINT guardian_of_another CHECK ((NOT (guardian_id = dependant_id))),
    CONSTRAINT guardians_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE inbox_items (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    provider character varying(10) NOT NULL,
    external_id character varying(40) NOT NULL,
    item_id character varying(200) NOT NULL,
    kind character varying(12) NOT NULL,
    body jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    ingested_at timestamp with time zone,
    failed_at timestamp with time zone,
    error character varying(80) NOT NULL,
    CONSTRAINT inbox_items_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE insurer_plans (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    name character varying(80) NOT NULL,
    name_key character varying(200) NOT NULL,
    is_active boolean NOT NULL,
    insurer_id uuid NOT NULL,
    CONSTRAINT insurer_plans_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE insurers (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    name character varying(80) NOT NULL,
    name_key character varying(200) NOT NULL,
    synonyms jsonb NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT insurers_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE messages (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    "position" bigint NOT NULL,
    author character varying(8) NOT NULL,
    kind character varying(12) NOT NULL,
    text text NOT NULL,
    provider_id character varying(200),
    sent_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    turn_id uuid,
    status character varying(12),
    error character varying(80) NOT NULL,
    attempts integer NOT NULL,
    attempted_at timestamp with time zone,
    conversation_id uuid NOT NULL,
    CONSTRAINT message_author_known CHECK (((author)::text = ANY ((ARRAY['patient'::character varying, 'agent'::character varying, 'staff'::character varying])::text[]))),
    CONSTRAINT message_status_of_outgoing CHECK (((((author)::text = 'patient'::text) AND (status IS NULL)) OR ((NOT ((author)::text = 'patient'::text)) AND ((status)::text = ANY ((ARRAY['queued'::character varying, 'sending'::character varying, 'maybe_sent'::character varying, 'sent'::character varying, 'delivered'::character varying, 'read'::character varying, 'failed'::character varying, 'dropped'::character varying])::text[]))))),
    CONSTRAINT messages_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE move_requests (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    cause character varying(10) NOT NULL,
    cause_id uuid NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    settled character varying(10) NOT NULL,
    settled_at timestamp with time zone,
    appointment_id uuid NOT NULL,
    CONSTRAINT move_cause_known CHECK (((cause)::text = ANY ((ARRAY['absence'::character varying, 'closure'::character varying])::text[]))),
    CONSTRAINT move_requests_tenant CHECK ((tenant_id = '{tenant_id}'::uuid)),
    CONSTRAINT move_settled_whole CHECK (((((settled)::text = ''::text) AND (settled_at IS NULL)) OR (((settled)::text = ANY ((ARRAY['moved'::character varying, 'cancelled'::character varying, 'kept'::character varying])::text[])) AND (settled_at IS NOT NULL))))
);

CREATE TABLE offers (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    conversation_id uuid NOT NULL,
    code character varying(8) NOT NULL,
    kind character varying(10) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    urgent boolean NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    chair_id uuid,
    professional_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    CONSTRAINT offer_kind_known CHECK (((kind)::text = ANY ((ARRAY['slot'::character varying, 'request'::character varying])::text[]))),
    CONSTRAINT offers_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE patient_facts (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    field character varying(20) NOT NULL,
    value character varying(200) NOT NULL,
    source character varying(10) NOT NULL,
    conversation_id uuid,
    message_id uuid,
    quoted_text character varying(500) NOT NULL,
    recorded_by uuid,
    created_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone,
    patient_id uuid NOT NULL,
    CONSTRAINT fact_field_known CHECK (((field)::text = ANY ((ARRAY['full_name'::character varying, 'dni'::character varying, 'insurance'::character varying, 'phone'::character varying, 'birth_date'::character varying])::text[]))),
    CONSTRAINT fact_has_its_source CHECK ((((message_id IS NOT NULL) AND (recorded_by IS NULL) AND ((source)::text = 'message'::text)) OR ((recorded_by IS NOT NULL) AND ((source)::text = 'staff'::text)) OR ((conversation_id IS NOT NULL) AND ((source)::text = 'channel'::text)))),
    CONSTRAINT patient_facts_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE patients (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    first_name character varying(80) NOT NULL,
    last_name character varying(80) NOT NULL,
    name_key character varying(200) NOT NULL,
    document_type character varying(10) NOT NULL,
    dni character varying(15),
    birth_date date,
    insurance character varying(80) NOT NULL,
    insurance_plan character varying(80) NOT NULL,
    member_number character varying(40) NOT NULL,
    phone character varying(20),
    email character varying(254) NOT NULL,
    medical_history jsonb NOT NULL,
    status character varying(10) NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    insurer_id uuid,
    merged_into_id uuid,
    possible_duplicate_of_id uuid,
    anonymised_at timestamp with time zone,
    CONSTRAINT patient_active_has_facts CHECK (((NOT ((status)::text = 'active'::text)) OR ((NOT ((first_name)::text = ''::text)) AND (NOT ((last_name)::text = ''::text)) AND (dni IS NOT NULL) AND (NOT ((insurance)::text = ''::text)) AND (phone IS NOT NULL)) OR (anonymised_at IS NOT NULL))),
    CONSTRAINT patient_medical_history_valid CHECK (valid_medical_history(medical_history)),
    CONSTRAINT patient_phone_e164 CHECK (((phone IS NULL) OR ((phone)::text ~ '^\+[1-9][0-9]{6,14}$'::text))),
    CONSTRAINT patient_status_known CHECK (((status)::text = ANY ((ARRAY['guest'::character varying, 'active'::character varying])::text[]))),
    CONSTRAINT patients_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE plan_items (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    "position" integer NOT NULL,
    tooth integer,
    faces character varying(5) NOT NULL,
    description character varying(200) NOT NULL,
    visit integer NOT NULL,
    days_after_previous integer NOT NULL,
    price numeric(12,2) NOT NULL,
    insurer_pays numeric(12,2) NOT NULL,
    status character varying(10) NOT NULL,
    done_at timestamp with time zone,
    appointment_id uuid,
    treatment_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    CONSTRAINT plan_item_shares_within_price CHECK (((insurer_pays >= (0)::numeric) AND (insurer_pays <= price) AND (price >= (0)::numeric))),
    CONSTRAINT plan_item_status_known CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'done'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT plan_item_tooth_fdi CHECK (((tooth IS NULL) OR ((tooth >= 11) AND (tooth <= 18)) OR ((tooth >= 21) AND (tooth <= 28)) OR ((tooth >= 31) AND (tooth <= 38)) OR ((tooth >= 41) AND (tooth <= 48)) OR ((tooth >= 51) AND (tooth <= 55)) OR ((tooth >= 61) AND (tooth <= 65)) OR ((tooth >= 71) AND (tooth <= 75)) OR ((tooth >= 81) AND (tooth <= 85)))),
    CONSTRAINT plan_item_visit_sane CHECK (((days_after_previous >= 0) AND (visit >= 1) AND (visit <= 60))),
    CONSTRAINT plan_items_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE privacy_requests (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    kind character varying(13) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_on date NOT NULL,
    recorded_by uuid NOT NULL,
    settled_at timestamp with time zone,
    settled_by uuid,
    outcome jsonb NOT NULL,
    note character varying(300) NOT NULL,
    patient_id uuid NOT NULL,
    CONSTRAINT privacy_request_kind_known CHECK (((kind)::text = ANY ((ARRAY['access'::character varying, 'rectification'::character varying, 'erasure'::character varying])::text[]))),
    CONSTRAINT privacy_request_settled_whole CHECK ((((settled_at IS NULL) AND (settled_by IS NULL)) OR ((settled_at IS NOT NULL) AND (settled_by IS NOT NULL)))),
    CONSTRAINT privacy_requests_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE professional_treatments (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    professional_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    CONSTRAINT professional_treatments_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE professionals (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    user_id uuid,
    title character varying(20) NOT NULL,
    first_name character varying(80) NOT NULL,
    last_name character varying(80) NOT NULL,
    name_key character varying(200) NOT NULL,
    specialty character varying(80) NOT NULL,
    registration_number character varying(40) NOT NULL,
    working_hours jsonb NOT NULL,
    is_active boolean NOT NULL,
    google_calendar_id character varying(200) NOT NULL,
    google_read_calendars jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT professional_working_hours_valid CHECK (valid_working_hours(working_hours)),
    CONSTRAINT professionals_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE record_attachments (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    name character varying(120) NOT NULL,
    content_type character varying(60) NOT NULL,
    size integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    stored_as character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    record_id uuid NOT NULL,
    CONSTRAINT attachment_not_empty CHECK ((size > 0)),
    CONSTRAINT record_attachments_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE record_heads (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    entries integer NOT NULL,
    last_hash character varying(64) NOT NULL,
    seal character varying(64) NOT NULL,
    patient_id uuid NOT NULL,
    CONSTRAINT record_head_counts CHECK ((entries > 0)),
    CONSTRAINT record_heads_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE record_reads (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    user_id uuid NOT NULL,
    role character varying(12) NOT NULL,
    what character varying(12) NOT NULL,
    why character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL,
    patient_id uuid NOT NULL,
    record_id uuid,
    CONSTRAINT record_reads_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE retired (
    kind text NOT NULL,
    name text NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    CONSTRAINT retired_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE treatment_plans (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    title character varying(120) NOT NULL,
    status character varying(10) NOT NULL,
    currency character varying(3) NOT NULL,
    valid_until date,
    notes character varying(1000) NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by uuid,
    decision_note character varying(200) NOT NULL,
    version integer NOT NULL,
    patient_id uuid NOT NULL,
    professional_id uuid NOT NULL,
    CONSTRAINT plan_decided_whole CHECK ((((decided_at IS NULL) AND (decided_by IS NULL)) OR ((decided_at IS NOT NULL) AND (decided_by IS NOT NULL)))),
    CONSTRAINT plan_status_known CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'proposed'::character varying, 'approved'::character varying, 'done'::character varying, 'rejected'::character varying, 'cancelled'::character varying])::text[]))),
    CONSTRAINT treatment_plans_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE treatments (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(120) NOT NULL,
    name_key character varying(200) NOT NULL,
    minutes integer NOT NULL,
    urgent boolean NOT NULL,
    price numeric(12,2),
    price_public boolean NOT NULL,
    is_active boolean NOT NULL,
    version integer NOT NULL,
    CONSTRAINT treatment_minutes_sane CHECK (((minutes >= 5) AND (minutes <= 480))),
    CONSTRAINT treatments_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE turn_steps (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    "position" integer NOT NULL,
    kind character varying(8) NOT NULL,
    content jsonb NOT NULL,
    milliseconds integer NOT NULL,
    at timestamp with time zone NOT NULL,
    turn_id uuid NOT NULL,
    CONSTRAINT turn_step_kind_known CHECK (((kind)::text = ANY ((ARRAY['model'::character varying, 'tool'::character varying])::text[]))),
    CONSTRAINT turn_steps_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE turns (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    conversation_id uuid NOT NULL,
    turn_no bigint NOT NULL,
    prompt_version character varying(40) NOT NULL,
    model character varying(80) NOT NULL,
    outcome character varying(12) NOT NULL,
    reply text NOT NULL,
    error character varying(80) NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT turn_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['running'::character varying, 'answered'::character varying, 'stale'::character varying, 'handed_off'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT turns_tenant CHECK ((tenant_id = '{tenant_id}'::uuid))
);

CREATE TABLE waiting_list (
    id uuid NOT NULL,
    tenant_id uuid DEFAULT '{tenant_id}'::uuid NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    preferred_hours jsonb NOT NULL,
    status character varying(10) NOT NULL,
    source character varying(10) NOT NULL,
    conversation_id uuid,
    note character varying(200) NOT NULL,
    offered_at timestamp with time zone,
    offered_starts_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    booked_id uuid,
    instead_of_id uuid,
    patient_id uuid NOT NULL,
    professional_id uuid,
    treatment_id uuid NOT NULL,
    CONSTRAINT waiting_days_in_order CHECK ((until_day >= from_day)),
    CONSTRAINT waiting_list_tenant CHECK ((tenant_id = '{tenant_id}'::uuid)),
    CONSTRAINT waiting_source_known CHECK (((source)::text = ANY ((ARRAY['agent'::character varying, 'staff'::character varying, 'import'::character varying, 'demo'::character varying])::text[]))),
    CONSTRAINT waiting_status_known CHECK (((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying, 'booked'::character varying, 'withdrawn'::character varying, 'expired'::character varying])::text[])))
);

ALTER TABLE ONLY absences
    ADD CONSTRAINT absences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transactions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointment_chair_free EXCLUDE USING gist (chair_id WITH =, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE (((status)::text = ANY ((ARRAY['held'::character varying, 'pending_confirmation'::character varying, 'scheduled'::character varying, 'confirmed'::character varying, 'arrived'::character varying, 'in_chair'::character varying, 'completed'::character varying])::text[])));

ALTER TABLE ONLY appointment_changes
    ADD CONSTRAINT appointment_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointment_patient_free EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE ((((status)::text = ANY ((ARRAY['held'::character varying, 'pending_confirmation'::character varying, 'scheduled'::character varying, 'confirmed'::character varying, 'arrived'::character varying, 'in_chair'::character varying, 'completed'::character varying])::text[])) AND (NOT ((status)::text = 'held'::text))));

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointment_professional_free EXCLUDE USING gist (professional_id WITH =, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE ((((status)::text = ANY ((ARRAY['held'::character varying, 'pending_confirmation'::character varying, 'scheduled'::character varying, 'confirmed'::character varying, 'arrived'::character varying, 'in_chair'::character varying, 'completed'::character varying])::text[])) AND (NOT overbooked)));

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY record_attachments
    ADD CONSTRAINT attachment_stored_once UNIQUE (stored_as);

ALTER TABLE ONLY audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY breaches
    ADD CONSTRAINT breaches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY calendar_states
    ADD CONSTRAINT calendar_state_once UNIQUE (calendar_id);

ALTER TABLE ONLY calendar_states
    ADD CONSTRAINT calendar_states_pkey PRIMARY KEY (id);

ALTER TABLE ONLY daily_cash_flow
    ADD CONSTRAINT cash_flow_one_per_day UNIQUE (day, currency);

ALTER TABLE ONLY cash_flow_steps
    ADD CONSTRAINT cash_flow_steps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY chairs
    ADD CONSTRAINT chair_name_once UNIQUE (name);

ALTER TABLE ONLY chairs
    ADD CONSTRAINT chairs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel_identities
    ADD CONSTRAINT channel_identities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY channel_identities
    ADD CONSTRAINT channel_identity_once UNIQUE (channel, raw_id);

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_record_position_once UNIQUE (patient_id, "position");

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_records_pkey PRIMARY KEY (id);

ALTER TABLE ONLY closures
    ADD CONSTRAINT closures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consent_texts
    ADD CONSTRAINT consent_text_once UNIQUE (kind, text_version);

ALTER TABLE ONLY consent_texts
    ADD CONSTRAINT consent_texts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY conversations
    ADD CONSTRAINT conversation_once UNIQUE (identity_id, line_id);

ALTER TABLE ONLY conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverage_once UNIQUE NULLS NOT DISTINCT (insurer_id, plan_id, professional_id, treatment_id);

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY daily_cash_flow
    ADD CONSTRAINT daily_cash_flow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY google_calendar_blocks
    ADD CONSTRAINT google_block_once UNIQUE (calendar_id, event_id, instance);

ALTER TABLE ONLY google_calendar_blocks
    ADD CONSTRAINT google_calendar_blocks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY guardians
    ADD CONSTRAINT guardian_once UNIQUE (guardian_id, dependant_id);

ALTER TABLE ONLY guardians
    ADD CONSTRAINT guardians_pkey PRIMARY KEY (id);

ALTER TABLE ONLY inbox_items
    ADD CONSTRAINT inbox_item_once UNIQUE (provider, external_id, item_id);

ALTER TABLE ONLY inbox_items
    ADD CONSTRAINT inbox_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurers
    ADD CONSTRAINT insurer_once UNIQUE (name_key);

ALTER TABLE ONLY insurer_plans
    ADD CONSTRAINT insurer_plan_once UNIQUE (insurer_id, name_key);

ALTER TABLE ONLY insurer_plans
    ADD CONSTRAINT insurer_plans_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insurers
    ADD CONSTRAINT insurers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY messages
    ADD CONSTRAINT message_position_once UNIQUE (conversation_id, "position");

ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY move_requests
    ADD CONSTRAINT move_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY offers
    ADD CONSTRAINT offer_code_once UNIQUE (conversation_id, code);

ALTER TABLE ONLY offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY patient_facts
    ADD CONSTRAINT patient_facts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY patients
    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY plan_items
    ADD CONSTRAINT plan_item_position_once UNIQUE (plan_id, "position");

ALTER TABLE ONLY plan_items
    ADD CONSTRAINT plan_items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY privacy_requests
    ADD CONSTRAINT privacy_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY professional_treatments
    ADD CONSTRAINT professional_treatment_once UNIQUE (professional_id, treatment_id);

ALTER TABLE ONLY professional_treatments
    ADD CONSTRAINT professional_treatments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY professionals
    ADD CONSTRAINT professionals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY record_attachments
    ADD CONSTRAINT record_attachments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY record_heads
    ADD CONSTRAINT record_head_once UNIQUE (patient_id);

ALTER TABLE ONLY record_heads
    ADD CONSTRAINT record_heads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY record_reads
    ADD CONSTRAINT record_reads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY retired
    ADD CONSTRAINT retired_pkey PRIMARY KEY (kind, name);

ALTER TABLE ONLY treatments
    ADD CONSTRAINT treatment_code_once UNIQUE (code);

ALTER TABLE ONLY treatment_plans
    ADD CONSTRAINT treatment_plans_pkey PRIMARY KEY (id);

ALTER TABLE ONLY treatments
    ADD CONSTRAINT treatments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY turns
    ADD CONSTRAINT turn_once UNIQUE (conversation_id, turn_no);

ALTER TABLE ONLY turn_steps
    ADD CONSTRAINT turn_step_once UNIQUE (turn_id, "position");

ALTER TABLE ONLY turn_steps
    ADD CONSTRAINT turn_steps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_pkey PRIMARY KEY (id);

CREATE INDEX absence_upcoming ON absences USING btree (professional_id, ends_at);

CREATE INDEX absences_professional_id_7ae1ba03 ON absences USING btree (professional_id);

CREATE INDEX accounting_transactions_appointment_id_afb5b838 ON accounting_transactions USING btree (appointment_id);

CREATE INDEX accounting_transactions_insurer_id_afee7bf7 ON accounting_transactions USING btree (insurer_id);

CREATE INDEX accounting_transactions_patient_id_f8cb9dc9 ON accounting_transactions USING btree (patient_id);

CREATE INDEX accounting_transactions_plan_id_8fc9d555 ON accounting_transactions USING btree (plan_id);

CREATE INDEX accounting_transactions_reverses_id_31a380bc ON accounting_transactions USING btree (reverses_id);

CREATE INDEX appointment_agenda ON appointments USING btree (professional_id, starts_at);

CREATE INDEX appointment_by_google_event ON appointments USING btree (google_calendar_event_id) WHERE (NOT ((google_calendar_event_id)::text = ''::text));

CREATE INDEX appointment_by_start ON appointments USING btree (starts_at, id);

CREATE INDEX appointment_changes_appointment_id_79ccd5a6 ON appointment_changes USING btree (appointment_id);

CREATE INDEX appointment_history ON appointment_changes USING btree (appointment_id, at);

CREATE INDEX appointment_of_patient ON appointments USING btree (patient_id, starts_at);

CREATE UNIQUE INDEX appointment_one_hold_per_conversation ON appointments USING btree (conversation_id) WHERE ((status)::text = 'held'::text);

CREATE UNIQUE INDEX appointment_request_once ON appointments USING btree (request_key) WHERE (NOT (request_key IS NULL));

CREATE INDEX appointments_chair_id_3997ddc6 ON appointments USING btree (chair_id);

CREATE INDEX appointments_patient_id_b2db55d3 ON appointments USING btree (patient_id);

CREATE INDEX appointments_professional_id_8a30de2e ON appointments USING btree (professional_id);

CREATE INDEX appointments_treatment_id_0b6563e8 ON appointments USING btree (treatment_id);

CREATE INDEX audit_by_time ON audit_entries USING btree (at, id);

CREATE INDEX audit_of_row ON audit_entries USING btree (table_name, row_id, at);

CREATE INDEX breach_by_time ON breaches USING btree (found_at);

CREATE INDEX breaches_follows_id_c39611ea ON breaches USING btree (follows_id);

CREATE INDEX cash_flow_history ON cash_flow_steps USING btree (cash_flow_id, at);

CREATE INDEX cash_flow_steps_cash_flow_id_8d788500 ON cash_flow_steps USING btree (cash_flow_id);

CREATE INDEX channel_identities_patient_id_38c1e26c ON channel_identities USING btree (patient_id);

CREATE INDEX clinical_records_addendum_to_id_d9f20297 ON clinical_records USING btree (addendum_to_id);

CREATE INDEX clinical_records_appointment_id_60fbece2 ON clinical_records USING btree (appointment_id);

CREATE INDEX clinical_records_patient_id_250be945 ON clinical_records USING btree (patient_id);

CREATE INDEX clinical_records_professional_id_5401313c ON clinical_records USING btree (professional_id);

CREATE INDEX closure_upcoming ON closures USING btree (ends_on);

CREATE UNIQUE INDEX consent_one_current ON consents USING btree (patient_id, text_id) WHERE (withdrawn_at IS NULL);

CREATE INDEX consents_patient_id_40c6c7c1 ON consents USING btree (patient_id);

CREATE INDEX consents_text_id_71b68eaa ON consents USING btree (text_id);

CREATE INDEX conversation_recent ON conversations USING btree (last_message_at);

CREATE INDEX conversations_identity_id_6669ef02 ON conversations USING btree (identity_id);

CREATE INDEX coverages_insurer_id_52ec0b05 ON coverages USING btree (insurer_id);

CREATE INDEX coverages_plan_id_744bfcf9 ON coverages USING btree (plan_id);

CREATE INDEX coverages_professional_id_28722d48 ON coverages USING btree (professional_id);

CREATE INDEX coverages_treatment_id_5a1b6b9f ON coverages USING btree (treatment_id);

CREATE UNIQUE INDEX event_number_once ON events USING btree (number) WHERE (NOT (number IS NULL));

CREATE INDEX event_unnumbered ON events USING btree (created_at, id) WHERE (number IS NULL);

CREATE UNIQUE INDEX fact_one_current ON patient_facts USING btree (patient_id, field) WHERE (superseded_at IS NULL);

CREATE INDEX google_block_window ON google_calendar_blocks USING btree (calendar_id, starts_at);

CREATE INDEX guardians_dependant_id_2b75e170 ON guardians USING btree (dependant_id);

CREATE INDEX guardians_guardian_id_5d1c7db6 ON guardians USING btree (guardian_id);

CREATE INDEX identity_by_phone ON channel_identities USING btree (phone) WHERE (NOT (phone IS NULL));

CREATE INDEX inbox_waiting ON inbox_items USING btree (received_at, id) WHERE ((failed_at IS NULL) AND (ingested_at IS NULL));

CREATE INDEX insurer_plans_insurer_id_592b0819 ON insurer_plans USING btree (insurer_id);

CREATE INDEX message_by_provider_id ON messages USING btree (provider_id) WHERE (NOT (provider_id IS NULL));

CREATE UNIQUE INDEX message_provider_id_once ON messages USING btree (conversation_id, provider_id) WHERE (NOT (provider_id IS NULL));

CREATE INDEX message_unanswered ON messages USING btree (conversation_id, "position") WHERE (((author)::text = 'patient'::text) AND (turn_id IS NULL));

CREATE INDEX message_underway ON messages USING btree (conversation_id, "position") WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'sending'::character varying, 'maybe_sent'::character varying])::text[]));

CREATE INDEX messages_conversation_id_5ef638db ON messages USING btree (conversation_id);

CREATE INDEX move_by_cause ON move_requests USING btree (cause_id);

CREATE UNIQUE INDEX move_one_open ON move_requests USING btree (appointment_id) WHERE ((settled)::text = ''::text);

CREATE INDEX move_requests_appointment_id_f4376d33 ON move_requests USING btree (appointment_id);

CREATE INDEX offers_chair_id_4f1181e0 ON offers USING btree (chair_id);

CREATE INDEX offers_professional_id_dc3c0611 ON offers USING btree (professional_id);

CREATE INDEX offers_treatment_id_c0c322ea ON offers USING btree (treatment_id);

CREATE INDEX patient_by_dni ON patients USING btree (dni) WHERE (NOT (dni IS NULL));

CREATE INDEX patient_by_name ON patients USING btree (name_key, id);

CREATE INDEX patient_by_phone ON patients USING btree (phone) WHERE (NOT (phone IS NULL));

CREATE INDEX patient_facts_patient_id_b57c48b8 ON patient_facts USING btree (patient_id);

CREATE INDEX patient_name_parts ON patients USING gin (name_key gin_trgm_ops);

CREATE INDEX patient_phone_parts ON patients USING gin (phone gin_trgm_ops) WHERE (NOT (phone IS NULL));

CREATE INDEX patients_insurer_id_9c1ce282 ON patients USING btree (insurer_id);

CREATE INDEX patients_merged_into_id_510507cc ON patients USING btree (merged_into_id);

CREATE INDEX patients_possible_duplicate_of_id_bd0541c6 ON patients USING btree (possible_duplicate_of_id);

CREATE INDEX plan_by_status ON treatment_plans USING btree (status, created_at);

CREATE INDEX plan_item_of_appointment ON plan_items USING btree (appointment_id) WHERE (NOT (appointment_id IS NULL));

CREATE INDEX plan_items_appointment_id_d0f71716 ON plan_items USING btree (appointment_id);

CREATE INDEX plan_items_plan_id_e5fc28ac ON plan_items USING btree (plan_id);

CREATE INDEX plan_items_treatment_id_62147bb4 ON plan_items USING btree (treatment_id);

CREATE INDEX plan_of_patient ON treatment_plans USING btree (patient_id, created_at);

CREATE INDEX privacy_request_due ON privacy_requests USING btree (due_on);

CREATE INDEX privacy_requests_patient_id_09a2c1bc ON privacy_requests USING btree (patient_id);

CREATE UNIQUE INDEX professional_one_per_user ON professionals USING btree (user_id) WHERE (NOT (user_id IS NULL));

CREATE INDEX professional_treatments_professional_id_2c4e1a65 ON professional_treatments USING btree (professional_id);

CREATE INDEX professional_treatments_treatment_id_92796709 ON professional_treatments USING btree (treatment_id);

CREATE INDEX record_attachments_record_id_62e28781 ON record_attachments USING btree (record_id);

CREATE INDEX record_heads_patient_id_8da1534f ON record_heads USING btree (patient_id);

CREATE INDEX record_read_of_patient ON record_reads USING btree (patient_id, at);

CREATE INDEX record_reads_patient_id_6d58a927 ON record_reads USING btree (patient_id);

CREATE INDEX record_reads_record_id_05acc295 ON record_reads USING btree (record_id);

CREATE INDEX transaction_by_day ON accounting_transactions USING btree (occurred_on, id);

CREATE INDEX transaction_of_patient ON accounting_transactions USING btree (patient_id, occurred_on);

CREATE INDEX transaction_of_plan ON accounting_transactions USING btree (plan_id) WHERE (NOT (plan_id IS NULL));

CREATE UNIQUE INDEX transaction_reversed_once ON accounting_transactions USING btree (reverses_id) WHERE (reverses_id IS NOT NULL);

CREATE INDEX treatment_plans_patient_id_21c2253b ON treatment_plans USING btree (patient_id);

CREATE INDEX treatment_plans_professional_id_09b50caa ON treatment_plans USING btree (professional_id);

CREATE INDEX treatments_code_2840a4b3 ON treatments USING btree (code);

CREATE INDEX treatments_code_2840a4b3_like ON treatments USING btree (code varchar_pattern_ops);

CREATE INDEX turn_steps_turn_id_57d4ae9b ON turn_steps USING btree (turn_id);

CREATE INDEX waiting_in_order ON waiting_list USING btree (created_at, id) WHERE ((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying])::text[]));

CREATE INDEX waiting_list_booked_id_1d58e8a9 ON waiting_list USING btree (booked_id);

CREATE INDEX waiting_list_instead_of_id_849d81f4 ON waiting_list USING btree (instead_of_id);

CREATE INDEX waiting_list_patient_id_f5befdda ON waiting_list USING btree (patient_id);

CREATE INDEX waiting_list_professional_id_f87165fb ON waiting_list USING btree (professional_id);

CREATE INDEX waiting_list_treatment_id_e39daea2 ON waiting_list USING btree (treatment_id);

CREATE UNIQUE INDEX waiting_once ON waiting_list USING btree (patient_id, treatment_id) WHERE ((status)::text = ANY ((ARRAY['waiting'::character varying, 'offered'::character varying])::text[]));

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON absences FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON accounting_transactions FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version,updated_at,google_synced_version,google_synced_at');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON breaches FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON cash_flow_steps FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON chairs FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON channel_identities FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON clinical_records FOR EACH ROW EXECUTE FUNCTION audit_row('text,content', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON closures FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON consent_texts FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON coverages FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON daily_cash_flow FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON guardians FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON insurer_plans FOR EACH ROW EXECUTE FUNCTION audit_row('', 'name_key');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON insurers FOR EACH ROW EXECUTE FUNCTION audit_row('', 'name_key');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON move_requests FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON patient_facts FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON patients FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version,name_key');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON plan_items FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON privacy_requests FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON professional_treatments FOR EACH ROW EXECUTE FUNCTION audit_row('', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON professionals FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version,name_key');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON record_attachments FOR EACH ROW EXECUTE FUNCTION audit_row('stored_as', '');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON treatment_plans FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON treatments FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version,name_key');

CREATE TRIGGER audit_row AFTER INSERT OR DELETE OR UPDATE ON waiting_list FOR EACH ROW EXECUTE FUNCTION audit_row('', 'version');

CREATE TRIGGER keep_record_head BEFORE DELETE OR UPDATE ON record_heads FOR EACH ROW EXECUTE FUNCTION keep_record_head();

CREATE TRIGGER refuse_booking_over_overbooked BEFORE INSERT OR UPDATE OF starts_at, ends_at, professional_id, status, overbooked ON appointments FOR EACH ROW EXECUTE FUNCTION refuse_booking_over_overbooked();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON accounting_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON appointment_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION keep_audit_entry();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON breaches FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON cash_flow_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON clinical_records FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON consent_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON record_attachments FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_row_change BEFORE DELETE OR UPDATE ON record_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON accounting_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON appointment_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON breaches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON cash_flow_steps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON clinical_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON consent_texts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON record_attachments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON record_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON record_reads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE ONLY absences
    ADD CONSTRAINT absences_professional_id_7ae1ba03_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transacti_appointment_id_afb5b838_fk_appointme FOREIGN KEY (appointment_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transacti_reverses_id_31a380bc_fk_accountin FOREIGN KEY (reverses_id) REFERENCES accounting_transactions(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transactions_insurer_id_afee7bf7_fk_insurers_id FOREIGN KEY (insurer_id) REFERENCES insurers(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transactions_patient_id_f8cb9dc9_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounting_transactions
    ADD CONSTRAINT accounting_transactions_plan_id_8fc9d555_fk_treatment_plans_id FOREIGN KEY (plan_id) REFERENCES treatment_plans(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY appointment_changes
    ADD CONSTRAINT appointment_changes_appointment_id_79ccd5a6_fk_appointments_id FOREIGN KEY (appointment_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointments_chair_id_3997ddc6_fk_chairs_id FOREIGN KEY (chair_id) REFERENCES chairs(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointments_patient_id_b2db55d3_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointments_professional_id_8a30de2e_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY appointments
    ADD CONSTRAINT appointments_treatment_id_0b6563e8_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY breaches
    ADD CONSTRAINT breaches_follows_id_c39611ea_fk_breaches_id FOREIGN KEY (follows_id) REFERENCES breaches(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY cash_flow_steps
    ADD CONSTRAINT cash_flow_steps_cash_flow_id_8d788500_fk_daily_cash_flow_id FOREIGN KEY (cash_flow_id) REFERENCES daily_cash_flow(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY channel_identities
    ADD CONSTRAINT channel_identities_patient_id_38c1e26c_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_records_addendum_to_id_d9f20297_fk_clinical_records_id FOREIGN KEY (addendum_to_id) REFERENCES clinical_records(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_records_appointment_id_60fbece2_fk_appointments_id FOREIGN KEY (appointment_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_records_patient_id_250be945_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY clinical_records
    ADD CONSTRAINT clinical_records_professional_id_5401313c_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY consents
    ADD CONSTRAINT consents_patient_id_40c6c7c1_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY consents
    ADD CONSTRAINT consents_text_id_71b68eaa_fk_consent_texts_id FOREIGN KEY (text_id) REFERENCES consent_texts(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY conversations
    ADD CONSTRAINT conversations_identity_id_6669ef02_fk_channel_identities_id FOREIGN KEY (identity_id) REFERENCES channel_identities(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverages_insurer_id_52ec0b05_fk_insurers_id FOREIGN KEY (insurer_id) REFERENCES insurers(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverages_plan_id_744bfcf9_fk_insurer_plans_id FOREIGN KEY (plan_id) REFERENCES insurer_plans(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverages_professional_id_28722d48_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY coverages
    ADD CONSTRAINT coverages_treatment_id_5a1b6b9f_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY guardians
    ADD CONSTRAINT guardians_dependant_id_2b75e170_fk_patients_id FOREIGN KEY (dependant_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY guardians
    ADD CONSTRAINT guardians_guardian_id_5d1c7db6_fk_patients_id FOREIGN KEY (guardian_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY insurer_plans
    ADD CONSTRAINT insurer_plans_insurer_id_592b0819_fk_insurers_id FOREIGN KEY (insurer_id) REFERENCES insurers(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY messages
    ADD CONSTRAINT messages_conversation_id_5ef638db_fk_conversations_id FOREIGN KEY (conversation_id) REFERENCES conversations(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY move_requests
    ADD CONSTRAINT move_requests_appointment_id_f4376d33_fk_appointments_id FOREIGN KEY (appointment_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY offers
    ADD CONSTRAINT offers_chair_id_4f1181e0_fk_chairs_id FOREIGN KEY (chair_id) REFERENCES chairs(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY offers
    ADD CONSTRAINT offers_professional_id_dc3c0611_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY offers
    ADD CONSTRAINT offers_treatment_id_c0c322ea_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY patient_facts
    ADD CONSTRAINT patient_facts_patient_id_b57c48b8_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY patients
    ADD CONSTRAINT patients_insurer_id_9c1ce282_fk_insurers_id FOREIGN KEY (insurer_id) REFERENCES insurers(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY patients
    ADD CONSTRAINT patients_merged_into_id_510507cc_fk_patients_id FOREIGN KEY (merged_into_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY patients
    ADD CONSTRAINT patients_possible_duplicate_of_id_bd0541c6_fk_patients_id FOREIGN KEY (possible_duplicate_of_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY plan_items
    ADD CONSTRAINT plan_items_appointment_id_d0f71716_fk_appointments_id FOREIGN KEY (appointment_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY plan_items
    ADD CONSTRAINT plan_items_plan_id_e5fc28ac_fk_treatment_plans_id FOREIGN KEY (plan_id) REFERENCES treatment_plans(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY plan_items
    ADD CONSTRAINT plan_items_treatment_id_62147bb4_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY privacy_requests
    ADD CONSTRAINT privacy_requests_patient_id_09a2c1bc_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY professional_treatments
    ADD CONSTRAINT professional_treatme_professional_id_2c4e1a65_fk_professio FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY professional_treatments
    ADD CONSTRAINT professional_treatments_treatment_id_92796709_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY record_attachments
    ADD CONSTRAINT record_attachments_record_id_62e28781_fk_clinical_records_id FOREIGN KEY (record_id) REFERENCES clinical_records(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY record_heads
    ADD CONSTRAINT record_heads_patient_id_8da1534f_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY record_reads
    ADD CONSTRAINT record_reads_patient_id_6d58a927_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY record_reads
    ADD CONSTRAINT record_reads_record_id_05acc295_fk_clinical_records_id FOREIGN KEY (record_id) REFERENCES clinical_records(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY treatment_plans
    ADD CONSTRAINT treatment_plans_patient_id_21c2253b_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY treatment_plans
    ADD CONSTRAINT treatment_plans_professional_id_09b50caa_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY turn_steps
    ADD CONSTRAINT turn_steps_turn_id_57d4ae9b_fk_turns_id FOREIGN KEY (turn_id) REFERENCES turns(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_booked_id_1d58e8a9_fk_appointments_id FOREIGN KEY (booked_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_instead_of_id_849d81f4_fk_appointments_id FOREIGN KEY (instead_of_id) REFERENCES appointments(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_patient_id_f5befdda_fk_patients_id FOREIGN KEY (patient_id) REFERENCES patients(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_professional_id_f87165fb_fk_professionals_id FOREIGN KEY (professional_id) REFERENCES professionals(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY waiting_list
    ADD CONSTRAINT waiting_list_treatment_id_e39daea2_fk_treatments_id FOREIGN KEY (treatment_id) REFERENCES treatments(id) DEFERRABLE INITIALLY DEFERRED;

INSERT INTO retired (tenant_id, kind, name) VALUES
    ('{tenant_id}', 'constraint', 'clinical_records.clinical_record_kind_known'),
    ('{tenant_id}', 'constraint', 'patients.patient_active_has_facts'),
    ('{tenant_id}', 'default', 'accounting_transactions.late_reason DEFAULT '''''),
    ('{tenant_id}', 'default', 'appointments.authorisation_number DEFAULT '''''),
    ('{tenant_id}', 'default', 'clinical_records.signed_as DEFAULT '''''),
    ('{tenant_id}', 'default', 'daily_cash_flow.cash_out DEFAULT 0.00'),
    ('{tenant_id}', 'default', 'daily_cash_flow.refunds DEFAULT 0.00');
