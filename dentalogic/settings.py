"""Settings, in one file: whatever differs between machines comes from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import structlog

from dentalogic.core.logs import frames_only
from dentalogic.env import (
    check_order,
    check_secret,
    env_bool,
    env_choice,
    env_database,
    env_float,
    env_int,
    env_list,
    env_mail,
    env_redis,
    env_secret,
    env_str,
)

BASE_DIR = Path(__file__).resolve().parent.parent
SQL_DIR = BASE_DIR / "migrations_sql"
HOME = Path(env_str("DENTALOGIC_HOME", str(BASE_DIR / ".dentalogic")))

DEBUG = env_bool("DEBUG", default=False)
SANDBOX = env_bool("SANDBOX", default=False)
# Refuse statements that touch a clinic's table without naming the clinic. Tests and development.
QUERY_GUARD = env_bool("QUERY_GUARD", default=DEBUG)
QUERY_GUARD_REPORT = env_str("QUERY_GUARD_REPORT", "")
SECRET_KEY = env_secret("SECRET_KEY")
JWT_SIGNING_KEY = env_secret("JWT_SIGNING_KEY")
INTERNAL_API_TOKEN = env_secret("INTERNAL_API_TOKEN")
# The first key encrypts; the others still decrypt, for a rotation.
FIELD_ENCRYPTION_KEYS = [key.strip() for key in env_str("FIELD_ENCRYPTION_KEY").split(",")]
for _key in FIELD_ENCRYPTION_KEYS:
    check_secret("FIELD_ENCRYPTION_KEY", _key)

PORT = env_int("PORT", 8000, minimum=1, maximum=65535)
SANDBOX_PORT = env_int("SANDBOX_PORT", 8001, minimum=1, maximum=65535)
PUBLIC_URL = env_str("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = sorted({PUBLIC_URL, f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"})

# Tables of SHARED_APPS live once, in `public`; those of TENANT_APPS once per clinic. No app of ours
# is in both lists: a query without a clinic then fails instead of reading a twin table.
SHARED_APPS = [
    "dentalogic.core",
    "clinics.tenancy",
    "clinics.ui",
    "unfold",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    # Last: it brings admin templates of its own, which ours and the theme's come before.
    "dentalogic.core.tenants_app.TenantsConfig",
]
TENANT_APPS = ["clinics", "agent", "whatsapp"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenancy.Clinic"
TENANT_DOMAIN_MODEL = "tenancy.Domain"  # django-tenants wants one; nothing depends on it
TENANT_LIMIT_SET_CALLS = True
PG_EXTRA_SEARCH_PATHS = ["extensions"]
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
AUTH_USER_MODEL = "tenancy.User"

_database = env_database("DATABASE_URL")
DATABASES = {
    "default": {
        "ENGINE": "dentalogic.core.backend",
        **_database.as_django(),
        # What stands between us and PostgreSQL; whatever this says is checked with each connection.
        "POOLER": env_choice("DATABASE_POOLER", "none", ("none", "session", "transaction")),
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {
            "application_name": "dentalogic",
            "connect_timeout": 5,
            "pool": {
                "min_size": 0,
                "max_size": env_int("DATABASE_POOL_SIZE", 16, minimum=1, maximum=200),
                "max_clinics": env_int("DATABASE_CLINICS_PER_CONNECTION", 200, minimum=1),
                "timeout": 10,
                "max_idle": 120,
            },
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_str("REDIS_URL").strip()
[_redis] = env_redis("REDIS_URL")
# Tests of several workers share one server; each worker has a prefix of its own.
REDIS_PREFIX = env_str("REDIS_PREFIX", "dentalogic")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinics.tenancy.middleware.ClinicScopeMiddleware",
]
ROOT_URLCONF = "dentalogic.urls"
ASGI_APPLICATION = "dentalogic.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English"), ("pt", "Português")]
STATIC_URL = "/static/"
# An image has its files collected; elsewhere the finders serve them from where they lie.
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(HOME / "static")))
STATICFILES_DIRS = [path for path in [BASE_DIR / "build" / "static"] if path.is_dir()]
MEDIA_ROOT = HOME / "media"
# The largest file that is attached to a clinical record.
RECORD_ATTACHMENT_MAX_BYTES = env_int(
    "RECORD_ATTACHMENT_MAX_BYTES", 10 * 1024 * 1024, minimum=1, maximum=100 * 1024 * 1024
)
WHITENOISE_USE_FINDERS = not env_str("STATIC_ROOT", "")
WHITENOISE_AUTOREFRESH = DEBUG

PASSWORD_HASHERS = ["dentalogic.core.passwords.BoundedArgon2"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
CSRF_FAILURE_VIEW = "dentalogic.core.problems.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME = timedelta(days=7)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "USER_ID_CLAIM": "sub",
    "USER_ID_FIELD": "id",
}
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "dentalogic.core.problems.handle_error",
    "DEFAULT_AUTHENTICATION_CLASSES": ["clinics.tenancy.authentication.ClinicAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["clinics.tenancy.permissions.HasGrant"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dentalogic.core.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "dentalogic.core.openapi.ProblemSchema",
    "DEFAULT_THROTTLE_RATES": {"address": "60/min"},
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": env_int("TRUSTED_PROXIES", 0, maximum=10),
}
UNFOLD = {
    "SITE_TITLE": "Dentalogic",
    "SITE_HEADER": "Dentalogic",
    "SITE_SUBHEADER": "Administración",
    "SITE_SYMBOL": "dentistry",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "ACCOUNT": {
        "navigation": [
            {"title": "Cambiar contraseña", "link": "/password/"},
            {"title": "Verificación en dos pasos", "link": "/second-step/"},
        ]
    },
    # The teal of the staff pages.
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(70.4% .14 182.503)",
            "600": "oklch(60% .118 184.704)",
            "700": "oklch(51.1% .096 186.391)",
            "800": "oklch(43.7% .078 188.216)",
            "900": "oklch(38.6% .063 188.416)",
            "950": "oklch(27.7% .046 192.524)",
        }
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dentalogic",
    "DESCRIPTION": "Agenda, pacientes y equipo de una clínica dental.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # Served from here: the page loads nothing from anybody else.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Role": "clinics.tenancy.models.Role.choices",
        "RequestableRole": ["professional", "secretary"],
        "MembershipStatus": "clinics.tenancy.models.MembershipStatus.choices",
        "AppointmentStatus": "clinics.models.AppointmentStatus.choices",
        "TransactionKind": "clinics.models.TransactionKind.choices",
        "Source": "clinics.models.Source.choices",
        "PaymentMethod": "clinics.models.PaymentMethod.choices",
        "PlanStatus": "clinics.models.PlanStatus.choices",
        "PlanItemStatus": "clinics.models.PlanItemStatus.choices",
        "PatientStatus": "clinics.models.PatientStatus.choices",
        "ConsentKind": "clinics.models.ConsentKind.choices",
        "PrivacyRequestKind": "clinics.models.PrivacyRequestKind.choices",
        "AuditAction": "clinics.models.AuditAction.choices",
        "ActorKind": ["staff", "patient", "agent", "system"],
        "RecordKind": "clinics.models.RecordKind.choices",
        "SignedRecordKind": ["evolution", "odontogram", "anamnesis"],
    },
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # Several hosts share the groups among them, by name.
            "hosts": [one.channel_host() for one in env_redis("CHANNEL_REDIS_URLS", REDIS_URL)],
            "prefix": REDIS_PREFIX,
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # As a list: a string would be cut at the commas between the Sentinels.
        "LOCATION": [REDIS_URL],
        "KEY_PREFIX": REDIS_PREFIX,
        "OPTIONS": {
            "pool_class": "dentalogic.core.redis_address.CachePool",
            "socket_timeout": 0.5,
            "socket_connect_timeout": 0.5,
            "retry": None,
        },
    }
}
CELERY_BROKER_URL = _redis.broker_url()
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REDIS_PREFIX}:celery:",
    **_redis.broker_options(),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_DEFAULT_QUEUE = "mail"

# topic -> {sink: handler}. Strings, so that the kernel knows no app; `check` imports them all.
OUTBOX_ROUTES = {
    "event.recorded": {"realtime": "clinics.realtime.publish_events"},
    "inbox.received": {"ingest": "whatsapp.inbox.ingest"},
    "conversation.turn_due": {"agent": "whatsapp.turns.answer"},
    "message.queued": {"whatsapp": "whatsapp.outbound.send"},
    "time.freed": {"google": "clinics.services.waiting_matches.announce_freed"},
    "waiting.expires": {"realtime": "clinics.services.waiting.expire_entries"},
    "move.told": {"whatsapp": "whatsapp.moves.tell"},
    "appointment.calendar": {"google": "clinics.gcal.push.sync_appointment"},
    "calendar.tested": {"google": "clinics.gcal.testing.try_calendar"},
    "patient.erased": {"ingest": "whatsapp.erasing.erase_conversations"},
    "registration.pending": {"mail": "clinics.tenancy.mail.notify_ceos"},
    "password.asked": {"mail": "clinics.tenancy.mail.send_reset_link"},
    "password.changed": {"mail": "clinics.tenancy.mail.tell_of_new_password"},
}
# What the robot `retention` sweeps: each names a function that returns kinds of rows.
RETENTION_KINDS = ["clinics.services.retention.kinds", "whatsapp.retention.kinds"]
# Called with a membership that was activated or suspended, inside its clinic and transaction.
ON_MEMBERSHIP_CHANGE = "clinics.services.staff.follow_membership"
# Called by the dispatcher every ten minutes; each forgets a bite of what nobody needs any more.
PRUNERS = [
    "dentalogic.core.relay.prune",
    "clinics.tenancy.pauses.prune",
    "clinics.tenancy.tokens.prune",
    "clinics.tenancy.sessions.prune",
]
# How long a worker may be silent before its work is given to another one.
OUTBOX_LEASE_SECONDS = env_float("OUTBOX_LEASE_SECONDS", 30, minimum=1, maximum=600)
# A turn waits for a model, and has to end before its own lease and then this one run out.
OUTBOX_LEASES = {"agent": env_float("OUTBOX_LEASE_AGENT_SECONDS", 120, minimum=1, maximum=600)}

OPENAI_API_KEY = env_str("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env_str("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_MODEL = env_str("OPENAI_MODEL", "")
OPENAI_TIMEOUT_SECONDS = env_float("OPENAI_TIMEOUT_SECONDS", 20, minimum=0.1, maximum=120)
AGENT_MAX_STEPS = env_int("AGENT_MAX_STEPS", 10, minimum=1, maximum=50)
AGENT_TURN_SECONDS = env_float("AGENT_TURN_SECONDS", 60, minimum=1, maximum=100)

WHATSAPP_GRAPH_URL = env_str("WHATSAPP_GRAPH_URL", "https://graph.facebook.com/v23.0")
WHATSAPP_ACCESS_TOKEN = env_str("WHATSAPP_ACCESS_TOKEN", "")
WHATSAPP_APP_SECRETS = env_list("WHATSAPP_APP_SECRET", "")
WHATSAPP_VERIFY_TOKEN = env_str("WHATSAPP_VERIFY_TOKEN", "")
WHATSAPP_QUIET_SECONDS = env_float("WHATSAPP_QUIET_SECONDS", 4, minimum=0, maximum=60)
WHATSAPP_MAX_WAIT_SECONDS = env_float("WHATSAPP_MAX_WAIT_SECONDS", 20, minimum=0, maximum=300)
WHATSAPP_TURN_LEASE_SECONDS = env_float("WHATSAPP_TURN_LEASE_SECONDS", 100, minimum=1, maximum=600)
check_order(
    AGENT_TURN_SECONDS=AGENT_TURN_SECONDS,
    WHATSAPP_TURN_LEASE_SECONDS=WHATSAPP_TURN_LEASE_SECONDS,
    OUTBOX_LEASE_AGENT_SECONDS=OUTBOX_LEASES["agent"],
)
WHATSAPP_MAX_BODY = 3 * 1024 * 1024

GOOGLE_CALENDAR_URL = env_str("GOOGLE_CALENDAR_URL", "https://www.googleapis.com").rstrip("/")
GOOGLE_CREDENTIALS_JSON = env_str("GOOGLE_CREDENTIALS_JSON", "")

EMAIL_URL = env_str("EMAIL_URL", "console://")
_mail = env_mail("EMAIL_URL", EMAIL_URL)
EMAIL_BACKEND = _mail.backend
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Dentalogic <no-reply@localhost>")

# Touched by the dispatcher and by workers as long as they turn: what their health checks read.
HEARTBEAT_FILE = env_str("HEARTBEAT_FILE", "")

LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
_json_lines = structlog.stdlib.ProcessorFormatter(
    foreign_pre_chain=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ],
    processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        frames_only,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": lambda: _json_lines},
        "plain": {"format": "%(asctime)s %(levelname)s %(message)s"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
        # Requests to join that no mail could carry: the operator passes them on by hand.
        "omega": {
            "()": "dentalogic.core.private_log.PrivateLog",
            "filename": HOME / "log" / "omega.log",
            "formatter": "plain",
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "dentalogic.omega": {"handlers": ["omega"], "level": "CRITICAL", "propagate": False},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
