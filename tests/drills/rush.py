"""D3: two hundred shoppers want the fifty that are left of one product, while others buy other things."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.drills.house import House
from tests.drills.street import AGAIN, LATER, Line, Person, Street, code_of

SHOPPERS, STOCK, OTHERS, ROUNDS = 200, 50, 8, 16


@dataclass
class Clock:
    """How long the others waited for their orders, in seconds."""

    waits: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Of few waits, the longest."""
        few = len(self.waits) < 20
        return max(self.waits) if few else statistics.quantiles(self.waits, n=20)[-1]


def drill(house: House, street: Street) -> list[str]:
    """What went wrong, in words. Prints how the others fared against two baselines."""
    print("D3: 200 shoppers, 50 left", flush=True)
    hot = street.shop.product(stock=STOCK).pk
    others = street.customers[-OTHERS:]
    crowd = street.customers[: 2 * SHOPPERS]
    idle = Clock()
    _others(house, street, others, idle, threading.Event(), rounds=ROUNDS)
    spread = _rush(house, street, crowd[:SHOPPERS], others, None)
    rushed = _rush(house, street, crowd[SHOPPERS:], others, hot)
    print(
        f"  other products, p95 of an order: idle {idle.p95:.2f} s, 200 shoppers on many products "
        f"{spread.clock.p95:.2f} s, 200 on one {rushed.clock.p95:.2f} s",
        flush=True,
    )
    print(f"  200 on one: {dict(rushed.said)}", flush=True)
    return [*rushed.wrong(hot), *([] if spread.sold == SHOPPERS else ["not everybody was served"])]


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


def _rush(
    house: House, street: Street, crowd: list[Person], others: list[Person], hot: int | None
) -> Rush:
    """All of `crowd` order at the same moment, `hot` or each something else."""
    rush, over = Rush(), threading.Event()
    start = threading.Barrier(len(crowd) + 1)
    lock = threading.Lock()

    def shop(number: int, who: Person) -> None:
        line = Line(house.port, who, timeout=90)
        product = hot or street.products[1 + number % (len(street.products) - 1)]
        line.send("POST", "/cart/items", {"product_id": product, "quantity": 1})
        start.wait(120)
        said = _order(line, street, f"rush-{hot}")
        with lock:
            rush.said[said] += 1

    threads = [
        threading.Thread(target=shop, args=(number, who)) for number, who in enumerate(crowd)
    ]
    for thread in threads:
        thread.start()
    beside = [
        threading.Thread(target=_others, args=(house, street, [who], rush.clock, over))
        for who in others
    ]
    start.wait(120)
    for thread in beside:
        thread.start()
    for thread in threads:
        thread.join(180)
    over.set()
    for thread in beside:
        thread.join(60)
    return rush


def _order(line: Line, street: Street, key: str) -> str:
    body = {"fulfillment_type": "PICKUP", "branch_id": street.branch}
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
    house: House,
    street: Street,
    people: list[Person],
    clock: Clock,
    over: threading.Event,
    rounds: int = 10**6,
) -> None:
    """A few people order other products one after another, and look at the clock."""
    lines = [Line(house.port, who, timeout=90) for who in people]
    for turn in range(rounds):
        if over.is_set():
            return
        line = lines[turn % len(lines)]
        product = street.products[1 + turn % (len(street.products) - 1)]
        body: dict[str, Any] = {"product_id": product, "quantity": 1}
        line.send("POST", "/cart/items", body)
        began = time.monotonic()
        if _order(line, street, f"beside-{id(clock)}-{id(lines)}-{turn}") == "ok":
            clock.waits.append(time.monotonic() - began)
