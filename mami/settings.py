"""Every setting of the shop. What differs between machines comes from the environment.

`.env.example` names each variable. Importing this module starts nothing and touches no network.
"""

from __future__ import annotations

from pathlib import Path

from mami import environment
from mami.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.load(BASE_DIR)

DEBUG = env.bool("DEBUG", default=False)
MAMI_DEMO = env.bool("MAMI_DEMO", default=False)
MAMI_EMBEDDED = env.bool("MAMI_EMBEDDED", default=False)
MAMI_VAR = Path(env.str("MAMI_VAR", default=str(BASE_DIR / "var"))).absolute()
SECRET_KEY = environment.secret_key(env, MAMI_VAR, may_generate=DEBUG or MAMI_DEMO or MAMI_EMBEDDED)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
VERSION = "1.0.0"

INSTALLED_APPS = [
    "mami.admin_site.MamiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "csp",
    "axes",
    "django_htmx",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "phonenumber_field",
    "procrastinate.contrib.django",
    "rest_framework",
    "mami",
    "audit",
    "accounts",
    "branches",
    "inventory",
    "payments",
    "notifications",
    "catalog",
    "cart",
    "orders",
    "checkout",
    "ops",
    "stockrequests",
]

MIDDLEWARE = [
    "mami.middleware.MetricsMiddleware",
    "mami.middleware.RequestIdMiddleware",
    "mami.api.middleware.ApiEnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads its answers, so that masked tokens stay secret
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "mami.middleware.RightsMiddleware",
    "cart.middleware.GuestBasketMiddleware",
    "mami.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "mami.urls"
WSGI_APPLICATION = "mami.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cart.context.basket",
            ],
        },
    }
]

# -- Database -------------------------------------------------------------------------------
DATABASES = {"default": environment.database(env, MAMI_VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail is unique: without regard to case, by a constraint
    "axes.W006",  # attempts from one address are counted by mami.ratelimits
]

CACHES = {"default": environment.cache(env)}

# -- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "mami.home.csrf_failure"

# -- Language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "he"
LANGUAGES = [("he", "עברית"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "mami_language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Jerusalem"
USE_I18N = True
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "IL"

# -- Files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = MAMI_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = MAMI_VAR / "media"
PRIVATE_ROOT = MAMI_VAR / "private"  # uploads that no address serves without a look at who asks
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "avif", "zip", "gz", "br", "woff", "woff2"),
    "map",  # megabytes of other people's source maps, which nobody fetches
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# -- Mail -----------------------------------------------------------------------------------
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = MAMI_VAR / "mail"
EMAIL_HOST = env.str("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Mami <shop@mami.test>")

# -- Security -------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("MAMI_HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
AXES_ENABLED = env.bool("AXES_ENABLED", default=True)
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "x-request-id",
    "accept-language",
]
CORS_ALLOW_CREDENTIALS = True  # for clients that send cookies along; the API reads none
CORS_EXPOSE_HEADERS = ["X-Request-Id", "Retry-After"]

# -- JSON API -------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["mami.api.permissions.RightsTable"],
    "DEFAULT_RENDERER_CLASSES": ["mami.api.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["mami.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "mami.api.renderers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "mami.api.schema.Schema",
    "EXCEPTION_HANDLER": "mami.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
}
ACCESS_TOKEN_MINUTES = env.int("ACCESS_TOKEN_MINUTES", default=30)
REFRESH_TOKEN_DAYS = env.int("REFRESH_TOKEN_DAYS", default=30)
JWT_KEYS = env.list("JWT_KEYS", default=[])  # id:secret, the first signs; empty: from SECRET_KEY
SPECTACULAR_SETTINGS = {
    "TITLE": "Mami",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "DESCRIPTION": (
        "The online supermarket Mami: catalogue, basket, checkout, orders, and the staff's work. "
        'Every answer is `{"data": …}`, every failure `{"error": {"code", "message", '
        '"details"}}`; codes never change, messages follow `Accept-Language`. Money is a decimal '
        "string in ILS with VAT, quantities are numbers, instants are UTC. Repeat a write that got "
        "no answer with the same `Idempotency-Key`."
    ),
    "SERVERS": [{"url": "/", "description": "The shop that serves this page."}],
    "TAGS": [
        {"name": name}
        for name in (
            *("Accounts", "Catalogue", "Branches", "Basket", "Checkout", "Orders", "Staff"),
            *("Stock requests", "Administration", "First web client", "Health"),
        )
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    },
    "POSTPROCESSING_HOOKS": [
        "mami.api.schema.tidy",
    ],
}

# -- Jobs -----------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# -- What the owner named -------------------------------------------------------------------
DELIVERY_FEE = "30.00"
FREE_DELIVERY_FROM = "150.00"
SELLER = {  # as invoices name it
    "name_he": env.str("SELLER_NAME_HE", default="מאמי סופרמרקט בע״מ"),
    "name_en": env.str("SELLER_NAME_EN", default="Mami Supermarket Ltd"),
    "address_he": env.str("SELLER_ADDRESS_HE", default="המלאכה 8, חיפה"),
    "address_en": env.str("SELLER_ADDRESS_EN", default="8 HaMelacha St, Haifa"),
    "number": env.str("SELLER_NUMBER", default="51-0000000-0"),
    "phone": env.str("SELLER_PHONE", default="04-855-0101"),
}
SLOT_HOLD_MINUTES = 60
RESERVATION_MINUTES = 10
LOCK_TIMEOUT_MS = env.int("LOCK_TIMEOUT_MS", default=3000)
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="stripe" if STRIPE_SECRET_KEY else "sandbox")
CONFIRMS_PER_PRODUCT = env.int("CONFIRMS_PER_PRODUCT", default=1)
CONFIRMS_WAITING = env.int("CONFIRMS_WAITING", default=0)
PAYMENT_CALLS_AT_ONCE = env.int("PAYMENT_CALLS_AT_ONCE", default=0)
PAYMENT_TIMEOUT_SECONDS = env.float("PAYMENT_TIMEOUT_SECONDS", default=6.0)
SANDBOX_LEDGER = MAMI_VAR / "sandbox" / "ledger.sqlite3"
SANDBOX_LATENCY_SECONDS = env.float("SANDBOX_LATENCY_SECONDS", default=0.0)
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
# Percent of what is charged, and ₪ for each charge.
PAYMENT_TARIFFS = {
    "sandbox": ("1.20", "0.50"),
    "stripe": (
        env.str("STRIPE_FEE_PERCENT", default="0"),
        env.str("STRIPE_FEE_FIXED", default="0"),
    ),
}
METRICS_TOKEN = env.str("MAMI_METRICS_TOKEN", default="")

# RequestIdMiddleware has judged the header before; log lines carry the same id as the answer.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"), pretty=DEBUG)
