#!/bin/sh
# Make the secrets of a new deployment: production/{dentalogic,postgres,redis}.env, for the owner's
# eyes only. Refuses where they are: a new FIELD_ENCRYPTION_KEY can't read what the old one wrote.
#
#   PUBLIC_URL=https://clinics.example.org deploy/new-secrets.sh [FOLDER]
set -eu
umask 077
folder=${1:-production}
: "${PUBLIC_URL:?is not set: the address that staff and vendors use, https://...}"
host=${PUBLIC_URL#*://}
host=${host%%[:/]*}
if [ -e "$folder" ]; then
    echo "new-secrets: $folder is there already; nothing was changed" >&2
    exit 1
fi
# 48 random bytes, as letters that need no quoting in a URL, a shell or an env file.
random() { head -c 48 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }
database=$(random)
redis=$(random)
mkdir -p "$folder"
cat > "$folder/postgres.env" <<END
POSTGRES_PASSWORD=$(random)
POSTGRES_INITDB_ARGS=--locale-provider=builtin --locale=C.UTF-8
DENTALOGIC_DATABASE_PASSWORD=$database
END
cat > "$folder/redis.env" <<END
REDISCLI_AUTH=$redis
END
cat > "$folder/dentalogic.env" <<END
SECRET_KEY=$(random)
JWT_SIGNING_KEY=$(random)
INTERNAL_API_TOKEN=$(random)
FIELD_ENCRYPTION_KEY=$(random)
WHATSAPP_VERIFY_TOKEN=$(random)
DATABASE_URL=postgresql://dentalogic:$database@postgres:5432/dentalogic
REDIS_URL=redis://:$redis@redis:6379/0
PUBLIC_URL=$PUBLIC_URL
ALLOWED_HOSTS=$host
TRUSTED_PROXIES=1
# From the vendors; empty = that road is closed.
WHATSAPP_ACCESS_TOKEN=
WHATSAPP_APP_SECRET=
OPENAI_API_KEY=
OPENAI_MODEL=
GOOGLE_CREDENTIALS_JSON=
EMAIL_URL=
DEFAULT_FROM_EMAIL=
END
echo "new-secrets: $folder is made. Keep a copy of $folder/dentalogic.env away from the backups."
