"""One line for each request: named, costed, and without a word of anybody's."""

import json
import logging

import pytest
from django.test import Client

from accounts.tests.factories import person
from core import logs, metrics
from core.tests.test_metrics import counted

pytestmark = pytest.mark.django_db


class Lines(logging.Handler):
    """What was written, parsed."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        line = logs.logging_config(level="INFO", pretty=False)["formatters"]["line"]
        self.setFormatter(
            logs.LineFormatter(
                foreign_pre_chain=line["foreign_pre_chain"], processors=line["processors"]
            )
        )
        self.found: list[dict] = []
        self.writes = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.writes += 1
        self.found += [json.loads(line) for line in self.format(record).splitlines()]

    def requests(self) -> list[dict]:
        return [line for line in self.found if line["event"] == "request"]


@pytest.fixture
def lines():
    root, handler = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_request_is_one_line_with_its_cost(client: Client, lines: Lines) -> None:
    before = counted("mami_db_statements_total")
    somebody = person()
    client.force_login(somebody)
    client.get("/account/profile/?q=Zuzanna", headers={"X-Request-Id": "wanted-1"})
    (line,) = lines.requests()
    assert set(line) == set(
        "timestamp level logger event request_id method route status ms db_ms statements waited_ms"
        " user_id role face node bytes".split()
    )
    told = {key: line[key] for key in ("request_id", "method", "route", "status", "face", "role")}
    assert told == {
        "request_id": "wanted-1",
        "method": "GET",
        "route": "accounts:profile",
        "status": 200,
        "face": "page",
        "role": somebody.role,
    }
    assert line["user_id"] == somebody.pk
    assert line["statements"] >= 2
    assert 0 < line["db_ms"] <= line["ms"]
    assert line["bytes"] > 1000
    assert "Zuzanna" not in json.dumps(line)
    assert counted("mami_db_statements_total") >= before + line["statements"]


@pytest.mark.parametrize(
    ("path", "headers", "route", "face", "status"),
    [
        ("/products/998877/", {}, "catalog:product", "page", 404),
        ("/search/suggest/?q=mi", {"HX-Request": "true"}, "catalog:suggest", "htmx", 200),
        ("/api/v1/products/998877", {}, "api:product", "api", 404),
        ("/nobody/knows/Zuzanna", {}, "", "page", 404),
        ("/admin/", {}, "admin:index", "admin", 302),
    ],
)
def test_every_face_and_refusal_has_one(
    client: Client, lines: Lines, path: str, headers: dict, route: str, face: str, status: int
) -> None:
    client.get(path, headers=headers)
    assert [(line["route"], line["face"], line["status"]) for line in lines.requests()] == [
        (route, face, status)
    ]
    assert len(lines.found) == 1
    assert lines.found[0]["user_id"] is None


def test_what_ends_a_thread_is_a_line_without_a_name_in_it(lines: Lines) -> None:
    logs._died(ValueError, ValueError("no such person as zq@canary-mail.test"), None)
    (line,) = lines.found
    assert (line["event"], line["level"]) == ("process_failed", "critical")
    assert "canary-mail" not in json.dumps(line)


def test_all_that_is_known_beforehand_is_told_from_the_first_time_on() -> None:
    told = metrics.exposition().decode()
    for row in (
        'mami_checkouts_total{outcome="ok"}',
        'mami_shed_total{class="money"}',
        'mami_messages_total{channel="EMAIL",outcome="sent"}',
        "mami_deadlocks_total ",
        "mami_db_pool_in_use ",
    ):
        assert row in told
