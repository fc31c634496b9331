"""Settings of the peer; what `startproject` writes, with the portal's hasher and database server."""

import os
from pathlib import Path

from eid_portal import env

ROOT = Path(__file__).resolve().parent
SECRET_KEY = "benchmark"
KEYS_FILE = env.var() / "keys.json"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.peer.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "benchmarks.peer",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": env.postgres("PEER_DATABASE_URL")}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
PASSWORD_HASHERS = ["eid_portal.core.passwords.PepperedArgon2Hasher"]
LOGIN_REDIRECT_URL = "/healthz"
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [ROOT.parent.parent / "locale"]  # the portal's words
STATIC_URL = "/static/"
STATIC_ROOT = env.var() / "static"
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
}
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WSGI_APPLICATION = "benchmarks.peer.wsgi.application"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peer.settings")
