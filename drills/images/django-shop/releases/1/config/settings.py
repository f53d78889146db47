"""The shop's settings: what differs between machines comes from /etc/shop/shop.ini, secrets from files of their own."""

from configparser import ConfigParser
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
RELEASE = HERE.name
SECRETS = Path("/run/secrets")

machine = ConfigParser()
machine.read("/etc/shop/shop.ini")

SECRET_KEY = (SECRETS / "secret_key").read_text()
# Whoever reaches the shop came through the proxy in front of it.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["shop"]
MIDDLEWARE = ["shop.telling.Telling"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": machine["database"]["host"],
        "NAME": machine["database"]["name"],
        "USER": machine["database"]["user"],
        "PASSWORD": (SECRETS / "db_password").read_text(),
        # A connection for each page: one that is kept over a restart of the server would fail the next visitor.
        "CONN_MAX_AGE": 0,
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": "/var/cache/shop",
        "TIMEOUT": machine.getint("cache", "seconds"),
        # A release never shows pages of another.
        "KEY_PREFIX": RELEASE,
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
