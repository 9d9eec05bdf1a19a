"""Django's own checks, with the settings of a shop on the open internet."""

import os
import re
import subprocess
import sys

import pytest

from tests.architecture.project import ROOT

pytestmark = pytest.mark.slow

PRODUCTION = {
    "DEBUG": "0",
    "MAMI_HTTPS": "1",
    "SECRET_KEY": "p7Jx2mQ9vT4kW8sZ1nB6cR3yH5dL0gFaUeXiOqVtMwKzSjNbE4",
    "ALLOWED_HOSTS": "shop.example",
    "CORS_ALLOWED_ORIGINS": "https://app.shop.example",
    "DATABASE_URL": "postgresql://shop@db.internal/mami?sslmode=require",
    "SITE_URL": "https://shop.example",
    "LOG_LEVEL": "ERROR",
    "STRIPE_SECRET_KEY": "sk_of_nobody",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    "SMS_GATEWAY": "twilio",
}


def check(tmp_path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MAMI_VAR": str(tmp_path)} | PRODUCTION | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_every_check(tmp_path) -> None:
    done = check(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"MAMI_HTTPS": "0", "SECRET_KEY": "short", "STRIPE_SECRET_KEY": ""},
            {"security.W008", "security.W009", "mami.E101", "mami.E105", "mami.E107"},
        ),
        ({"DEBUG": "1"}, {"security.W018"}),
        ({"DATABASE_URL": "postgresql://shop@db.internal/mami"}, {"mami.W102"}),
    ],
)
def test_what_is_unsafe_is_said(tmp_path, variables: dict[str, str], said: set[str]) -> None:
    done = check(tmp_path, **variables)
    assert done.returncode != 0
    assert {code for code in said if code in done.stderr} == said


def test_a_missing_secret_stops_production(tmp_path) -> None:
    done = check(tmp_path, SECRET_KEY="")
    assert done.returncode == 2
    assert done.stderr == (
        "mami: SECRET_KEY is not set; put a long random value into the environment or .env.\n"
    )


def test_a_rehearsal_passes_and_says_what_is_not_real(tmp_path) -> None:
    done = check(
        tmp_path,
        MAMI_REHEARSAL="1",
        MAMI_HTTPS="0",
        SITE_URL="http://127.0.0.1:8000",
        STRIPE_SECRET_KEY="",
        EMAIL_BACKEND="",
    )
    assert done.returncode == 0, done.stderr
    assert {f"mami.I{n}" for n in (105, 106, 107, 108)} <= set(
        re.findall(r"mami\.I\d+", done.stderr)
    )
