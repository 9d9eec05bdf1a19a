"""The people before the shop: their accounts, what they buy, and how they talk to it over HTTP."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.drills.ageing import days_pass, grow_old

AGAIN = {"BUSY", "PAYMENT_PENDING", "IDEMPOTENCY_IN_PROGRESS", "INTERNAL_ERROR"}
LATER = {"RATE_LIMITED", "SERVICE_UNAVAILABLE", "PAYMENT_UNAVAILABLE"}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account; `token` signs them in."""

    id: int
    token: str


@dataclass(kw_only=True)
class DrillData:
    """Who may shop for what. Made by `write_drill_data`; `shop` is where it was written down."""

    shop: Any
    customers: list[Person]
    manager: Person
    products: list[int]
    slots: list[int]
    branch: int

    @property
    def far_date(self) -> str:
        """A day so far away that its orders are held later."""
        return str((self.shop.date + dt.timedelta(days=7)).isoformat())


def write_drill_data(*, customers: int, products: int, odd_cards: Sequence[str] = ()) -> DrillData:
    """Write a shop with goods and people straight into the tables.

    `odd_cards` go to some of the last of them; everybody else has `tok_visa`.
    """
    from branches.calendar_models import CalendarSettings
    from tests.shop import open_shop

    CalendarSettings.objects.create(
        pk=1, keeps_shabbat=False, independence_day=False, passover_mode="OFF"
    )  # a drill runs on any day of the week
    shop = open_shop(capacity=1_000_000)
    goods = [shop.product(stock=100_000).pk for _ in range(products)]
    dealt = ["tok_visa"] * customers
    dealt[customers - 10 - len(odd_cards) : customers - 10] = odd_cards
    return DrillData(
        shop=shop,
        customers=[person(shop.customer(card=card)) for card in dealt],
        manager=person(shop.manager()),
        products=goods,
        slots=[shop.slot.pk, shop.later_slot.pk],
        branch=shop.branch.pk,
    )


def person(user: Any) -> Person:
    from accounts import tokens
    from core import clock

    now = clock.now()
    token = tokens.encode(
        user_id=user.pk, role=user.role, version=user.token_version, kind="access",
        jti=uuid.uuid4(), issued_at=now, expires_at=now + dt.timedelta(hours=3),
    )  # fmt: skip
    return Person(id=user.pk, token=token)


class Connection:
    """One person's connection to the shop. Raises OSError or HTTPException where it breaks."""

    def __init__(self, port: int, who: Person | None, *, timeout: float = 30.0) -> None:
        self._port, self._who, self._timeout = port, who, timeout
        self._http: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self._who is not None:
            headers["Authorization"] = f"Bearer {self._who.token}"
            high, low = divmod(self._who.id % 2**16, 256)
            headers["X-Forwarded-For"] = f"10.0.{high}.{low}"
        if key:
            headers["Idempotency-Key"] = key
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            self._http.request(
                method, f"/api/v1{path}", None if body is None else json.dumps(body), headers
            )
            answer = self._http.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None


def code_of(body: bytes) -> str:
    """The code of a refusal; "" of anything else."""
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


@dataclass(kw_only=True)
class Ledger:
    """The outside ledger: every answer is on the disk before its customer goes on."""

    path: Path
    successes: list[tuple[float, float]] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, *, sent: float, **row: Any) -> None:
        """`sent` is when the request that was answered had left, on the monotonic clock."""
        with self._lock:
            with self.path.open("a") as file:
                file.write(json.dumps(row) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.successes.append((sent, time.monotonic()))

    def refused(self, code: str) -> None:
        with self._lock:
            self.refusals[code] = self.refusals.get(code, 0) + 1

    def rows(self, kind: str) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [row for row in found if row["kind"] == kind]

    def first_after(self, instant: float) -> float | None:
        """Seconds until somebody who asked after `instant` had an answer; None while nobody has."""
        with self._lock:
            return next((done - instant for sent, done in self.successes if sent > instant), None)


@dataclass(kw_only=True)
class Crowd:
    """Shoppers who order until told to stop, each with accounts of their own.

    Where they think again, every other order is changed or moved to another card at once, and days
    pass for some.
    """

    port: int
    data: DrillData
    ledger: Ledger
    shoppers: int
    retries: bool = True
    pause: float = 0.3
    thinks_again: bool = False
    # Another crowd's keys are other orders': with the same ones it is only told again what the first was told.
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.shoppers):
            mine = self.data.customers[number :: self.shoppers]
            self.run(lambda mine=mine, number=number: self._shop(mine, random.Random(number)))
        self.run(self._work)
        if self.thinks_again:
            self.run(lambda: days_pass(self._stop))

    def run(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        if self.thinks_again:  # what was ordered last is to be held now too
            grow_old()

    def _shop(self, mine: list[Person], dice: random.Random) -> None:
        lines = [Connection(self.port, who) for who in mine]
        turn = 0
        while not self._stop.is_set():
            turn += 1
            who, line = mine[turn % len(mine)], lines[turn % len(mine)]
            try:
                self._order(who, line, f"{who.id}-{turn}-{self.name}", dice)
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.3)
            self._stop.wait(self.pause * dice.random())

    def _order(self, who: Person, line: Connection, key: str, dice: random.Random) -> None:
        for product in dice.sample(self.data.products, 2):
            line.send("POST", "/cart/items", {"product_id": product, "quantity": 1})
        body: dict[str, Any] = {"fulfillment_type": "PICKUP", "branch_id": self.data.branch}
        if dice.random() < 0.5:
            slot = dice.choice(self.data.slots)
            body = {"fulfillment_type": "DELIVERY", "delivery_slot_id": slot}
            if self.thinks_again and dice.random() < 0.2:
                body["delivery_date"] = self.data.far_date
        answer = self.until_answered(line, "/checkout/confirm", body, key)
        if answer is not None:
            sent, said = answer
            data = json.loads(said)["data"]
            self.ledger.acknowledge(
                sent=sent, kind="order", user=who.id, key=key,
                order_number=data["order_number"], total=data["total_amount"],
            )  # fmt: skip
            if self.thinks_again and dice.random() < 0.5:
                self._think_again(who, line, data["order_number"], dice)

    def _think_again(self, who: Person, line: Connection, number: str, dice: random.Random) -> None:
        """One more of something, for which more has to be held, or another card."""
        status, answer = line.send("GET", "/orders?limit=1")
        rows = json.loads(answer)["data"] if status == 200 else []
        if not rows or rows[0]["order_number"] != number:
            return
        order, place = rows[0], f"/orders/{rows[0]['id']}"
        if dice.random() < 0.3:
            card = {"payment": {"provider": "sandbox", "token": "tok_mastercard"}}
            answered = self.until_answered(line, f"{place}/payment", card, f"pay-{number}")
            if answered is not None:
                self.ledger.acknowledge(sent=answered[0], kind="pay", order_number=number)
            return
        wanted = [
            {"product_id": item["product_id"], "quantity": item["quantity"] + (not at)}
            for at, item in enumerate(order["items"])
        ]
        status, answer = line.send("POST", f"{place}/change/preview", {"lines": wanted})
        if status != 200:
            return
        total = json.loads(answer)["data"]["total"]
        body = {"lines": wanted, "expected_version": order["version"], "expected_total": total}
        self.ledger.acknowledge(sent=0, kind="wish", order_number=number, total=total)
        answered = self.until_answered(line, f"{place}/change", body, f"change-{number}")
        if answered is not None:
            sent = answered[0]
            self.ledger.acknowledge(sent=sent, kind="change", order_number=number, total=total)

    def until_answered(
        self, line: Connection, path: str, body: Any, key: str
    ) -> tuple[float, bytes] | None:
        """Send the same again until it is answered; None when it was refused, or all is over.

        With the answer comes when the request that got it was sent.
        """
        while True:
            sent = time.monotonic()
            try:
                status, answer = line.send("POST", path, body, key=key)
            except (OSError, http.client.HTTPException):
                status, answer = 0, b""
            if status in (200, 201):
                return sent, answer
            code = code_of(answer)
            self.ledger.refused(code or f"HTTP {status}")
            final = bool(code) and code not in AGAIN | LATER
            if final or not self.retries or self._stop.wait(0.3 if code in AGAIN else 1.0):
                return None

    # -- the staff: what was ordered leaves the shop, is charged, and a part is given back ---------

    def _work(self) -> None:
        line, done = Connection(self.port, self.data.manager), 0
        while not self._stop.is_set():
            orders = self.ledger.rows("order")
            if len(orders) <= done:
                self._stop.wait(0.5)
                continue
            try:
                self._hand_out(line, orders[done]["order_number"])
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.3)
                continue
            done = len(orders)  # some are enough

    def _hand_out(self, line: Connection, number: str) -> None:
        status, answer = line.send("GET", f"/ops/orders?q={number}")
        rows = json.loads(answer).get("data") if status == 200 else None
        if not rows:
            return
        order = rows[0]
        path = f"/ops/orders/{order['order_id']}"
        line.send("PATCH", f"{path}/status", {"status": "IN_PROGRESS"})
        for item in order["items"]:
            line.send(
                "PATCH", f"{path}/items/{item['id']}/picked-status", {"picked_status": "PICKED"}
            )
        last = "OUT_FOR_DELIVERY" if order["fulfillment_type"] == "DELIVERY" else "DELIVERED"
        for status_wanted in ("READY", last):
            line.send("PATCH", f"{path}/status", {"status": status_wanted})
        body, key = {"amount": "1.00", "reason": "drill"}, f"refund-{number}"
        refund = f"/admin/orders/{order['order_id']}/refund"
        if (answered := self.until_answered(line, refund, body, key)) is not None:
            sent, said = answered
            refund_id = json.loads(said)["data"]["refund_id"]
            self.ledger.acknowledge(sent=sent, kind="refund", order_number=number, refund=refund_id)
