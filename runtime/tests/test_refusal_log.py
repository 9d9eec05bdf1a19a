"""Whom the door sent away is counted, and has a line like everybody else's."""

from __future__ import annotations

from core.tests.test_metrics import counted
from core.tests.test_request_lines import Lines, lines
from runtime.refusal_log import RefusalLog, SentAway

__all__ = ["lines"]
FIGURES = {
    "mami_shed_total": {"class": "shelves"},
    "mami_requests_total": {"route": "none", "method": "GET", "status": "503"},
}


def test_each_is_counted_and_written_down_in_order(lines: Lines) -> None:
    before = {name: counted(name, **labels) for name, labels in FIGURES.items()}
    log = RefusalLog()
    log.start()
    for number in range(3):
        log.note(
            SentAway(
                line="shelves", request_id=f"id-{number}", method="GET", face="api",
                seconds=1.01, size=80,
            )
        )  # fmt: skip
    log.finish()
    for name, labels in FIGURES.items():
        assert counted(name, **labels) == before[name] + 3, name
    told = lines.requests()
    assert [line["request_id"] for line in told] == ["id-0", "id-1", "id-2"]
    assert set(told[0]) == set(
        "timestamp level logger event request_id method route status ms db_ms statements waited_ms"
        " user_id role face node bytes".split()
    )
    assert (told[0]["status"], told[0]["waited_ms"], told[0]["bytes"]) == (503, 1010.0, 80)
