"""D6: the payment provider hangs, resets, answers late, with errors or garbage, for a minute each.

Meanwhile people browse as before and each order is answered within eight seconds; a silent provider is
soon left alone; and three minutes after it is well again nothing is pending.
"""

from __future__ import annotations

import contextlib
import http.client
import statistics
import threading
import time
from dataclasses import dataclass, field

from tests.drills.running_shop import RunningShop
from tests.drills.shoppers import Connection, DrillData, code_of
from tests.drills.verdicts import until_quiet

MOODS = ("hang", "reset", "late", "error", "garbage")
ANSWER_SECONDS, SETTLED_SECONDS = 8.0, 180.0
HARDLY_SECONDS = 0.1
"""What a page may take without anybody minding: minutes differ by more than that on a busy machine."""
# More shoppers than the control's web server has threads: else a silent provider could not use them all up.
SHOPPERS, BROWSERS = 16, 2


@dataclass
class Minute:
    """What was measured while the weather lasted. Times in seconds."""

    browsing: list[float] = field(default_factory=list)
    ordering: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"browsing median {statistics.median(self.browsing) * 1000:.0f} ms, "
            f"p95 {_p95(self.browsing) * 1000:.0f} ms; slowest answer to an order "
            f"{max(self.ordering):.1f} s; {self.answers}"
        )


def drill(running: RunningShop, data: DrillData, *, seconds: float) -> list[str]:
    """What went wrong, in words."""
    print(f"D6: bad weather, {seconds:.0f} s of each kind", flush=True)
    wrong: list[str] = []
    fine = _minute(running, data, "", seconds)
    print(f"  {'fine':8} {fine}", flush=True)
    for mood in MOODS:
        found = _minute(running, data, mood, seconds)
        print(f"  {mood:8} {found}", flush=True)
        took, left = until_quiet(seconds=SETTLED_SECONDS)
        print(f"           {left or 'nothing pending'} after {took:.0f} s", flush=True)
        wrong += [f"after {mood}: {what}" for what in left]
        wrong += _stalled(mood, found, fine, max(found.ordering))
    return wrong


def control(running: RunningShop, data: DrillData) -> list[str]:
    """What a silent provider does to a shop whose threads may all wait for it; must be something.

    Looked at before the breaker opens, which frees the threads even then.
    """
    fine = _minute(running, data, "", 5)
    found = _minute(running, data, "hang", 5)
    print(f"  control, few threads which may all wait: {found}", flush=True)
    until_quiet(seconds=SETTLED_SECONDS)
    return _stalled("hang", found, fine, max(found.ordering))


def _stalled(mood: str, found: Minute, fine: Minute, slowest: float) -> list[str]:
    wrong = []
    if slowest > ANSWER_SECONDS:
        wrong.append(f"{mood}: an order was answered after {slowest:.1f} s")
    median, usual = statistics.median(found.browsing), statistics.median(fine.browsing)
    if median > max(2 * usual, HARDLY_SECONDS):
        wrong.append(f"{mood}: browsing became slow")
    if _p95(found.browsing) > max(2 * _p95(fine.browsing), 5 * HARDLY_SECONDS):
        wrong.append(f"{mood}: browsing stalled")
    return wrong


def _minute(running: RunningShop, data: DrillData, mood: str, seconds: float) -> Minute:
    from django.conf import settings

    from payments.providers.sandbox_ledger import Ledger as Books

    books = Books(settings.SANDBOX_LEDGER)
    books.set_weather(mode=mood)
    found, over = Minute(), threading.Event()
    threads = [
        threading.Thread(target=_order, args=(running, data, n, found, over))
        for n in range(SHOPPERS)
    ] + [
        threading.Thread(target=_browse, args=(running, data, found, over)) for _ in range(BROWSERS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in threads:
        thread.join(30)
    books.set_weather(mode="")
    return found


def _browse(running: RunningShop, data: DrillData, found: Minute, over: threading.Event) -> None:
    line = Connection(running.port, None)
    while not over.is_set():
        began = time.monotonic()
        with contextlib.suppress(OSError, http.client.HTTPException):
            line.send("GET", f"/catalog/products/{data.products[0]}")
            found.browsing.append(time.monotonic() - began)
        over.wait(0.1)


def _order(
    running: RunningShop, data: DrillData, number: int, found: Minute, over: threading.Event
) -> None:
    """Put something into the basket and order it; then somebody else does."""
    mine = data.customers[number::SHOPPERS]
    turn = 0
    while not over.is_set():
        turn += 1
        who = mine[turn % len(mine)]
        line = Connection(running.port, who)
        body = {"fulfillment_type": "PICKUP", "branch_id": data.branch}
        with contextlib.suppress(OSError, http.client.HTTPException):
            item = {"product_id": data.products[turn % len(data.products)], "quantity": 1}
            line.send("POST", "/cart/items", item)
            began = time.monotonic()
            status, answer = line.send(
                "POST", "/checkout/confirm", body, key=f"weather-{who.id}-{began}"
            )
            found.ordering.append(time.monotonic() - began)
            said = code_of(answer) or str(status)
            found.answers[said] = found.answers.get(said, 0) + 1
        line.close()
        over.wait(1.0)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
