#!/bin/sh
# Run once by the PostgreSQL image, on an empty data folder: the product's role and its database.
# The role owns the database and nothing else; it is no superuser, so that no rule can be bypassed.
set -eu
: "${DENTALOGIC_DATABASE_PASSWORD:?is not set}"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set role="${DENTALOGIC_ROLE:-dentalogic}" --set password="$DENTALOGIC_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
