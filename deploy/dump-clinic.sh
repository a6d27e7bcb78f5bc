#!/bin/sh
# Dump one clinic: its schema, and what `public` says of it. Both from one moment, under load too.
#
#   DATABASE_URL=postgresql://... deploy/dump-clinic.sh SCHEMA FOLDER
#
# Left out, on purpose: what is owed to the outside (outbox), log-ins that are open, keys of repeated
# requests. A restored clinic must not send yesterday's messages again.
set -eu
umask 077
usage="usage: DATABASE_URL=... $0 SCHEMA FOLDER"
: "${DATABASE_URL:?$usage}"
SCHEMA=${1:?$usage}
FOLDER=${2:?$usage}
case $SCHEMA in *[!a-z0-9_]*) echo "$usage" >&2; exit 2 ;; esac
if [ -e "$FOLDER" ]; then echo "dump-clinic: $FOLDER is there already" >&2; exit 2; fi
mkdir -p "$FOLDER.unfinished"
export SCHEMA FOLDER DATABASE_URL
# Whatever goes wrong, nothing half-made is left that could be taken for a dump.
trap 'rm -rf "$FOLDER.unfinished"' EXIT
psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --set schema="$SCHEMA" \
    --set into="$FOLDER.unfinished/public.sql" "$DATABASE_URL" <<'SQL' || { echo "dump-clinic: $SCHEMA was not dumped" >&2; exit 1; }
-- A row as a statement that names its columns: it fits where columns have been added since.
CREATE FUNCTION pg_temp.statements(place regclass, condition text, without text[], ending text)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    names text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names FROM pg_attribute
    WHERE attrelid = place AND attnum > 0 AND NOT attisdropped AND attname <> ALL (without);
    RETURN QUERY EXECUTE format(
        'SELECT format(''INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_record(NULL::%s, %%L::jsonb)%s;'', to_jsonb(one)) FROM %s one WHERE %s',
        place, names, names, place, ending, place, condition);
END $$;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot, id AS clinic FROM public.clinics
WHERE schema_name = :'schema' \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --snapshot="$SNAPSHOT" --schema="$SCHEMA" --no-owner --file="$FOLDER.unfinished/schema.sql" "$DATABASE_URL"
\o :into
SELECT pg_temp.statements('public.clinics', format('id = %L', :'clinic'), '{}', '');
-- People may work elsewhere too, and then they are there.
SELECT pg_temp.statements('public.users', format(
    'id IN (SELECT user_id FROM public.memberships WHERE clinic_id = %L)', :'clinic'),
    '{last_clinic_id}', ' ON CONFLICT (id) DO NOTHING');
SELECT pg_temp.statements('public.memberships', format('clinic_id = %L', :'clinic'), '{}', '');
SELECT pg_temp.statements('public.lines', format('clinic_id = %L', :'clinic'), '{}', '');
SELECT pg_temp.statements('public.clinic_domains', format('tenant_id = %L', :'clinic'), '{id}', '');
SELECT pg_temp.statements('public.clinic_patches', format('schema_name = %L', :'schema'), '{id}', '');
SELECT pg_temp.statements('public.clinic_schemas', format('schema_name = %L', :'schema'), '{}', '');
\o
COMMIT;
SQL
# psql does not say how pg_dump ended; its last line does.
if ! tail -n 20 "$FOLDER.unfinished/schema.sql" 2>/dev/null | grep -q 'database dump complete'; then
    echo "dump-clinic: $SCHEMA was not dumped" >&2
    exit 1
fi
mv "$FOLDER.unfinished" "$FOLDER"
echo "dump-clinic: $SCHEMA is in $FOLDER"
