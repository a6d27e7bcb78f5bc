-- What one question about the agenda needs to know, in one round trip and one snapshot. A function,
-- because its plans are kept by the session: planning the statements anew costs more than running them.
--
-- Rows by `kind`: 'clinic' (a: settings, b: country, c: calendar provider, d: closures as
-- "from,to,opens;..."), 'chair' (id, and its busy time), 'professional' (id, a: name, b: working hours,
-- c: calendars as a JSON list, the own one first, busy time, absences). Times are epoch
-- seconds as text arrays. With `with_holds`, 'hold' (id, a: professional, b: chair, c: conversation,
-- busy time, away_starts: when it expires), expired ones and the own one too.
-- Busy is what occupies, but for expired holds, the hold of the conversation that asks, and the
-- appointment that is being moved. No appointment lasts longer than the longest treatment: 8 hours.
CREATE OR REPLACE FUNCTION read_agenda(
    tenant uuid, wanted_treatment uuid, wanted_professionals uuid[],
    window_start timestamptz, window_end timestamptz, business_now timestamptz,
    own_conversation uuid, moved_appointment uuid, with_holds boolean
) RETURNS TABLE (
    kind text, id uuid, a text, b text, c text, d text,
    busy_starts text, busy_ends text, away_starts text, away_ends text
)
LANGUAGE plpgsql STABLE AS $body$
#variable_conflict use_column
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
            NULL::text, NULL::text, NULL::text, NULL::text
        FROM clinics clinic
        WHERE clinic.id = tenant;

    IF EXISTS (SELECT FROM chairs chair WHERE chair.tenant_id = tenant AND chair.is_active) THEN
        RETURN QUERY
            SELECT 'chair', chair.id, chair.name::text, NULL::text, NULL::text, NULL::text,
                busy.starts::text, busy.ends::text, NULL::text, NULL::text
            FROM chairs chair
            LEFT JOIN (
                SELECT taken.chair_id,
                    array_agg(extract(epoch FROM taken.starts_at)::bigint) AS starts,
                    array_agg(extract(epoch FROM taken.ends_at)::bigint) AS ends
                FROM appointments taken
                WHERE taken.tenant_id = tenant
                  AND taken.chair_id IS NOT NULL
                  AND taken.starts_at < window_end
                  AND taken.starts_at > window_start - interval '8 hours'
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
                GROUP BY taken.chair_id
            ) busy ON busy.chair_id = chair.id
            WHERE chair.tenant_id = tenant AND chair.is_active
            ORDER BY chair.name;
    END IF;

    RETURN QUERY
        SELECT 'professional', person.id,
            concat_ws(' ', nullif(person.title, ''), person.first_name, person.last_name),
            person.working_hours::text,
            CASE WHEN person.google_calendar_id <> '' OR person.google_read_calendars <> '[]'
                THEN (jsonb_build_array(person.google_calendar_id) || person.google_read_calendars)::text
            END,
            NULL::text,
            busy.starts::text, busy.ends::text, away.starts::text, away.ends::text
        FROM professionals person
        JOIN professional_treatments offered
          ON offered.tenant_id = tenant
         AND offered.professional_id = person.id
         AND offered.treatment_id = wanted_treatment
        LEFT JOIN (
            SELECT taken.professional_id,
                array_agg(extract(epoch FROM taken.starts_at)::bigint) AS starts,
                array_agg(extract(epoch FROM taken.ends_at)::bigint) AS ends
            FROM appointments taken
            WHERE taken.tenant_id = tenant
              AND (wanted_professionals IS NULL OR taken.professional_id = ANY (wanted_professionals))
              AND taken.starts_at < window_end
              AND taken.starts_at > window_start - interval '8 hours'
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
            GROUP BY taken.professional_id
        ) busy ON busy.professional_id = person.id
        LEFT JOIN (
            SELECT absence.professional_id,
                array_agg(extract(epoch FROM absence.starts_at)::bigint) AS starts,
                array_agg(extract(epoch FROM absence.ends_at)::bigint) AS ends
            FROM absences absence
            WHERE absence.tenant_id = tenant
              AND absence.starts_at < window_end
              AND absence.ends_at > window_start
            GROUP BY absence.professional_id
        ) away ON away.professional_id = person.id
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

    IF with_holds THEN
        RETURN QUERY
            SELECT 'hold', hold.id, hold.professional_id::text, hold.chair_id::text,
                hold.conversation_id::text, NULL::text,
                extract(epoch FROM hold.starts_at)::bigint::text,
                extract(epoch FROM hold.ends_at)::bigint::text,
                extract(epoch FROM hold.hold_expires_at)::bigint::text, NULL::text
            FROM appointments hold
            WHERE hold.tenant_id = tenant
              AND hold.status = 'held'
              AND (
                  hold.conversation_id = own_conversation
                  OR (
                      hold.starts_at < window_end
                      AND hold.starts_at > window_start - interval '8 hours'
                      AND hold.ends_at > window_start
                  )
              );
    END IF;
END $body$;
