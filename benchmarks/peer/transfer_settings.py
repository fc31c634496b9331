"""Settings of the peer that makes transfers: django-hordak and what it needs, on a database of its own."""

from eid_portal import env

SECRET_KEY = "benchmark"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "mptt",
    "djmoney",
    "hordak",
]
DATABASES = {"default": env.postgres("PEER_DATABASE_URL")}
DATABASES["default"] |= {"CONN_MAX_AGE": 600}
DEFAULT_CURRENCY = "VND"
HORDAK_DECIMAL_PLACES = 0
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
