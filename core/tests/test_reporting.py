"""Errors and traces leave only where an address is set, and without anybody's data.

Each shop runs in a process of its own and reports to a real HTTP server here.
"""

from __future__ import annotations

import gzip
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from runtime.run.tests.conftest import patience

ROOT = Path(__file__).resolve().parents[2]
ADDRESS, CARD, PHONE, NAME = "ada@example.com", "4242424242424242", "050-123-4567", "Ada Lovelace"
PRIVATE = (ADDRESS, CARD, PHONE, NAME, "203.0.113.9", "Firefox")

UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}

ASKING = f"""
import django
django.setup()
from django.test import Client, override_settings
from django.test.utils import setup_test_environment
setup_test_environment()
asked = Client(raise_request_exception=False, headers={{"user-agent": "Firefox"}}, REMOTE_ADDR="203.0.113.9")
with override_settings(ROOT_URLCONF="core.tests.failing_urls", MIDDLEWARE=MIDDLEWARE):
    answer = asked.post("/broken/7/?q={ADDRESS}", {{"name": "{NAME}", "card": "{CARD}", "phone": "{PHONE}"}})
assert answer.status_code == 500, answer
"""
SENTRY = "MIDDLEWARE = []" + ASKING + "import sentry_sdk; sentry_sdk.flush(20)"
TRACES = (
    "from django.conf import settings\n"
    + ASKING.replace("MIDDLEWARE=MIDDLEWARE", "MIDDLEWARE=settings.MIDDLEWARE[:1]")
    + "from opentelemetry import trace; trace.get_tracer_provider().force_flush()"
)


class Collector:
    """What was posted, by path."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, bytes]] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                unpack = UNPACK[self.headers.get("Content-Encoding", "")]
                collector.posted.append((self.path, unpack(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def shop(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python code in a process of its own, with the shop's settings."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "mami.settings",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "SECRET_KEY": "a-key-of-tests-and-of-nothing-else-0123456789-abcdef",
            "MAMI_DEMO": "1",
            "ALLOWED_HOSTS": "testserver",
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=120 * patience(),
        check=False,
    )


def test_an_error_reaches_sentry_without_anybodys_data(collector: Collector) -> None:
    ran = shop(SENTRY, SENTRY_DSN=f"http://key@127.0.0.1:{collector.port}/1", MAMI_REVISION="abc")
    assert ran.returncode == 0, ran.stderr
    said = b"\n".join(
        body for path, body in collector.posted if path == "/api/1/envelope/"
    ).decode()
    assert "ValueError" in said
    assert "/broken/{number}/" in said
    assert '"abc"' in said
    assert [word for word in PRIVATE if word in said] == []


def test_a_request_reaches_the_collector_without_anybodys_data(collector: Collector) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    ran = shop(TRACES, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.port}")
    assert ran.returncode == 0, ran.stderr
    (body,) = [body for path, body in collector.posted if path == "/v1/traces"]
    (told,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (span,) = told.scope_spans[0].spans
    assert span.name == "POST broken/<int:number>/"
    assert {one.key: one.value.string_value for one in told.resource.attributes}[
        "service.name"
    ] == "mami"
    assert [word for word in PRIVATE if word.encode() in body] == []


def test_nothing_is_imported_where_nothing_is_set() -> None:
    code = "import django, sys; django.setup(); print(*sorted(sys.modules))"
    modules = {name.partition(".")[0] for name in shop(code).stdout.split()}
    assert "django" in modules
    assert modules & {"sentry_sdk", "opentelemetry"} == set()


@pytest.mark.parametrize(
    ("variable", "value", "package"),
    [
        ("SENTRY_DSN", "http://key@127.0.0.1:1/1", "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "opentelemetry.sdk"),
    ],
)
def test_a_package_that_is_missing_is_one_sentence(variable: str, value: str, package: str) -> None:
    ran = shop(
        f"import sys; sys.modules[{package!r}] = None; import django; django.setup()",
        **{variable: value},
    )
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1), ran.stderr
    assert variable in ran.stderr
    assert "requirements-reporting.txt" in ran.stderr
