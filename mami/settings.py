"""Every setting of the shop. What differs between machines comes from the environment.

`.env.example` names each variable. Importing this module starts nothing and touches no network.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from api.description import DESCRIPTION
from core.logs import logging_config
from runtime import environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.load(BASE_DIR)

DEBUG = env.bool("DEBUG", default=False)
MAMI_DEMO = env.bool("MAMI_DEMO", default=False)
MAMI_REHEARSAL = env.bool("MAMI_REHEARSAL", default=False)
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
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "phonenumber_field",
    "rest_framework",
    "waffle",
    "mami",
    "procrastinate.contrib.django",  # behind us, who have a command of its name
    "audit",
    "accounts",
    "branches",
    "inventory",
    "payments",
    "notifications",
    "billing",
    "catalog",
    "search",
    "cart",
    "lists",
    "orders",
    "checkout",
    "standing",
    "waiting",
    "ops",
    "stockrequests",
]

MIDDLEWARE = [
    "core.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",  # refusals of all that follow are pages too
    "runtime.probes.ProbesMiddleware",
    "core.middleware.MetricsMiddleware",
    "core.middleware.RequestIdMiddleware",
    "api.middleware.ApiEnvelopeMiddleware",
    "core.bodies.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.ConditionalMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.PackingMiddleware",  # pads its answers, so that masked tokens stay secret
    "corsheaders.middleware.CorsMiddleware",
    "core.admission.AdmissionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.languages.LanguageMiddleware",
    "core.middleware.PartsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.replica.OwnWritesMiddleware",
    "accounts.middleware.SessionEndMiddleware",
    "core.kept_forms.KeptFormsMiddleware",
    # Before CSRF, which reads the form: a stranger's upload is refused with nothing read.
    "core.middleware.RightsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.middleware.AddressMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cart.middleware.GuestBasketMiddleware",
    "core.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "mami.urls"
RIGHTS_TABLE = "mami.rights.RIGHTS"
CAPABILITIES_TABLE = "mami.capabilities.CAPABILITIES"
CAPABILITIES_ASKED = True
BODY_LIMITS = "mami.rights.BODY_LIMITS"
ADMISSION_TABLE = "mami.lines.LINES"
DATABASE_PROBE = "runtime.probes.database_answers"
WSGI_APPLICATION = "mami.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.form_tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "cart.context.basket",
                "lists.context.favourites",
                "core.kept_forms.form_owner",
            ],
        },
    }
]

# -- Database -------------------------------------------------------------------------------
DATABASES = {"default": environment.database(env, MAMI_VAR), **environment.replica(env)}
DATABASE_ROUTERS = ["core.replica.Router"] if "replica" in DATABASES else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    "files.E001",  # the folder of uploads on their way is made by the start
    "auth.E003",  # e-mail is unique: without regard to case, by a constraint
]

if MAMI_REHEARSAL and not env.bool("MAMI_HTTPS", default=False):
    SILENCED_SYSTEM_CHECKS += [f"security.W0{n}" for n in ("04", "08", "12", "16")]

CACHES = {
    "default": environment.cache(env),
    # What is switched off: each process knows it for ten seconds.
    "switches": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "TIMEOUT": 10},
}
WAFFLE_CACHE_NAME = "switches"

# -- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "accounts.hashing.Argon2id",
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
    {"NAME": "accounts.passwords.StaffLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.GuessableValidator"},
]
# "required": managers and admins can do nothing before they have a second factor.
SECOND_FACTOR_PAGE = "accounts:second_factor"
STAFF_SECOND_FACTOR = env.str(
    "STAFF_SECOND_FACTOR", default="optional" if MAMI_DEMO else "required"
)
HTTPS = env.bool("MAMI_HTTPS", default=False)
COOKIE_PREFIX = "__Host-" if HTTPS else ""  # see core.cookies
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # forms and pages carry their token themselves
MESSAGE_STORAGE = "core.cookies.Messages"
CSRF_FAILURE_VIEW = "mami.home.csrf_failure"

# -- Language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "he"
LANGUAGES = [("he", "עברית"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}mami_language"
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
ERASED_LIST = MAMI_VAR / "erased.list"  # keys of who left, for after a restore
PRIVATE_ROOT = MAMI_VAR / "private"  # uploads that no address serves without a look at who asks
FILE_UPLOAD_PERMISSIONS = 0o640  # the group's too: a proxy serves public pictures
FILE_UPLOAD_TEMP_DIR = MAMI_VAR / "tmp"
STORAGES = {
    **environment.storages(env, MAMI_VAR),
    "staticfiles": {
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "core.static_files.JoinedStyleSheets",
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "avif", "zip", "gz", "br", "woff", "woff2"),
    "map",  # megabytes of other people's source maps, which nobody fetches
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# -- Mail -----------------------------------------------------------------------------------
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="core.mail_files.EmailBackend")
EMAIL_FILE_PATH = MAMI_VAR / "mail"
EMAIL_HOST = env.str("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
# Short messages: `file` writes them below MAMI_VAR, `http` and `twilio` ask a gateway.
SMS_GATEWAY = env.str("SMS_GATEWAY", default="file")
SMS_URL = env.str("SMS_URL", default="https://api.twilio.com")
SMS_ACCOUNT = env.str("SMS_ACCOUNT", default="")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_SECRET = env.str("SMS_SECRET", default="")
SMS_FROM = env.str("SMS_FROM", default="Mami")
SMS_TIMEOUT = env.int("SMS_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Mami <shop@mami.test>")
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")  # who tells of letters that come back
MAIL_WEBHOOK_KEY = env.str("MAIL_WEBHOOK_KEY", default="")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")  # empty: the address mail comes from

# -- Security -------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
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
        "img-src": ["'self'", "data:", *environment.pictures_origin(env)],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
    }
}
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "x-request-id",
    "accept-language",
    "x-device-token",
]
CORS_ALLOW_CREDENTIALS = True  # for clients that send cookies along; the API reads none
CORS_EXPOSE_HEADERS = ["X-Request-Id", "Retry-After"]

# -- JSON API -------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.RightsTable"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
}
ACCESS_TOKEN_MINUTES = env.int("ACCESS_TOKEN_MINUTES", default=30)
REFRESH_TOKEN_DAYS = env.int("REFRESH_TOKEN_DAYS", default=30)
JWT_KEYS = env.list("JWT_KEYS", default=[])  # id:secret, the first signs; empty: from SECRET_KEY
SPECTACULAR_SETTINGS = DESCRIPTION

# -- Jobs -----------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "mami.job_runs.prepare"
WORKER_METRICS = env.str("WORKER_METRICS", default="127.0.0.1:9101")  # empty: none
TLS_CERTIFICATE, TLS_KEY = env.str("TLS_CERTIFICATE", default=""), env.str("TLS_KEY", default="")
# How many there are of each, to count connections (`check --database default`).
WEB_NODES = env.int("WEB_NODES", default=1)
WEB_WORKERS = env.int("WEB_WORKERS", default=0) or 2
WORKERS = env.int("WORKERS", default=1)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)
_at_once = env.int("REQUESTS_AT_ONCE", default=-1)
REQUESTS_AT_ONCE = _at_once if _at_once >= 0 else None  # None: as many as there are connections
SERVING_ROLE = env.str("SERVING_ROLE", default="")  # see core.serving_role
SYNC_STANDBYS = env.int("SYNC_STANDBYS", default=0)  # how many there should be
REVISION = env.str("MAMI_REVISION", default="")
# Who else is told (core.telemetry.reporting); neither is imported where it is not set.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")

# -- Copies ---------------------------------------------------------------------------------
BACKUP_FOLDER = env.str("BACKUP_FOLDER", default="")  # where it is set, a copy is made each night
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])
BACKUP_IDENTITY = env.str("BACKUP_IDENTITY", default="")
BACKUP_KEEP = environment.three_numbers(env.str("BACKUP_KEEP", default="7,5,12"), "BACKUP_KEEP")
RESTORE_DRILL = env.bool("RESTORE_DRILL", default=False)  # proves a copy every week
BACKUP_STANZA = env.str("BACKUP_STANZA", default="mami")

# -- Search ---------------------------------------------------------------------------------
# With a URL, an OpenSearch cluster answers texts and PostgreSQL stands behind it.
SEARCH_OPENSEARCH = environment.opensearch(env)
SEARCH_LOG_SECONDS = 5.0  # so long texts are counted in the process before they are written

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
DOCUMENT_SIGNER = env.str("DOCUMENT_SIGNER", default="")
SLOT_HOLD_MINUTES = 60
# Until a manager says otherwise.
KEEPS_SHABBAT = env.bool("KEEPS_SHABBAT", default=True)
PASSOVER_MODE = env.str("PASSOVER_MODE", default="AUTO")
RESERVATION_MINUTES = 10
OLD_PRICE_DAYS = env.int("OLD_PRICE_DAYS", default=21)
DISPUTES_HOLD = env.between("DISPUTES_HOLD", default=3, least=0, most=1000)
QUESTION_MINUTES = env.between("QUESTION_MINUTES", default=15, least=5, most=1440)
# What a customer reports as wrong: for so many days, at once up to so many ₪ and times in 90 days.
PROBLEM_DAYS = env.between("PROBLEM_DAYS", default=14, least=1, most=365)
PROBLEM_AUTO_LIMIT = env.between("PROBLEM_AUTO_LIMIT", default=Decimal(40), least=0, most=9999)
PROBLEM_AUTO_COUNT = env.between("PROBLEM_AUTO_COUNT", default=3, least=0, most=1000)
PICKUP_LEAD_MINUTES = env.between("PICKUP_LEAD_MINUTES", default=60, least=0, most=1440)
LOCK_TIMEOUT_MS = env.int("LOCK_TIMEOUT_MS", default=3000)
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="stripe" if STRIPE_SECRET_KEY else "sandbox")
CONFIRMS_PER_PRODUCT = env.int("CONFIRMS_PER_PRODUCT", default=1)
CONFIRMS_WAITING = env.int("CONFIRMS_WAITING", default=0)
PAYMENT_CALLS_AT_ONCE = env.int("PAYMENT_CALLS_AT_ONCE", default=0)
PAYMENT_TIMEOUT_SECONDS = env.float("PAYMENT_TIMEOUT_SECONDS", default=6.0)
SANDBOX_LEDGER = MAMI_VAR / "sandbox" / "ledger.sqlite3"
SANDBOX_HOLD_HOURS = env.between("SANDBOX_HOLD_HOURS", default=168.0, least=0, most=8760)
# A hold is asked for at once where its window is at most so many days away; else so long before it.
HOLD_WITHIN_DAYS = env.between("HOLD_WITHIN_DAYS", default=6, least=0, most=28)
AUTHORIZE_HOURS_BEFORE = env.between("AUTHORIZE_HOURS_BEFORE", default=48, least=1, most=168)
# How much longer than its window a hold has to live.
HOLD_SLACK_HOURS = env.between("HOLD_SLACK_HOURS", default=2, least=0, most=48)
# Carrier bags, ₪ each (0: none are charged); the VAT class of what is charged beside goods.
BAG_PRICE = env.between("BAG_PRICE", default=Decimal("0.00"), least=0, most=100)
DEPOSIT_VAT_CLASS = env.vat_class("DEPOSIT_VAT_CLASS")
BAG_VAT_CLASS = env.vat_class("BAG_VAT_CLASS")
ORDER_MOST = env.between("ORDER_MOST", default=Decimal("100000.00"), least=1, most=10_000_000)
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

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"), pretty=DEBUG)
