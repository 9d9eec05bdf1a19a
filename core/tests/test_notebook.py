"""Whom the door sent away is counted, and has a line like everybody else's."""

from __future__ import annotations

from typing import Any

from core.telemetry.notebook import Notebook
from core.telemetry.request_lines import Answered
from core.tests.test_metrics import counted
from core.tests.test_request_lines import Lines, lines
from runtime.run.tests.conftest import patience, until

__all__ = ["lines"]
FIGURES: dict[str, dict[str, str]] = {
    "mami_shed_total": {"class": "shelves"},
    "mami_requests_total": {"route": "none", "method": "GET", "status": "503"},
}


def one(number: int, *, seconds: Any = 1.01) -> Answered:
    return Answered(
        line="shelves", is_shed=True, request_id=f"id-{number}", method="GET", route="", status=503,
        face="api", seconds=seconds, waited=1.01, size=80, statements=2, database_seconds=0.5,
    )  # fmt: skip


def test_each_is_counted_and_written_down_in_order(lines: Lines) -> None:
    before = {name: counted(name, **labels) for name, labels in FIGURES.items()}
    statements = counted("mami_db_statements_total")
    log = Notebook()
    log.start()
    for number in range(3):
        log.note(one(number))
    log.finish()
    assert lines.writes == 1
    for name, labels in FIGURES.items():
        assert counted(name, **labels) == before[name] + 3, name
    assert counted("mami_db_statements_total") == statements + 6
    told = lines.requests()
    assert [line["request_id"] for line in told] == ["id-0", "id-1", "id-2"]
    assert set(told[0]) == set(
        "timestamp level logger event request_id method route status ms db_ms statements waited_ms"
        " user_id role face node bytes".split()
    )
    assert (told[0]["status"], told[0]["waited_ms"], told[0]["bytes"]) == (503, 1010.0, 80)


def test_what_cannot_be_told_keeps_nobody_else_from_it(lines: Lines) -> None:
    log = Notebook()
    log.start()
    log.note(one(1, seconds="what nothing can be counted by"))
    until(lambda: lines.found, seconds=10 * patience())
    log.note(one(2))
    log.finish()
    assert [line["event"] for line in lines.found] == ["requests_not_told", "request"]
    log.note(one(3))  # afterwards at once: the server has stopped
    assert [line["request_id"] for line in lines.requests()] == ["id-2", "id-3"]
