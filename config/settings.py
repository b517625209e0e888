"""Django's settings, all of them derived from the typed environment."""

from __future__ import annotations

from typing import Any

from config.database.aliases import databases
from config.environment import environment
from config.environment_values import Stage
from config.topology import CONTEXTS
from shared_kernel import contexts
from shared_kernel.http import rate_policies
from shared_kernel.http import settings as rest

ENVIRONMENT = environment()
PRODUCTION = ENVIRONMENT.production
VERSION = "0.1.0"

contexts.configure(CONTEXTS, ENVIRONMENT.contexts)


# What the packages below `config` may know of the configuration

ASHLAR_CONTEXTS = ENVIRONMENT.contexts
ASHLAR_ROLE = ENVIRONMENT.role.value
ASHLAR_TEST_MODE = ENVIRONMENT.test_mode
# In production a hosted facade is called directly; everywhere else as if it were remote.
ASHLAR_FACADES_THROUGH_CODEC = not ENVIRONMENT.production
ASHLAR_STAGE = ENVIRONMENT.stage.value
ASHLAR_REDIS_URL = ENVIRONMENT.redis_url
ASHLAR_DOCS_ENABLED = ENVIRONMENT.docs_enabled
ASHLAR_ADMIN_ENABLED = ENVIRONMENT.admin_enabled
ASHLAR_ADMITTED_REQUESTS = ENVIRONMENT.capacity.admitted
ASHLAR_WEB_PROCESSES = ENVIRONMENT.capacity.web_workers
ASHLAR_ACCESS_TOKEN_PRIVATE_KEY = ENVIRONMENT.token_keys.private
ASHLAR_ACCESS_TOKEN_KEY_ID = ENVIRONMENT.token_keys.private_kid
ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS = ENVIRONMENT.token_keys.public
ASHLAR_ORDER_TOKEN_KEY = ENVIRONMENT.secrets.order_token
ASHLAR_CURSOR_KEY = ENVIRONMENT.secrets.cursor
ASHLAR_SIM_PROVIDER_URL = ENVIRONMENT.simulator.url if ENVIRONMENT.simulator else None
ASHLAR_SIM_PROVIDER_SECRET = ENVIRONMENT.simulator.secret if ENVIRONMENT.simulator else None

# Django

SECRET_KEY = ENVIRONMENT.secrets.django
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.listeners.allowed_hosts)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
APPEND_SLASH = False

DATABASES = databases(ENVIRONMENT)
DATABASE_ROUTERS = ["config.routers.ContextRouter"]

INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "shared_kernel",
    *ENVIRONMENT.contexts,
]

MIDDLEWARE = [
    "shared_kernel.http.problem_guard.ProblemGuard",
    "shared_kernel.http.request_id.RequestContextMiddleware",
    "shared_kernel.http.security_headers.SecurityHeadersMiddleware",
    "shared_kernel.http.body_limit.BodyLimitMiddleware",
    "config.admission.AdmissionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
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

# Static files (admin and API pages only) are served straight from the packages, so there is no collect step to forget.
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Our own pages load them; no other origin needs to read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False

# A body larger than this is refused by Django's own reader too; the REST kernel refuses it earlier and politely.
DATA_UPLOAD_MAX_MEMORY_SIZE = rest.LARGEST_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Security

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_NAME = "ashlar_admin_session"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "ashlar_admin_csrf"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if ENVIRONMENT.listeners.trusted_proxies:
        # Only a proxy of ours may say that the client came over TLS; without one the header is anybody's claim.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# REST

REST_FRAMEWORK: dict[str, Any] = {**rest.REST_FRAMEWORK, "NUM_PROXIES": ENVIRONMENT.listeners.trusted_proxies}
SPECTACULAR_SETTINGS = rest.SPECTACULAR_SETTINGS
CSRF_FAILURE_VIEW = "shared_kernel.http.django_errors.csrf_failure"
# Policies by name, as "<requests>/<seconds>"; see shared_kernel.http.throttling for what they mean.
ASHLAR_RATE_LIMITS = rate_policies.STRICT if PRODUCTION else rate_policies.GENEROUS

# Mail

EMAIL_TIMEOUT = 6
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail.sender
if ENVIRONMENT.mail.host is not None:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = ENVIRONMENT.mail.host
    EMAIL_PORT = ENVIRONMENT.mail.port
    EMAIL_HOST_USER = ENVIRONMENT.mail.user
    EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.password
    EMAIL_USE_TLS = ENVIRONMENT.mail.use_tls
elif ENVIRONMENT.stage is Stage.TEST:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Logs

LOGGING_CONFIG = "shared_kernel.observability.logging.configure_from"
LOGGING: dict[str, Any] = {
    "service": "ashlar",
    "role": ENVIRONMENT.role.value,
    "version": VERSION,
    "env": ENVIRONMENT.stage.value,
    "level": ENVIRONMENT.log_level.value,
    "production": PRODUCTION,
}
