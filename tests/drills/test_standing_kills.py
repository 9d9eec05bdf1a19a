"""Dates that are due, ordered by two workers that are killed (−9) before and after the confirm.

Each becomes one order, none two, and nothing stays PLACING. `MAMI_STANDING=200` is the long form:
each worker gets through a part of them before it dies.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections

from checkout.invariants import ALL
from core import clock
from core.invariants import judge
from orders.models import Order
from payments.models import Payment
from standing.models import Occurrence
from standing.services.drafting import draft_due
from standing.services.placing import place_due, settle_stranded
from standing.tests.conftest import set_up
from tests.drills.running_shop import patience
from tests.races import race
from tests.shop import Shop, open_with_sandbox

DATES = int(os.environ.get("MAMI_STANDING", "4"))
POINTS = ("standing_before_confirm", "standing_after_confirm")
SECONDS = 120

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=DATES) as opened:
        yield opened


def worker(due: dt.datetime, point: str, at_pass: int) -> subprocess.Popen[str]:
    head, _, query = os.environ["DATABASE_URL"].partition("?")
    name = connections["default"].settings_dict["NAME"]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.drills.standing_worker",
            due.isoformat(),
            str(settings.SANDBOX_LEDGER),
        ],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mami.settings",
            "DATABASE_URL": f"{head.rpartition('/')[0]}/{name}?{query}",
            "MAMI_FAULT": f"{point}:kill:{at_pass}",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(due: dt.datetime) -> list[int]:
    """Both workers begin together; how each ended."""
    workers = [worker(due, point, max(1, DATES // 8)) for point in POINTS]
    try:
        for one in workers:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in workers:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        return [one.wait(SECONDS * max(patience(), 2)) for one in workers]
    finally:
        for one in workers:
            one.kill()
            one.communicate()


def test_each_date_is_ordered_once_whoever_dies_over_it(shop: Shop) -> None:
    rows = [set_up(shop).row for _ in range(DATES)]
    draft_due(now=clock.now(), limit=DATES * 2)
    dates = Occurrence.objects.filter(standing__in=rows, date=shop.date)
    due = max(dates.values_list("place_at", flat=True))
    assert killed(due) == [-signal.SIGKILL] * 2
    left = dates.filter(state="PLACING")
    assert left.count() == 2, "the control: without a look afterwards these stay as they are"
    for minute in range(3):
        now = due + dt.timedelta(minutes=minute)
        race([lambda now=now: settle_stranded(now=now, limit=10_000)] * 2)
        race([lambda now=now: place_due(now=now, limit=10_000)] * 2)
    assert {(one.state, one.reason) for one in dates} == {("PLACED", "")}
    orders = list(dates.values_list("order_id", flat=True))
    assert len(set(orders)) == Order.objects.count() == DATES
    assert shop.taken() == DATES
    payments = Payment.objects.filter(order__in=orders)
    assert payments.count() == Payment.objects.count() == DATES, "nobody paid twice"
    assert [verdict.rule.name for verdict in judge(ALL) if not verdict.is_kept] == []
