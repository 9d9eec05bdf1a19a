"""The shop's settings as tests see them: their own database, folders and outside world.

MAMI_VAR (default `var`) says where; the tests' cluster stands beside the shop's own and is never
the same. MAMI_TEST_DATABASE_URL names another server to test on.
"""

import os
from pathlib import Path

from devtools import translations
from runtime import embedded

# Workers of pytest-xdist inherit what the first process has set below.
_VAR = Path(os.environ.setdefault("MAMI_TEST_VAR", str(embedded.var_folder())))
CLUSTER = embedded.Cluster(
    _VAR / "test-postgres",
    settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
)
EMBEDDED_TESTS = not os.environ.get("MAMI_TEST_DATABASE_URL")
if EMBEDDED_TESTS:
    CLUSTER.settle()

# Nothing of this machine's environment or .env may reach into a test.
os.environ |= {
    "MAMI_VAR": str(_VAR / "test" / os.environ.get("PYTEST_XDIST_WORKER", "main")),
    "DATABASE_URL": os.environ.get("MAMI_TEST_DATABASE_URL") or CLUSTER.url(),
    "DATABASE_POOL_SIZE": "0",
    "DATABASE_PGBOUNCER": "0",
    "DATABASE_PREPARE": "1",
    "DEBUG": "0",
    "MAMI_DEMO": "1",
    "MAMI_EMBEDDED": "1",
    "MAMI_HTTPS": "0",
    "MAMI_FAULTS": "1",
    # No test depends on the day it runs; those of the calendar say what they keep.
    "KEEPS_SHABBAT": "0",
    "PASSOVER_MODE": "OFF",
    "SECRET_KEY": "a-key-for-tests-only-which-is-long-enough-for-every-check-50",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost,[::1]",
    "CSRF_TRUSTED_ORIGINS": "",
    "CORS_ALLOWED_ORIGINS": "https://app.mami.test",
    "TRUSTED_PROXIES": "",
    "REDIS_URL": "",
    "REPLICA_URL": "",
    "MEDIA_STORAGE": "files",
    "SEARCH_OPENSEARCH_URL": "",
    "PAYMENT_PROVIDER": "sandbox",
    "STRIPE_SECRET_KEY": "",
    "STRIPE_WEBHOOK_SECRET": "",
    "STRIPE_API_BASE": "",
    "MAMI_METRICS_TOKEN": "metrics-token-of-the-tests",
    "EMAIL_BACKEND": "core.mail_files.EmailBackend",
    "LOG_LEVEL": "WARNING",
}

if "PYTEST_XDIST_WORKER" not in os.environ:
    translations.compile_changed()  # before Django reads them, and once for all workers

from mami.settings import *  # noqa: E402, F403

CAPABILITIES_ASKED = False  # a test of switches says otherwise
KEEPS_SHABBAT, PASSOVER_MODE = (
    False,
    "OFF",
)  # no test depends on its weekday; those of the calendar say so
SEARCH_LOG_SECONDS = 3600.0  # written when a test says so
# Argon2 takes 0.4 seconds a password on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "core.whole_files.WholeFileStorage"},
    "private": {
        "BACKEND": "core.whole_files.WholeFileStorage",
        "OPTIONS": {"location": PRIVATE_ROOT},  # noqa: F405
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
