"""What every way of running the portal shares; each value that differs per machine comes from the environment."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from eid_portal import env
from eid_portal.env import Addresses

# --- Where things are ---------------------------------------------------------------------------
ROOT = env.ROOT
VAR = env.var()
PORT = env.whole("EID_PORT", 8000)
PORTAL_URL = env.text("EID_PORTAL_URL", f"http://localhost:{PORT}").rstrip("/")
HELPLINE = env.text("EID_HELPLINE", "1900 0000")

# --- Keys ---------------------------------------------------------------------------------------
# One file of key material (see eid_portal/core/keys.py); made by `manage.py make_keys`.
KEYS_FILE = Path(env.text("EID_KEYS_FILE") or VAR / "keys.json")
# Django wants one named here; core's AppConfig puts the true one in its place, from the key file.
SECRET_KEY = "in-the-key-file"  # noqa: S105 - these words are no secret

# Places of networks for the list of devices; docs/operations.md.
LOCATION_FILE = env.text("EID_LOCATION_FILE")
METRICS_TOKEN = env.text("EID_METRICS_TOKEN")  # who has it reads /metrics; without one nobody does

# --- Django -------------------------------------------------------------------------------------
DEBUG = False
ALLOWED_HOSTS = env.words("EID_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
ROOT_URLCONF = "eid_portal.urls"
WSGI_APPLICATION = "eid_portal.wsgi.application"
CELERY_APP = "eid_portal.celery"
AUTH_USER_MODEL = "accounts.Account"
LOGIN_URL = "/sign-in/"
AUTHENTICATION_BACKENDS = ["accounts.backends.RolesBackend"]
PASSWORD_HASHERS = ["eid_portal.core.passwords.PepperedArgon2Hasher"]
TEST_RUNNER = "eid_portal.core.no_runner.UsePytest"

INSTALLED_APPS = [
    "eid_portal.core",
    "accounts",
    "documents",
    "payments",
    "procedures",
    "accounts.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "eid_portal.core.web.RequestContextMiddleware",
    "eid_portal.core.web.RefuseBrokenRequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "eid_portal.core.web.PrivateResponseMiddleware",
    "accounts.middleware.DeviceSessionMiddleware",
    "eid_portal.core.web.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "eid_portal.core.readonly.ReadOnlyMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "eid_portal.jinja.Templates",
        "NAME": "jinja2",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {"environment": "eid_portal.jinja.environment"},
    },
    {
        # The Django admin alone; Jinja2 never searches this folder.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates" / "admin_dtl"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "eid_portal.core.web.PortalFormRenderer"

# --- Database: services own their transactions ---------------------------------------------------
DATABASES = {"default": env.postgres("DATABASE_URL")}
DATABASES["default"] |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# Names of statements belong to a connection to the server; a pooler that lends one for each transaction loses them.
PREPARED_STATEMENTS = env.truth("EID_PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: it saves work and rings bells; nothing is lost without it ----------------------------
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_TIMEOUT = timedelta(milliseconds=250)
REDIS_REST = timedelta(seconds=5)

# --- Celery rings the bell; the rows are the queue ----------------------------------------------
# A bell is acknowledged when it is heard: what a dead worker leaves is rung for again by the relay. With ACKS_LATE a
# worker in the middle of its work ends when Redis does: its channel, already closed, cannot give the bell back.
CELERY_BROKER_URL = env.text("EID_BROKER_URL", REDIS_URL.replace("unix://", "redis+socket://"))
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 120,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Seconds between two rings; a ring that nobody heard until the next one is dropped.
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in {
        "core.seal_audit": 15,
        "core.witness_audit": 15,
        "core.expire_approvals": 60,
        "core.tidy": 3600,
        "accounts.begin_card_review": 3600,
        "accounts.begin_guardianship_review": 3600,
        "accounts.abandon_cases": 3600,
        "accounts.draw_samples": 3600,
        "accounts.settle_contacts": 60,
        "accounts.ask_route_checks": 600,
        "accounts.delete_exports": 600,
        "accounts.end_consents": 600,
        "documents.begin_recheck": 300,
        "documents.note_unanswered": 30,
        "documents.follow_corrections": 60,
        "payments.begin_reconciliation": 300,
        "payments.begin_bills": 3600,
        "payments.remind_of_bills": 3600,
        "payments.begin_scheduled": 300,
        "procedures.tidy_drafts": 3600,
        "procedures.tick": 60,
        "procedures.measure": 3600,
        "procedures.remind_of_mandates": 3600,
    }.items()
}

# --- Languages and time -------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "eid_portal.formats"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = True

# --- Static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = Path(env.text("EID_STATIC") or VAR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "eid_portal.core.web.HashedStaticFiles"},
}

# --- What the browser is told -------------------------------------------------------------------
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "eid_portal.core.web.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Addresses of the proxies in front of the portal; only their X-Forwarded-For is believed.
TRUSTED_PROXIES = env.words("EID_TRUSTED_PROXIES")
TRUSTED_PROXY_TLS = env.truth("EID_TRUSTED_PROXY_TLS")
if TRUSTED_PROXY_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a repeating group of a form has many
FILE_UPLOAD_HANDLERS = [
    "eid_portal.core.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
UPLOAD_LIMIT = 10 * 1024 * 1024  # of the files of one request: a phone's picture, a contract as PDF
UPLOAD_READ_MOST = 64 * 1024 * 1024  # taken in, so that the page can say that it is too large
LARGE_UPLOADS = frozenset({"admin:payments_statementfile_add"})  # a day's file of a party
CLAMD_SOCKET = env.text("EID_CLAMD_SOCKET")  # of ClamAV's daemon; without one files are not scanned
API_BODY_LIMIT = 4 * 1024 * 1024
API_DEPTH_LIMIT = 32

# --- The API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["eid_portal.core.api.NobodyUnlessSaid"],
    "DEFAULT_PARSER_CLASSES": ["eid_portal.core.api.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "eid_portal.core.api.problem_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "eid_portal.core.api.JSONOnly",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "National e-ID account portal",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used: many share a name, none a meaning
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# --- Outside parties: each is spoken to by one gateway ------------------------------------------
SANDBOX_URL = env.text("EID_SANDBOX_URL", f"http://localhost:{PORT + 1}")
SANDBOX_PUBLIC_URL = env.text("EID_SANDBOX_PUBLIC_URL", SANDBOX_URL)  # as a browser reaches it
OUTSIDE = Addresses(
    SANDBOX_URL,
    "population",
    "sms",
    "email",
    "timestamp",
    "traffic-police",
    "vehicle-register",
    "motor-insurance",
    "social-insurance",
    "certificates",
    "napas",
    "evn",
    "water",
    "health-premiums",
    "social-premiums",
    "treasury",
    "bill-hub",
    "agency-desk",
)
# Public keys (Ed25519, base64) of outside parties: JSON {party: {key id: key}}.
OUTSIDE_KEYS_FILE = Path(env.text("EID_OUTSIDE_KEYS_FILE") or VAR / "outside-keys.json")
OUTSIDE_CONNECT_TIMEOUT = timedelta(seconds=2)
OUTSIDE_READ_TIMEOUT = timedelta(seconds=7)

# --- Audit --------------------------------------------------------------------------------------
AUDIT_ANCHORS = Path(env.text("EID_ANCHORS") or VAR / "anchors")

# --- Logs: structured, and never a person -------------------------------------------------------
LOGGING_CONFIG = None
LOG_LEVEL = env.text("EID_LOG_LEVEL", "INFO")
LOG_JSON = env.truth("EID_LOG_JSON", default=True)

# --- Demonstration ------------------------------------------------------------------------------
DEMONSTRATION = False
SILENCED_SYSTEM_CHECKS: list[str] = []
