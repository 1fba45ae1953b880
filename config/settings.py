"""All settings, read from environment variables, or from `.env` where a variable is not set.

Without any, the server runs on one machine: embedded PostgreSQL under `DATA_DIR`, broker and cache
in the same database, and a generated secret key. An invalid value stops every command with one
sentence. Importing this module starts nothing.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from config.foundation import environment
from config.foundation.logs import logging_config
from config.foundation.secret import development_secret_key
from config.openapi.parts import SPECTACULAR
from config.postgres import logins

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(io.StringIO(environment.file_lines(BASE_DIR / ".env")))

# --- where it lives
# -------------------------------------------------------------------------------------

DATA_DIR = Path(environment.text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
DEBUG = environment.flag("DEBUG")
PUBLIC_URL = environment.address("PUBLIC_URL", ("http", "https")).rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")

# --- database
# -------------------------------------------------------------------------------------------

POSTGRESQL = ("postgresql", "postgres")
DATABASE_URL = environment.address("DATABASE_URL", POSTGRESQL)
EMBEDDED = not DATABASE_URL
# Prefix of the roles that `create_roles` creates. Empty: the database's name and an underscore.
DATABASE_ROLE_PREFIX = environment.text("DATABASE_ROLE_PREFIX")
DATABASE_POOLED = environment.flag("DATABASE_POOLED")
# Seconds to connect to one host, and to notice a lost host. DATABASE_URL's own values win.
DIALLING = {
    "connect_timeout": environment.whole("DATABASE_CONNECT_TIMEOUT", 5, low=2, high=60),
    "tcp_user_timeout": 1000 * environment.whole("DATABASE_LOST_TIMEOUT", 15, low=5, high=600),
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# Seconds, by class of process (config/postgres/time_limits.py); 0: no limit.
DATABASE_LIMITS = {
    "web": {
        "statement": environment.whole("WEB_STATEMENT_TIMEOUT", 10, low=1, high=3600),
        "lock": environment.whole("WEB_LOCK_TIMEOUT", 5, low=1, high=3600),
        "idle_in_transaction_session": environment.whole("WEB_IDLE_TIMEOUT", 10, low=1, high=3600),
    },
    "worker": {
        "statement": environment.whole("WORKER_STATEMENT_TIMEOUT", 120, low=0, high=86_400),
        "lock": environment.whole("WORKER_LOCK_TIMEOUT", 10, low=0, high=3600),
        "idle_in_transaction_session": environment.whole(
            "WORKER_IDLE_TIMEOUT", 30, low=0, high=3600
        ),
    },
    "migrations": {
        "statement": environment.whole("MIGRATION_STATEMENT_TIMEOUT", 0, low=0, high=86_400),
        "lock": environment.whole("MIGRATION_LOCK_TIMEOUT", 5, low=0, high=3600),
        "idle_in_transaction_session": environment.whole(
            "MIGRATION_IDLE_TIMEOUT", 30, low=0, high=3600
        ),
    },
}
# TLS to a database on another machine: `require` encrypts, `verify-full` also checks the server's
# certificate, `off` leaves it to DATABASE_URL.
DATABASE_TLS = environment.choice("DATABASE_TLS", "require", ("require", "verify-full", "off"))
# Oracle, treasury and carrier on other machines need https, unless this is `off`.
PEER_TLS = environment.choice("PEER_TLS", "on", ("on", "off"))
# Of every connection. Hand-written statements are prepared at their first use (config/postgres),
# except behind a transaction pooler.
DATABASE_OPTIONS = DIALLING | {"prepare_threshold": None if DATABASE_POOLED else 0}
DATABASES = {
    "default": logins.default(
        DATABASE_URL, prefix=DATABASE_ROLE_PREFIX, options=DATABASE_OPTIONS, tls=DATABASE_TLS
    )
    | {
        "ENGINE": "config.postgres",
        # A connection outlives a request and is checked before it is used again.
        "CONN_MAX_AGE": environment.whole("DATABASE_CONN_MAX_AGE", 600, low=0, high=86_400),
        "CONN_HEALTH_CHECKS": True,
        # Behind a transaction pooler (PgBouncer) a server-side cursor may reach another connection.
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
        # The ORM binds on the client: with server-side binding, PostgreSQL treats a parameterized
        # expression in SELECT and in GROUP BY as two different ones.
    }
}
# Worker and migrations may log in as other roles.
DATABASE_LOGINS = logins.others(
    DATABASES["default"],
    environment.address("WORKER_DATABASE_URL", POSTGRESQL),
    environment.address("MIGRATION_DATABASE_URL", POSTGRESQL),
    prefix=DATABASE_ROLE_PREFIX,
    options=DATABASE_OPTIONS,
    tls=DATABASE_TLS,
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- secrets and hosts
# ----------------------------------------------------------------------------------

SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY:
    if not EMBEDDED:
        raise ImproperlyConfigured("SECRET_KEY is not set. With a DATABASE_URL it is required.")
    SECRET_KEY = development_secret_key(DATA_DIR)
# Earlier keys, newest first, separated by commas. They still open sessions, links and second
# factors, and sign nothing new.
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS", [])
if min(len(key) for key in (SECRET_KEY, *SECRET_KEY_FALLBACKS)) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY and each of SECRET_KEY_FALLBACKS must have at least 32 characters."
    )

_own_host = urlsplit(PUBLIC_URL).hostname
ALLOWED_HOSTS = environment.words(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", *([_own_host] if _own_host else [])]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# A browser accepts a `__Host-` cookie only over https, for this host and the whole site.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-sessionid", "__Host-csrftoken") if HTTPS else ("sessionid", "csrftoken")
)
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "config.web.sessions"
SESSION_SAVE_EVERY_REQUEST = (
    False  # config/web/session_limits.py has the limits and writes at most once a minute
)
# A login ends after this many seconds without a request, and after this many in total. Staff have
# shorter limits.
SESSION_IDLE_LIMIT = environment.whole("SESSION_IDLE_LIMIT", 2 * 3600, low=60, high=30 * 86_400)
SESSION_ABSOLUTE_LIMIT = environment.whole(
    "SESSION_ABSOLUTE_LIMIT", 12 * 3600, low=60, high=30 * 86_400
)
STAFF_SESSION_IDLE_LIMIT = environment.whole(
    "STAFF_SESSION_IDLE_LIMIT", 30 * 60, low=60, high=30 * 86_400
)
STAFF_SESSION_ABSOLUTE_LIMIT = environment.whole(
    "STAFF_SESSION_ABSOLUTE_LIMIT", 8 * 3600, low=60, high=30 * 86_400
)
SESSION_COOKIE_AGE = max(SESSION_ABSOLUTE_LIMIT, STAFF_SESSION_ABSOLUTE_LIMIT)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [
    r"^(_/)?api/v1(/|$)"
]  # the API refuses HTTP itself, because a redirect loses a POST
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Trust only a proxy that overwrites this header; therefore it is a separate setting.
BEHIND_TLS_PROXY = environment.flag("BEHIND_TLS_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
# The number of our own proxies in front, each of which appends its client to X-Forwarded-For.
# Earlier entries may be forged. A proxy that only terminates TLS counts
# (config/web/middleware.py).
TRUSTED_PROXIES = environment.whole("TRUSTED_PROXIES", int(BEHIND_TLS_PROXY), low=0, high=10)
# Limits of a page's request: characters of its path and query, of all its headers, and bytes of a
# form's fields (uploaded files have their own limit).
PAGE_ADDRESS_LIMIT = environment.whole("PAGE_ADDRESS_LIMIT", 8192, low=2048, high=65_536)
PAGE_HEADER_LIMIT = environment.whole("PAGE_HEADER_LIMIT", 16_384, low=4096, high=1_048_576)
DATA_UPLOAD_MAX_MEMORY_SIZE = environment.whole(
    "FORM_FIELDS_LIMIT", 262_144, low=65_536, high=2_621_440
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:"],  # data: for the arrows and marks inside our own stylesheet
        "object-src": ["'none'"],
    }
}

# --- the parts
# ------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "partners",
    "inventory",
    "buyback",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.apps.StaticFilesConfig",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "heroicons",
    "pgtrigger",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "config.web.middleware.RequestIdMiddleware",
    "config.web.middleware.SafeHeadersMiddleware",
    "config.web.middleware.PageLimitsMiddleware",
    # before anything that reads REMOTE_ADDR: logins, limits, sessions
    "config.web.middleware.ClientAddressMiddleware",
    # before anything that checks the host: probes call by IP
    "config.web.health.HealthMiddleware",
    "config.web.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages…: browser features that are skipped for the API (config/web/middleware.py).
    # random padding, so that the response length reveals nothing about secrets in the page
    "config.web.middleware.PagesGZipMiddleware",
    "config.web.middleware.PagesSessionMiddleware",
    "config.web.middleware.PagesLocaleMiddleware",
    "config.web.middleware.PagesCommonMiddleware",
    "config.web.middleware.PagesCsrfViewMiddleware",
    "config.web.middleware.PagesAuthenticationMiddleware",
    "config.web.middleware.PagesSessionLimitsMiddleware",
    "config.web.middleware.PagesMessageMiddleware",
    "partners.records.denied.DeniedRightsMiddleware",
    "config.web.middleware.PagesXFrameOptionsMiddleware",
    "config.web.middleware.PagesCSPMiddleware",
    "config.web.middleware.PagesHtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth checks for this name
]

TAKEN = (
    "_",
    "account",
    "api",
    "dashboard",
    "faces",
    "healthz",
    "login",
    "logout",
    "static",
)  # all others
ADMIN_PATH = environment.path("ADMIN_PATH", "admin/", TAKEN)
# config/web/middleware.py wraps these two under other names; tests/config/web/test_headers.py
# checks their effect.
SILENCED_SYSTEM_CHECKS = ["security.W002", "security.W003"]
ROOT_URLCONF = "config.urls"
APPEND_SLASH = (
    False  # the public contract has no trailing slashes, and a redirect would lose a POST
)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- people
# ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "partners.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = "/login/"
CSRF_FAILURE_VIEW = "partners.dashboard.home.stale_form"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Signing in (django-allauth; addresses in partners/dashboard/accounts.py). There is no sign-up:
# people are invited.
ACCOUNT_ADAPTER = "partners.people.allauth_adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # ours: partners/people/verification.py
ACCOUNT_FORMS = {
    "login": "partners.dashboard.login.LoginForm",
    "reauthenticate": "partners.dashboard.login.ReauthenticateForm",
    "reset_password": "partners.dashboard.login.ResetPasswordForm",
    "reset_password_from_key": "partners.dashboard.login.ResetPasswordKeyForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = (
    15 * 60
)  # seconds that a confirmed password or factor counts as recent
# Login rate limiting, counted in the shared cache under a lock, so that simultaneous attempts all
# count: for one account from one address, and (``guess``, partners/people/allauth_adapters.py) for
# one address over all accounts. Only failures remain counted.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/15m/key",
    "guess": "50/15m/ip",
    "verify": "10/15m/ip",
    "login": "120/m/ip",
    "reauthenticate": "20/m/user",
}
# Codes that staff hand over to verify an address: hours that one works, and wrong tries that it
# allows.
VERIFICATION_CODE_HOURS = environment.whole("VERIFICATION_CODE_HOURS", 24, low=1, high=168)
VERIFICATION_CODE_TRIES = environment.whole("VERIFICATION_CODE_TRIES", 5, low=1, high=20)
MFA_ADAPTER = "partners.people.allauth_adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Steps of 30 seconds that an app's clock may differ by. A code still works once
# (partners/dashboard/signing_in/factors.py).
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a PIN or biometrics; touch alone proves no person
MFA_FORMS = {
    "authenticate": "partners.dashboard.signing_in.factors.AuthenticateForm",
    "reauthenticate": "partners.dashboard.signing_in.factors.ReauthenticateForm",
    "authenticate_webauthn": "partners.dashboard.signing_in.factors.AuthenticateWebAuthnForm",
    "login_webauthn": "partners.dashboard.signing_in.factors.LoginWebAuthnForm",
    "reauthenticate_webauthn": "partners.dashboard.signing_in.factors.ReauthenticateWebAuthnForm",
    "add_webauthn": "partners.dashboard.signing_in.factors.AddWebAuthnForm",
}
MFA_TOTP_ISSUER = "Instant Sellback"

# --- e-mail
# ---------------------------------------------------------------------------------------------

# A mail server, such as smtp+tls://user:password@host:587. Empty: no mail is sent, and no page
# offers it.
EMAIL_URL = environment.address(
    "EMAIL_URL", ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "memorymail")
)
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if EMAIL_URL:
    vars().update(environment.parsed("EMAIL_URL", environ.Env.email_url_config, EMAIL_URL))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text(
    "EMAIL_FROM", "Instant Sellback <no-reply@localhost>"
)
EMAIL_TIMEOUT = 10  # seconds
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)

# --- time and language
# ----------------------------------------------------------------------------------

# Languages of the dashboard, chosen by the viewer's browser; to add one: docs/languages.md. The
# API is not translated.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- cache, broker, static files
# ------------------------------------------------------------------------

CACHE_URL = environment.address("CACHE_URL", ("redis", "rediss"))
CACHE_TIMEOUT = environment.fraction("CACHE_TIMEOUT", 0.25, low=0.01, high=5.0)  # seconds for Redis
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "config.web.shared_cache.SharedCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    # Large enough for login counters: with the default of 300, an attacker could evict a counter.
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Empty: the queue is in the database above (`config/postgres/broker.py`).
CELERY_BROKER_URL = environment.address(
    "CELERY_BROKER_URL", ("pgmq", "redis", "rediss", "amqp", "amqps")
)

FILE_UPLOAD_HANDLERS = [
    "config.web.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are only for debugging. Pages name every file by its content hash.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- logs
# -----------------------------------------------------------------------------------------------

LOG_FORMAT = environment.choice("LOG_FORMAT", "text" if EMBEDDED else "json", ("text", "json"))
LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)

# The ends of the hash chains of ledger and audit log, one JSON object a line. Ship it elsewhere.
CHAIN_HEADS_FILE = Path(
    environment.text("CHAIN_HEADS_FILE", str(DATA_DIR / "chain-heads.jsonl"))
).absolute()

# --- the web server (config/web)
# ------------------------------------------------------------------------

MAX_CONNECTIONS = environment.whole(
    "MAX_CONNECTIONS", 1024, low=16, high=65_536
)  # all web processes together
# What the bodies that are still arriving may hold in one process, in bytes.
MAX_ARRIVING_BYTES = environment.whole(
    "MAX_ARRIVING_BYTES", 64 * 1024 * 1024, low=16 * 1024 * 1024, high=4 * 1024**3
)
REQUEST_TIMEOUT = environment.whole(
    "REQUEST_TIMEOUT", 10, low=1, high=120
)  # seconds for headers and body
RESPONSE_STALL = environment.whole(
    "RESPONSE_STALL", 10, low=1, high=120
)  # seconds without the client reading
RESPONSE_TIMEOUT = environment.whole(
    "RESPONSE_TIMEOUT", 300, low=10, high=3600
)  # seconds for a long response
KEEP_ALIVE = environment.whole(
    "KEEP_ALIVE", 75, low=1, high=600
)  # seconds that an idle connection stays open
MAX_FORM_BYTES = environment.whole("MAX_FORM_BYTES", 1_048_576, low=65_536, high=16_777_216)
MAX_IMPORT_BYTES = environment.whole("MAX_IMPORT_BYTES", 8_388_608, low=1_048_576, high=268_435_456)
DRAIN_SECONDS = environment.whole(
    "DRAIN_SECONDS", 30, low=1, high=600
)  # for requests under way at SIGTERM

# --- the partner API
# ------------------------------------------------------------------------------------

# Calls a minute for each environment, over all web processes; without CACHE_URL each process
# counts its own share. Writes count separately; 0: the same limit as reads.
API_RATE_LIMIT = environment.whole("API_RATE_LIMIT", 6000, low=1, high=100_000_000)
API_WRITE_LIMIT = environment.whole("API_WRITE_LIMIT", 0, low=0, high=100_000_000)
# Shipping quotes count as writes and also have this limit, which a partner's own limit does not
# raise.
API_QUOTE_LIMIT = environment.whole("API_QUOTE_LIMIT", 600, low=1, high=100_000_000)
# USD of the pulls that one partner's users buy in live in a clock hour: each purchase counts its
# price, or what its cards sell back for, if that is more. 0: no cap.
BUY_CAP_PER_PARTNER_HOUR = environment.whole(
    "BUY_CAP_PER_PARTNER_HOUR", 25_000, low=0, high=999_999_999
)
WEB_WORKERS = environment.whole("WEB_WORKERS", 2, low=1, high=256)
WEB_THREADS = environment.whole(
    "WEB_THREADS", 2, low=1, high=256
)  # of each lane (config/web/routing.py)
WEB_PEER_THREADS = environment.whole(
    "WEB_PEER_THREADS", 64, low=1, high=1024
)  # calls that wait for peers
WEB_PEER_CONNECTIONS = environment.whole(
    "WEB_PEER_CONNECTIONS", 4, low=1, high=64
)  # to the database, for those
WEB_PEER_CONNECTION_TIMEOUT = environment.whole(
    "WEB_PEER_CONNECTION_TIMEOUT", 10, low=1, high=60
)  # seconds
WEB_QUEUE = environment.whole(
    "WEB_QUEUE", 1024, low=1, high=100_000
)  # requests that wait for a lane
WEB_QUEUE_SECONDS = environment.whole("WEB_QUEUE_SECONDS", 10, low=1, high=60)
TASK_PROCESSES = environment.whole("TASK_PROCESSES", 2, low=1, high=256)

SPECTACULAR_SETTINGS = SPECTACULAR
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_PERMISSION_CLASSES": ["partners.api.authentication.Nobody"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "config.openapi.generator.Described",
    "EXCEPTION_HANDLER": "config.foundation.errors.answer",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

# --- the outside world
# ----------------------------------------------------------------------------------

# Connections of one process to one peer: at least as many as threads that may wait for it.
OUTBOUND_CONNECTIONS = environment.whole("OUTBOUND_CONNECTIONS", 128, low=1, high=1024)

# The pricing oracle (`buyback/live/oracle.py`). Empty: the price is the catalogue's fmv.
ORACLE_URL = environment.peer("ORACLE_URL", tls=PEER_TLS == "on")
ORACLE_KEY = environment.signing_keys("ORACLE_KEY")  # set: both sides sign
ORACLE_TIMEOUT = environment.whole(
    "ORACLE_TIMEOUT", 2, low=1, high=10
)  # seconds in all, one retry included
ORACLE_MAX_AGE = environment.whole("ORACLE_MAX_AGE", 3600, low=1, high=86_400)  # seconds
ORACLE_MAX_MOVE = environment.whole("ORACLE_MAX_MOVE", 3, low=2, high=1000)  # a factor, up or down
# USD: a first price above it, set by hand or by an import, waits for a second person. So does a
# change by more than ORACLE_MAX_MOVE times, up or down, within DUAL_CONTROL_MIN_AGE.
MANUAL_PRICE_MAX = environment.whole("MANUAL_PRICE_MAX", 5000, low=1, high=999_999_999)
# Seconds that an account and its rights must be older than a proposal that the account confirms.
DUAL_CONTROL_MIN_AGE = environment.whole("DUAL_CONTROL_MIN_AGE", 86_400, low=3600, high=30 * 86_400)

# Destinations of live shipping, as two-letter codes. A sandbox accepts any.
SHIPPING_COUNTRIES = environment.countries(
    "SHIPPING_COUNTRIES",
    (
        "AT AU BE CA CH CZ DE DK EE ES FI FR GB GR HR HU IE IT JP LT LU LV MX NL NO NZ PL PT RO SE "
        "SG SI SK US"
    ),
)

# Days after which a delivered, cancelled or failed order loses its address
# (`inventory/shipping/retention.py`).
ADDRESS_RETENTION_DAYS = environment.whole("ADDRESS_RETENTION_DAYS", 180, low=1, high=3660)

# The carrier that prices live parcels (`inventory/shipping/carrier.py`). Empty: our own table.
CARRIER_URL = environment.peer("CARRIER_URL", tls=PEER_TLS == "on")
CARRIER_KEY = environment.signing_keys("CARRIER_KEY")  # set: both sides sign
CARRIER_TIMEOUT = environment.whole("CARRIER_TIMEOUT", 4, low=1, high=20)  # seconds for a call
CARRIER_MAX_AMOUNT = environment.whole(
    "CARRIER_MAX_AMOUNT", 1000, low=1, high=1_000_000
)  # USD; a higher rate is rejected

# The treasury (`buyback/live/treasury.py`). Empty: sellbacks are settled internally.
TREASURY_URL = environment.peer("TREASURY_URL", tls=PEER_TLS == "on")
TREASURY_KEY = environment.signing_keys("TREASURY_KEY")
TREASURY_TIMEOUT = environment.whole(
    "TREASURY_TIMEOUT", 5, low=1, high=20
)  # seconds; below the lease of an attempt
# How long, in seconds, the treasury remembers a reference. An hour before that, an open attempt
# goes to review.
TREASURY_RETENTION = environment.whole(
    "TREASURY_RETENTION", 7 * 86_400, low=7200, high=366 * 86_400
)
# Seconds after which the treasury's list and ours must agree about a sellback.
TREASURY_COMPARE_AFTER = environment.whole("TREASURY_COMPARE_AFTER", 900, low=60, high=3000)
if TREASURY_URL and not TREASURY_KEY:
    raise ImproperlyConfigured(
        "TREASURY_URL is set, so TREASURY_KEY must hold at least 32 characters."
    )
