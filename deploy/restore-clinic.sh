#!/bin/sh
# Put a dumped clinic back, into a database of the same role that does not have it: all or nothing.
#
#   DATABASE_URL=postgresql://... deploy/restore-clinic.sh FOLDER
#
# Then `manage.py evolve --clinic SCHEMA`, if the dump is older than the code.
set -eu
usage="usage: DATABASE_URL=... $0 FOLDER"
: "${DATABASE_URL:?$usage}"
FOLDER=${1:?$usage}
for file in public.sql schema.sql; do
    if [ ! -s "$FOLDER/$file" ]; then echo "restore-clinic: there is no $FOLDER/$file" >&2; exit 2; fi
done
if ! psql --no-psqlrc --quiet --output /dev/null --set ON_ERROR_STOP=1 --single-transaction \
    --file "$FOLDER/public.sql" --file "$FOLDER/schema.sql" "$DATABASE_URL"; then
    echo "restore-clinic: refused, and nothing was changed" >&2
    exit 1
fi
echo "restore-clinic: $FOLDER is restored"
