"""Settings that depend on the deployment come from environment variables, which the charm sets."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def variable(name, default=""):
    """A variable that the charm sets."""
    return os.environ.get(name, default)


DEBUG = variable("DJANGO_DEBUG") == "true"

# Without a charm's key, as in development, a key for the lifetime of the process.
SECRET_KEY = variable("DJANGO_SECRET_KEY") or os.urandom(32).hex()

# The hosts of the option and of the base URL, and the unit itself, for probes and the playground.
ALLOWED_HOSTS = [*json.loads(variable("DJANGO_ALLOWED_HOSTS", "[]")), "localhost", "127.0.0.1"]
BASE_URL = variable("DJANGO_BASE_URL")
CSRF_TRUSTED_ORIGINS = ["/".join(BASE_URL.split("/")[:3])] if BASE_URL else []
# An ingress may serve the application below a path, which it strips from requests: links must have it.
FORCE_SCRIPT_NAME = urlsplit(BASE_URL).path.rstrip("/") or None

# The author's own options.
GREETING = variable("DJANGO_GREETING", "Hello from Django!")
PAGE_SIZE = int(variable("DJANGO_PAGE_SIZE", "10"))

POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": variable("POSTGRESQL_DB_HOSTNAME"),
    "PORT": variable("POSTGRESQL_DB_PORT"),
    "NAME": variable("POSTGRESQL_DB_NAME"),
    "USER": variable("POSTGRESQL_DB_USERNAME"),
    "PASSWORD": variable("POSTGRESQL_DB_PASSWORD"),
}
# SQLite is for development; the charm starts Django only with a database.
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
DATABASES = {"default": POSTGRESQL if POSTGRESQL["NAME"] else SQLITE}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "book",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
ROOT_URLCONF = "guestbook.urls"
WSGI_APPLICATION = "guestbook.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
USE_TZ = True
