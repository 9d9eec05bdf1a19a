"""When the cluster is left alone, and when it is asked again."""

from __future__ import annotations

import pytest

from search import breaker
from search.breaker import SearchBreaker


def test_three_failures_open_it_and_one_trial_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(breaker.time, "monotonic", lambda: now[0])
    one = SearchBreaker()
    for _ in range(2):
        one.failed()
    assert one.may_ask()
    now[0] += breaker.WITHIN_SECONDS + 1  # long ago: these two count no more
    one.failed()
    assert one.may_ask()
    one.failed()
    one.failed()
    assert not one.may_ask()
    now[0] += breaker.OPEN_SECONDS
    assert one.may_ask()  # the trial
    assert not one.may_ask()  # the others wait for it
    one.failed()
    assert not one.may_ask()
    now[0] += breaker.OPEN_SECONDS
    assert one.may_ask()
    one.answered()
    assert one.may_ask()
    assert one.may_ask()
