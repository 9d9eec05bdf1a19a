"""D3: two hundred shoppers want the fifty that are left of one product, while others buy other things."""

from __future__ import annotations

import contextlib
import http.client
import statistics
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from tests.drills.running_shop import RunningShop, patience
from tests.drills.shoppers import AGAIN, LATER, Connection, DrillData, Person, code_of

SHOPPERS, STOCK, OTHERS, ROUNDS = 200, 50, 8, 16
MOST_TIMES_IDLE = 2.0
# Others order one after another, as so many people in turn: one person may not order all the time.
FACES = 12


@dataclass
class Clock:
    """How long the others took for their orders, in seconds."""

    waits: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        middle = statistics.median(self.waits)
        return f"p50 {middle:.2f} s, p95 {self.p95:.2f} s of {len(self.waits)}"

    @property
    def p95(self) -> float:
        """Of few waits, the longest."""
        few = len(self.waits) < 20
        return max(self.waits) if few else statistics.quantiles(self.waits, n=20)[-1]


def drill(running: RunningShop, data: DrillData) -> list[str]:
    """What went wrong, in words. Prints how the others fared."""
    print("D3: 200 shoppers, 50 left", flush=True)
    crowd, _ = _crowds(data)
    idle = _alone(running, data)
    spread = _rush(running, data, crowd, None)
    rushed, hot = _on_one(running, data, crowd)
    print("  eight others, who order other things (into the basket and confirmed):")
    _tell({"nobody else is there": idle, "200 on one product": rushed.clock,
           "200 on many products": spread.clock})  # fmt: skip
    print(f"  200 on one: {dict(rushed.said)}", flush=True)
    wrong = rushed.wrong(hot)
    if rushed.clock.p95 > MOST_TIMES_IDLE * idle.p95:
        wrong.append(f"others wait {rushed.clock.p95 / idle.p95:.1f} times as long as else")
    if spread.sold != SHOPPERS:
        wrong.append("not everybody was served")
    return wrong


def control(running: RunningShop, data: DrillData) -> bool:
    """Whether others are held up by a crowd where nobody has to wait for a turn."""
    idle = _alone(running, data)
    rushed, _hot = _on_one(running, data, _crowds(data)[1])
    print("  control, without turns:")
    _tell({"nobody else is there": idle, "200 on one product": rushed.clock})
    return rushed.clock.p95 > MOST_TIMES_IDLE * idle.p95


def _crowds(data: DrillData) -> tuple[list[Person], list[Person]]:
    """Two, without those at whose keys D2 has looked: they may not order again so soon."""
    free = data.customers[3:]
    return free[:SHOPPERS], free[SHOPPERS : 2 * SHOPPERS]


def _tell(clocks: dict[str, Clock]) -> None:
    for when, clock in clocks.items():
        print(f"    {when}: {clock}", flush=True)


def _alone(running: RunningShop, data: DrillData) -> Clock:
    """How long the others take when nobody else is there."""
    idle = Clock()
    for thread in _beside(running, data, idle, threading.Event(), ROUNDS):
        thread.join(60)
    return idle


def _on_one(running: RunningShop, data: DrillData, crowd: list[Person]) -> tuple[Rush, int]:
    """The rush for a product of which there are too few, and which it was."""
    hot = data.shop.product(stock=STOCK).pk
    return _rush(running, data, crowd, hot), hot


@dataclass
class Rush:
    said: Counter[str] = field(default_factory=Counter)
    clock: Clock = field(default_factory=Clock)

    @property
    def sold(self) -> int:
        return self.said["ok"]

    def wrong(self, hot: int) -> list[str]:
        from django.apps import apps
        from django.db import connection

        from orders.models import OrderItem

        connection.close()
        rows = apps.get_model("inventory", "Stock").objects.filter(product_id=hot)
        reserved = sum((row.reserved for row in rows), Decimal(0))
        kept = OrderItem.objects.filter(product_id=hot).count()
        if (self.sold, kept, reserved) == (STOCK, STOCK, Decimal(STOCK)):
            return []
        return [f"{self.sold} of {STOCK} were sold, {kept} orders are kept, {reserved} promised"]


def _rush(running: RunningShop, data: DrillData, crowd: list[Person], hot: int | None) -> Rush:
    """All of `crowd` order at the same moment, `hot` or each something else."""
    rush, over = Rush(), threading.Event()
    start = threading.Barrier(len(crowd) + 1)
    lock, refused = threading.Lock(), list[Connection]()

    def shop(number: int, who: Person) -> None:
        line = Connection(running.port, who, timeout=90)
        product = hot or data.products[1 + number % (len(data.products) - 1)]
        _fill(line, product)
        start.wait(120 * patience())
        said = _order(line, data, f"rush-{hot}")
        with lock:
            rush.said[said] += 1
            if said != "ok":
                refused.append(line)

    threads = [
        threading.Thread(target=shop, args=(number, who)) for number, who in enumerate(crowd)
    ]
    for thread in threads:
        thread.start()
    start.wait(120 * patience())
    beside = _beside(running, data, rush.clock, over)
    for thread in threads:
        thread.join(180)
    over.set()
    for thread in beside:
        thread.join(60)
    for line in refused:  # what is sold out would stand in the way of their next order
        line.close()  # it was idle for too long
        line.send("DELETE", "/cart")
    return rush


def _beside(
    running: RunningShop,
    data: DrillData,
    clock: Clock,
    over: threading.Event,
    rounds: int = 10**6,
) -> list[threading.Thread]:
    """All the others at work, each under several faces in turn."""
    people = data.customers[3 + 2 * SHOPPERS :][: OTHERS * FACES]
    threads = [
        threading.Thread(
            target=_others, args=(running, data, people[number::OTHERS], clock, over, rounds)
        )
        for number in range(OTHERS)
    ]
    for thread in threads:
        thread.start()
    return threads


def _fill(line: Connection, product: int) -> None:
    """Put one of it into the basket, coming back as often as the shop has too many visitors."""
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            _, answer = line.send("POST", "/cart/items", {"product_id": product, "quantity": 1})
            if code_of(answer) not in AGAIN | LATER:
                return
        time.sleep(0.2)


def _order(line: Connection, data: DrillData, key: str) -> str:
    body = {"fulfillment_type": "PICKUP", "branch_id": data.branch}
    while True:
        try:
            status, answer = line.send("POST", "/checkout/confirm", body, key=key)
        except (OSError, http.client.HTTPException):
            continue
        if status in (200, 201):
            return "ok"
        if (code := code_of(answer)) not in AGAIN | LATER:
            return code or str(status)
        time.sleep(0.2)


def _others(
    running: RunningShop,
    data: DrillData,
    people: list[Person],
    clock: Clock,
    over: threading.Event,
    rounds: int,
) -> None:
    """A few people order other products one after another, and look at the clock."""
    lines, mine = [Connection(running.port, who, timeout=90) for who in people], uuid.uuid4().hex
    for turn in range(rounds):
        if over.is_set():
            return
        line = lines[turn % len(lines)]
        product = data.products[1 + turn % (len(data.products) - 1)]
        began = time.monotonic()
        _fill(line, product)
        if _order(line, data, f"{mine}-{turn}") == "ok":
            clock.waits.append(time.monotonic() - began)
