-- What one question about the agenda needs to know, in one round trip and one snapshot. A function,
-- because its plans are kept by the session: planning the statements anew costs more than running
-- them. Times go in and out as epoch seconds; lists come out as text arrays.
--
-- Rows by `kind`:
--   clinic        a: settings, b: country, c: calendar provider, d: closures "from,to,opens;..."
--   chair         id; active ones, by name
--   professional  id, a: name, b: working hours, c: Google calendars as a JSON list, the own one first
--   busy          id: professional, a: chair, starts, ends
--   away          id: professional, starts, ends
--   hold          id, a: professional, b: chair, c: conversation, d: when it expires, starts, ends;
--                 only if asked for, expired ones and the own one too
-- Busy is what occupies, but for expired holds, the hold of the conversation that asks, and the
-- appointment that is being moved. No appointment lasts longer than the longest treatment: 8 hours.
CREATE OR REPLACE FUNCTION agenda_rows(
    tenant uuid, wanted_treatment uuid, wanted_professionals uuid[],
    from_second bigint, to_second bigint, now_second double precision,
    own_conversation uuid, moved_appointment uuid, with_holds boolean
) RETURNS TABLE (
    kind text, id uuid, a text, b text, c text, d text, starts text, ends text
)
LANGUAGE plpgsql STABLE AS $body$
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
END $body$;
