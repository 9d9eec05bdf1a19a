"""A start that is not safe is refused before a port is opened, with one sentence for each reason."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from core.mail_files import EmailBackend
from mami.jobs import forget_uploads
from notifications import sms
from payments import providers
from runtime import checks, environment, file_rights, production, secrets_from_files
from runtime.run.tests.conftest import patience
from tests.architecture.project import ROOT

KEY = "p7Jx2mQ9vT4kW8sZ1nB6cR3yH5dL0gFaUeXiOqVtMwKzSjNbE4"
OTHER = "aV5tR8nM2kP7wX4jL9hG3fD6sA1qZ0yU"
GOOD = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "shop.mami.test",
    "DATABASE_URL": "postgresql://shop@127.0.0.1:1/mami",
    "MAMI_HTTPS": "1",
    "SITE_URL": "https://shop.mami.test",
    "PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": "sk_of_nobody",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SMS_GATEWAY": "twilio",
}

ROWS = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ({"SECRET_KEY": KEY[:49]}, "SECRET_KEY has fewer than 50 characters"),
    ({"SECRET_KEY": "abc" * 30}, "SECRET_KEY has fewer than 12 different"),
    ({"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY is one that stands in examples"),
    ({"SECRET_KEY": f"{KEY}-ChangeMe"}, "SECRET_KEY is one that stands in examples"),
    ({"SECRET_KEY": f"CHANGE_ME_{KEY}"}, "SECRET_KEY is one that stands in examples"),
    ({"SECRET_KEY": f"my-Secret-Key-{KEY}"}, "SECRET_KEY is one that stands in examples"),
    ({"SECRET_KEY_FALLBACKS": f"{KEY},short"}, "SECRET_KEY_FALLBACKS holds a key"),
    ({"JWT_KEYS": OTHER}, "JWT_KEYS holds a part that is not id:secret"),
    ({"JWT_KEYS": f"a b:{OTHER}"}, "JWT_KEYS holds an id that is not"),
    ({"JWT_KEYS": f"{'k' * 33}:{OTHER}"}, "JWT_KEYS holds an id that is not"),
    ({"JWT_KEYS": f"k:{OTHER},k:{OTHER}x"}, "JWT_KEYS names the id k twice"),
    ({"JWT_KEYS": f"k:{OTHER[:31]}"}, "JWT_KEYS has a secret of fewer than 32"),
    ({"JWT_KEYS": f"k:{KEY}"}, "JWT_KEYS has the SECRET_KEY as a secret"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
    ({"ALLOWED_HOSTS": "shop.mami.test,*"}, "ALLOWED_HOSTS holds *"),
    ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
    ({"MAMI_HTTPS": "0"}, "MAMI_HTTPS is not 1"),
    ({"SITE_URL": "http://shop.mami.test"}, "SITE_URL is not an https:// address"),
    ({"SITE_URL": "https://["}, "SITE_URL is not an https:// address"),
    ({"SITE_URL": "https://shop.mami.test:99999"}, "SITE_URL is not an https:// address"),
    ({"SITE_URL": "https://other.test"}, "SITE_URL names a host that is not one of ALLOWED_HOSTS"),
    ({"PAYMENT_PROVIDER": "sandbox"}, "PAYMENT_PROVIDER is sandbox"),
    ({"STRIPE_SECRET_KEY": "sk_test_1"}, "PAYMENT_PROVIDER is stripe with a test key"),
    ({"STRIPE_SECRET_KEY": " rk_test_1"}, "PAYMENT_PROVIDER is stripe with a test key"),
    ({"PAYMENT_PROVIDER": "Stripe"}, "PAYMENT_PROVIDER is none of sandbox, stripe"),
    ({"STRIPE_SECRET_KEY": ""}, "PAYMENT_PROVIDER is stripe without STRIPE_SECRET_KEY"),
    ({"STRIPE_WEBHOOK_SECRET": ""}, "PAYMENT_PROVIDER is stripe without STRIPE_WEBHOOK_SECRET"),
    ({"EMAIL_BACKEND": ""}, "EMAIL_BACKEND sends mail to nobody"),
    ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "EMAIL_BACKEND sends"),
    ({"SMS_GATEWAY": "file"}, "SMS_GATEWAY is file"),
    ({"SMS_GATEWAY": ""}, "SMS_GATEWAY is file"),
    ({"SMS_GATEWAY": "Twilio"}, "SMS_GATEWAY is none of file, http, twilio"),
    ({"MAMI_FAULTS": "1"}, "MAMI_FAULTS lets failures be armed"),
    ({"MAMI_FAULT": "after_commit_1:kill:1"}, "MAMI_FAULT lets failures be armed"),
    ({"CORS_ALLOWED_ORIGINS": "https://*.mami.test"}, "CORS_ALLOWED_ORIGINS holds a wildcard"),
    ({"MAMI_METRICS_TOKEN": "short"}, "MAMI_METRICS_TOKEN has fewer than 24"),
    ({"MAMI_METRICS_TOKEN": f"{OTHER},short"}, "MAMI_METRICS_TOKEN has fewer than 24"),
    ({"TRUSTED_PROXIES": "10.0.0.0/8,proxy.local"}, "TRUSTED_PROXIES holds what is neither"),
    ({"DEBUG": "1", "MAMI_HOST": "0.0.0.0"}, "DEBUG is 1 while the shop listens on 0.0.0.0"),
]
REHEARSED = (
    "MAMI_HTTPS",
    "SITE_URL",
    "PAYMENT_PROVIDER",
    "EMAIL_BACKEND",
    "SMS_GATEWAY",
    "MAMI_FAULT",
)
UNREHEARSED = (
    "PAYMENT_PROVIDER is none",
    "PAYMENT_PROVIDER is stripe without STRIPE_SECRET",
    "SMS_GATEWAY is none",
)
IN_DEMO = ("JWT_KEYS", "DEBUG", "TRUSTED_PROXIES")
names = pytest.mark.parametrize(("changes", "said"), ROWS, ids=[said for _, said in ROWS])


def said_of(values: dict[str, str]) -> list[str]:
    return [fault.sentence for fault in production.faults(values)]


def test_a_good_start_has_no_fault() -> None:
    assert (
        said_of(GOOD | {"JWT_KEYS": f"k1:{OTHER},k2:{OTHER}2", "ALLOWED_HOSTS": ".mami.test"}) == []
    )
    assert said_of(GOOD | {"TRUSTED_PROXIES": "unix, 10.0.0.1/8, ::1"}) == []


@names
def test_each_fault_is_one_sentence(changes: dict[str, str], said: str) -> None:
    (sentence,) = said_of(GOOD | changes)
    assert sentence.startswith(said)
    for value in changes.values():
        assert len(value) < 20 or value not in sentence, "no secret is printed"


@names
def test_a_rehearsal_lets_pass_what_is_not_real_yet(changes: dict[str, str], said: str) -> None:
    found = said_of(GOOD | changes | {"MAMI_REHEARSAL": "1"})
    assert bool(found) == (not said.startswith(REHEARSED) or said.startswith(UNREHEARSED))


@names
def test_a_demonstration_minds_only_what_harms_others(changes: dict[str, str], said: str) -> None:
    found = said_of(GOOD | changes | {"MAMI_DEMO": "1"})
    assert bool(found) == said.startswith(IN_DEMO)


def test_the_embedded_database_makes_its_own_key() -> None:
    assert said_of(GOOD | {"MAMI_EMBEDDED": "1", "SECRET_KEY": "", "DATABASE_URL": ""}) == []


def test_the_adapters_are_those_there_are() -> None:
    assert set(production.PROVIDERS) == set(providers.ADAPTERS)
    assert set(production.GATEWAYS) == set(sms.ADAPTERS)


@pytest.mark.parametrize("text", ["postgresql://[::1/mami", "postgresql://u@db:80a/mami", "[", "x"])
def test_a_database_without_an_address_is_one_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", text)
    with pytest.raises(SystemExit):
        environment.database(environment.Environment(), Path("/nowhere"))
    said = capsys.readouterr().err
    assert said.startswith("mami: DATABASE_URL is not the address of a PostgreSQL database")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("postgresql://u@db.internal/mami", True),
        ("postgresql://u@db.internal/mami?sslmode=prefer", True),
        ("postgresql://u@db.internal/mami?sslmode=require", False),
        ("postgresql://u@127.0.0.1/mami", False),
        ("postgresql://u@/mami?host=/run/postgresql", False),
        ("postgresql://u@/mami?host=a,b&sslmode=verify-full", False),
        ("postgresql://u@/mami?host=10.0.0.1,10.0.0.2", True),
        ("", False),
    ],
)
def test_a_database_across_a_network_is_warned_about(address: str, exposed: bool) -> None:
    assert production.database_is_exposed({"DATABASE_URL": address}) is exposed


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"REPLICA_URL": "postgresql://u@10.0.0.2/mami"}, ["REPLICA_URL"]),
        ({"REDIS_URL": "redis://redis:6379/0"}, ["REDIS_URL"]),
        ({"SEARCH_OPENSEARCH_URL": "http://search:9200"}, ["SEARCH_OPENSEARCH_URL"]),
        ({"S3_ENDPOINT": "http://bucket:9000"}, ["S3_ENDPOINT"]),
        ({"REDIS_URL": "rediss://redis:6379/0", "S3_ENDPOINT": "https://bucket"}, []),
        ({"REDIS_URL": "redis://127.0.0.1/0", "SEARCH_OPENSEARCH_URL": "http://[::1]:9200"}, []),
        ({"REDIS_URL": "unix:///run/redis.sock", "REPLICA_URL": ""}, []),
    ],
)
def test_others_across_a_network_are_warned_about(
    values: dict[str, str], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert production.spoken_to_in_clear(values) == found
    monkeypatch.setattr("os.environ", values)
    assert [told.id for told in checks.others_are_reached_safely()] == ["mami.W116"] * len(found)


def started(command: list[str], var: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MAMI_VAR": str(var)} | GOOD | variables,
        capture_output=True,
        text=True,
        timeout=60 * patience(),
        check=False,
    )


WEB = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "mami.wsgi"]
WORKER = ["manage.py", "procrastinate", "worker", "--one-shot"]


@pytest.mark.slow
class TestEntries:
    @pytest.mark.parametrize("command", [WEB, WORKER], ids=["web", "worker"])
    def test_every_fault_is_printed_and_nothing_started(self, tmp_path, command) -> None:
        done = started(command, tmp_path, ALLOWED_HOSTS="*", MAMI_HTTPS="0", DATABASE_URL="")
        assert done.returncode == 2
        lines = done.stderr.splitlines()
        assert [line.split()[1] for line in lines] == [
            "ALLOWED_HOSTS", "DATABASE_URL", "MAMI_HTTPS",
        ]  # fmt: skip
        assert all(line.startswith("mami: ") for line in lines)

    def test_control_unrefused_it_would_have_started(self, tmp_path) -> None:
        """gunicorn loads a shop with test cards, any host and a known key, and says nothing."""
        unrefused = (
            "from runtime import production; production.refuse = lambda *_: None; "
            "import sys; sys.argv = ['gunicorn', '-c', 'gunicorn.conf.py', '--check-config', "
            "'mami.wsgi']; from gunicorn.app.wsgiapp import run; run()"
        )
        unsafe = {"ALLOWED_HOSTS": "*", "MAMI_HTTPS": "0", "PAYMENT_PROVIDER": "sandbox"}
        unsafe |= {"SECRET_KEY": "my-secret-key", "SMS_GATEWAY": "", "MAMI_METRICS_TOKEN": "x"}
        unsafe |= {"TRUSTED_PROXIES": "unix, 10.0.0.1/8"}  # which gunicorn itself would not take
        done = started(["-c", unrefused], tmp_path, **unsafe)
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("PORT", "80a"),
            ("WEB_WORKERS", "many"),
            ("PORT", "70000"),
            ("TLS_CERTIFICATE", "/n"),
            ("TRUSTED_PROXIES", "proxy.local"),
        ],
    )
    def test_a_malformed_number_is_one_sentence(self, tmp_path, variable, value) -> None:
        done = started(WEB, tmp_path, **{variable: value})
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith("mami: ")
        assert variable in done.stderr


class TestSecretsFromFiles:
    def read(self, **variables: str) -> dict[str, str]:
        secrets_from_files.read(variables)
        return variables

    def test_the_text_less_one_newline(self, tmp_path: Path) -> None:
        for name in secrets_from_files.NAMES:
            (tmp_path / "s").write_text("קופסה \n\n", encoding="utf-8")
            found = self.read(**{f"{name}_FILE": str(tmp_path / "s")})
            assert found[name] == "קופסה \n"
            assert f"{name}_FILE" not in found

    def test_children_do_not_ask_again(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_text("one")
        found = self.read(SECRET_KEY_FILE=str(tmp_path / "s"))
        assert self.read(**found, SECRET_KEY_FILE=str(tmp_path / "gone"))["SECRET_KEY"] == "one"

    @pytest.mark.parametrize("content", [b"", b"\n", b" \n", b"\xff\xfe", None])
    def test_refused_by_name_never_by_value(self, tmp_path: Path, content) -> None:
        path = tmp_path / "s"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(secrets_from_files.SecretUnreadable) as refused:
            self.read(JWT_KEYS_FILE=str(path))
        assert str(refused.value).startswith("JWT_KEYS_FILE ")

    def test_both_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_text("hidden-in-the-file")
        with pytest.raises(secrets_from_files.SecretUnreadable) as refused:
            self.read(SECRET_KEY="hidden-outside", SECRET_KEY_FILE=str(tmp_path / "s"))
        assert str(refused.value).startswith("SECRET_KEY and SECRET_KEY_FILE are both set")
        assert "hidden" not in str(refused.value)

    @pytest.mark.slow
    @pytest.mark.parametrize("command", [WEB, WORKER, ["manage.py", "check"]])
    def test_every_entry_reads_them(self, tmp_path: Path, command: list[str]) -> None:
        done = started(command, tmp_path, DATABASE_URL="", DATABASE_URL_FILE=str(tmp_path / "gone"))
        assert done.returncode == 2
        assert done.stderr.startswith("mami: DATABASE_URL_FILE names a file that cannot be read")


def test_a_start_throws_away_uploads_that_were_on_their_way(tmp_path: Path) -> None:
    file_rights.secure(tmp_path)
    (tmp_path / "tmp" / "half.upload").touch()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "milk.webp").touch()
    file_rights.empty_uploads(tmp_path)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["milk.webp"]


def test_at_night_only_uploads_of_a_day_ago_are_thrown_away(
    tmp_path: Path, settings: Settings
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    for name, age in {"old.upload": 86_500, "young.upload": 86_300, "now.upload": 0}.items():
        (tmp_path / name).write_bytes(b"part of a picture")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    (tmp_path / "folder").mkdir()
    os.utime(tmp_path / "folder", (0, 0))
    assert forget_uploads(timestamp=0) == 1
    assert forget_uploads(timestamp=0) == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"young.upload", "now.upload", "folder"}


def test_private_folders_are_closed_also_when_they_were_open(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "mail").mkdir(parents=True, mode=0o755)
    (var / "mail" / "old.log").touch(mode=0o644)
    (var / "media").mkdir(mode=0o755)
    (var / "static").mkdir(mode=0o755)
    (var / "seeded.json").touch(mode=0o644)
    file_rights.secure(var)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [var, *var.iterdir()]}
    assert modes["var"] == 0o711
    assert (var / "mail" / "old.log").stat().st_mode & 0o777 == 0o600
    EmailBackend(file_path=var / "mail").send_messages([EmailMessage(to=["ada@mami.test"])])
    assert {path.stat().st_mode & 0o777 for path in (var / "mail").iterdir()} == {0o600}
    assert modes["static"] == 0o755
    assert {modes[name] for name in file_rights.PRIVATE} == {0o700}
    assert modes["media"] & 0o007 == modes["seeded.json"] & 0o007 == 0
