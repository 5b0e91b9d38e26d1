"""Every setting, read from the environment; runs with none set. README's table lists them all."""

import contextlib
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured


def naming(read: Callable[..., Any]) -> Callable[..., Any]:
    """The reader of variables, which names the one that cannot be read."""

    def value(name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return read(name, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} is {os.environ.get(name)!r}: {error}") from error

    return value


def is_on(name: str, said: str) -> bool:
    """Whether a setting that is true or false is true."""
    if said.lower() not in (*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0"):
        raise ImproperlyConfigured(f"{name} is {said!r}: it takes true or false")
    return said.lower() in environ.Env.BOOLEAN_TRUE_STRINGS


env = environ.Env()
vars(env)["get_value"] = naming(env.get_value)
vars(env)["ENVIRON"] = {name: value for name, value in os.environ.items() if value}  # set to nothing is not set
BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(env.str("STAGELIGHT_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", default=8000)
HOST = env.str("HOST", default="127.0.0.1")
DEBUG = is_on("DEBUG", env.str("DEBUG", default="false"))


def kept_secret() -> str:
    """The signing key of an embedded start: made once, kept beside the data."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        try:
            DATA_DIR.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"STAGELIGHT_DATA_DIR is {str(DATA_DIR)!r}: {error.strerror}") from error
        mine = DATA_DIR / f"secret_key.{os.getpid()}"
        with open(mine, "w", opener=private) as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # of several processes that start at once, one key counts
            os.link(mine, path)
        mine.unlink()
    return path.read_text()


def private(path: str, flags: int) -> int:
    """Open a file that its owner alone may read."""
    return os.open(path, flags, 0o600)


SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")

CLICKHOUSE_URL = env.str("CLICKHOUSE_URL", default=f"chdb://{DATA_DIR / 'store'}")
CLICKHOUSE_CLUSTER = env.str("CLICKHOUSE_CLUSTER", default="")
EMBEDDED = CLICKHOUSE_URL.startswith("chdb:")
STORE_MEMORY_BYTES = env.int("STORE_MEMORY_BYTES", default=600_000_000)
LANGFUSE_BASE_URL = env.str("LANGFUSE_BASE_URL", default="").rstrip("/")
LANGFUSE_PUBLIC_KEY = env.str("LANGFUSE_PUBLIC_KEY", default="")
LANGFUSE_SECRET_KEY = env.str("LANGFUSE_SECRET_KEY", default="")
LANGFUSE_PUSHES_A_SECOND = env.float("LANGFUSE_PUSHES_A_SECOND", default=5.0)
INGEST_ACK = env.str("INGEST_ACK", default="spool")
INGEST_MAX_BYTES = env.int("INGEST_MAX_BYTES", default=64 * 1024 * 1024)
MEDIA_MAX_BYTES = env.int("MEDIA_MAX_BYTES", default=10 * 1024 * 1024)
MEDIA_TOTAL_BYTES = env.int("MEDIA_TOTAL_BYTES", default=512 * 1024 * 1024)
SPOOL_DIR = Path(env.str("SPOOL_DIR", default=str(DATA_DIR / "spool")))
SPOOL_MAX_BYTES = env.int("SPOOL_MAX_BYTES", default=4 * 1024**3)

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'stagelight.sqlite3'}")}
if "ENGINE" not in DATABASES["default"]:
    raise ImproperlyConfigured("DATABASE_URL is no database's address, as in postgres://user:password@host/name")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="memory://")
CELERY_APP = "config.celery:app"
CELERY_BEAT_SCHEDULE = {
    "forget ended sign-ins": {"task": "tracing.forget_ended_sign_ins", "schedule": 86_400.0},
    "attribute what is due": {"task": "tracing.attribute_due", "schedule": 3.0, "options": {"expires": 3.0}},
    "copy decisions": {"task": "tracing.copy_decisions", "schedule": 5.0, "options": {"expires": 5.0}},
    "look at drift": {"task": "tracing.look_at_drift", "schedule": crontab(hour=3, minute=17)},
    "join what is detached": {"task": "tracing.join_detached", "schedule": 15.0, "options": {"expires": 15.0}},
    "run jobs": {"task": "tracing.run_jobs", "schedule": 10.0, "options": {"expires": 10.0}},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1} if CELERY_BROKER_URL == "memory://" else {}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "tracing",
    "review",
    "dashboards",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tracing.straight.straight_to_the_receiver",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tracing.views.wrong_method.in_words",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
    },
]

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the receiver counts bytes itself: Django's 400 is never retried by exporters
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = env.str("LOG_LEVEL", default="WARNING").upper()
if LOGGING not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured(f"LOG_LEVEL is {LOGGING!r}: it is one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
