"""D9: more readers than the shop can serve, while a few order and the staff pick. The shelf gives way.

The peak is the best that few readers get beside the same orders, placed at the same pace and measured in
turns with the crowd, the median of the rounds: an order costs as much as some fifteen searches, and what goes to orders is not lost.
What readers get when nobody orders is told too, and what a crowd of them alone keeps of it is for
`benchmarks.crowd`.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from dataclasses import dataclass, field

from tests.drills.readers import Reading, read
from tests.drills.running_shop import RunningShop
from tests.drills.shoppers import Connection, DrillData, Ledger, Person

READERS, BUYERS, FACES = 400, 4, 12
FEW = (8, 16, 24)
ROUNDS = 5
ORDER_EVERY = 1.6
"""Seconds between two orders of a buyer, so that few readers and many stand beside the same work."""
LEAST_OF_PEAK, LEAST_OF_ORDERS = 0.8, 0.9
P99, REFUSED_WITHIN, LIVE_WITHIN, LATER_TIMES_IDLE = 2.0, 1.5, 0.5, 1.5


@dataclass(kw_only=True)
class Tally:
    """How often something was tried, and how often it succeeded."""

    tried: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, succeeded: bool) -> None:
        with self.lock:
            self.tried += 1
            self.done += succeeded

    def and_then(self, later: Tally) -> Tally:
        return Tally(tried=self.tried + later.tried, done=self.done + later.done)

    @property
    def share(self) -> float:
        return self.done / self.tried if self.tried else 0.0

    def __str__(self) -> str:
        return f"{self.done} of {self.tried}"


@dataclass(kw_only=True)
class Work:
    """A few who order and one who picks, until told to stop. Whoever is refused tries again later."""

    port: int
    data: DrillData
    ledger: Ledger
    orders: Tally = field(default_factory=Tally)
    picks: Tally = field(default_factory=Tally)
    spent: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def and_then(self, later: Work) -> Work:
        """What was tried in both."""
        both = Work(port=self.port, data=self.data, ledger=self.ledger)
        both.orders = self.orders.and_then(later.orders)
        both.picks = self.picks.and_then(later.picks)
        return both

    def __enter__(self) -> Work:
        people = self.data.customers[3 : 3 + BUYERS * FACES]
        self._threads = [
            threading.Thread(target=self._buy, args=(people[n::BUYERS], time.monotonic_ns()))
            for n in range(BUYERS)
        ]
        self._threads.append(threading.Thread(target=self._pick))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _send(
        self, line: Connection, method: str, path: str, body: object = None, *, key: str = ""
    ) -> tuple[int, bytes]:
        try:
            return line.send(method, path, body, key=key)
        except (OSError, http.client.HTTPException):
            return 0, b""

    def _buy(self, people: list[Person], mark: int) -> None:
        lines = [Connection(self.port, who) for who in people]
        turn, due = 0, time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            who, line = people[turn % len(people)], lines[turn % len(people)]
            turn, due = turn + 1, max(due, time.monotonic() - ORDER_EVERY) + ORDER_EVERY
            goods = {"product_id": self.data.products[turn % 8], "quantity": 1}
            while self._send(line, "POST", "/cart/items", goods)[0] not in (200, 201):
                if self._over.wait(1):
                    return
            self._order(who, line, f"overload-{mark}-{turn}")

    def _order(self, who: Person, line: Connection, key: str) -> None:
        body = {"fulfillment_type": "PICKUP", "branch_id": self.data.branch}
        while not self._over.is_set():
            sent = time.monotonic()
            status, answer = self._send(line, "POST", "/checkout/confirm", body, key=key)
            self.orders.count(status in (200, 201))
            if status in (200, 201):
                told = json.loads(answer)["data"]
                self.ledger.acknowledge(
                    sent=sent, kind="order", user=who.id, key=key,
                    order_number=told["order_number"], total=told["total_paid"],
                )  # fmt: skip
                return
            self._over.wait(1)

    def _pick(self) -> None:
        line, done = Connection(self.port, self.data.manager), set[str]()
        while not self._over.wait(0.5):
            waiting = [row["order_number"] for row in self.ledger.rows("order")]
            number = next((one for one in reversed(waiting) if one not in done), "")
            if not number:
                continue
            status, answer = self._send(line, "GET", f"/ops/orders?q={number}")
            self.picks.count(status == 200)
            if status != 200 or not (rows := json.loads(answer)["data"]):
                continue
            done.add(number)
            path = f"/ops/orders/{rows[0]['order_id']}"
            begin = self._send(line, "PATCH", f"{path}/status", {"status": "IN_PROGRESS"})
            self.picks.count(begin[0] == 200)
            for item in rows[0]["items"]:
                picked = self._send(
                    line, "PATCH", f"{path}/items/{item['id']}/picked-status",
                    {"picked_status": "PICKED"},
                )  # fmt: skip
                self.picks.count(picked[0] == 200)


def shelf(data: DrillData) -> str:
    """What the readers read: a search that finds the goods of the drill."""
    name = str(data.shop.category.products.values_list("name_en", flat=True).first() or "")
    return f"/api/v1/products/search?q={name.split()[0]}" if name else "/api/v1/products"


def drill(
    running: RunningShop,
    data: DrillData,
    ledger: Ledger,
    *,
    seconds: float,
    much: float,
    readers: int = READERS,
) -> tuple[list[str], Reading]:
    """What went wrong, in words, and what the crowd was answered. `much` is the patience of before the crowd:
    it makes the machine busy itself.
    """
    print(f"D9: {readers} readers, some orders and a picker", flush=True)
    path = shelf(data)
    idle = read(running.port, readers=1, seconds=min(seconds, 5), path=path).waited(0.95)
    alone = read(running.port, readers=FEW[1], seconds=min(seconds, 10), path=path).goodput
    goodput: dict[int, list[float]] = {number: [] for number in (*FEW, readers)}
    full, work = Reading(seconds=0), Work(port=running.port, data=data, ledger=ledger)
    for _ in range(ROUNDS):  # in turns: what else the machine does meanwhile touches all of them
        for number in goodput:
            is_crowd = number == readers
            length = seconds / ROUNDS if is_crowd else min(seconds, 20) / ROUNDS
            some, beside = crowded(running, data, ledger, path, readers=number, seconds=length)
            print(f"  {number} readers:")
            _tell(some, beside)
            goodput[number].append(some.goodput)
            if is_crowd:
                full, work = full.and_then(some), work.and_then(beside)
    middle = {number: statistics.median(seen) for number, seen in goodput.items()}
    peak = max(middle[few] for few in FEW)
    print(f"  together: {full}\n  confirms {work.orders}, picking {work.picks}", flush=True)
    time.sleep(min(seconds, 10))
    later = read(running.port, readers=1, seconds=min(seconds, 5), path=path).waited(0.95)
    print(
        f"  {middle[readers]:.0f} a second of {peak:.0f} at the peak, {middle[readers] / peak:.0%};"
        f" {alone:.0f} without any orders;"
        f" p95 idle {idle:.3f} s, afterwards {later:.3f} s",
        flush=True,
    )
    wrong = [*full.wrong(), *judged(full, work, much=much)]
    if middle[readers] < LEAST_OF_PEAK * peak:
        wrong.append(f"{middle[readers]:.0f} a second of {peak:.0f} at the peak")
    if later > LATER_TIMES_IDLE * idle * much:
        wrong.append(f"ten seconds later p95 is {later / idle:.1f} times idle")
    return wrong, full


def control(
    running: RunningShop,
    data: DrillData,
    ledger: Ledger,
    *,
    seconds: float,
    much: float,
    beside: Reading,
) -> bool:
    """Whether a crowd does harm where everybody is let in at once: figures are missed, or who is
    served waits twice as long as with lines, which a busy machine shows as well.
    """
    full, work = crowded(running, data, ledger, shelf(data), readers=READERS, seconds=seconds)
    print("  control, without lines:")
    _tell(full, work)
    return bool(judged(full, work, much=much)) or full.waited(0.99) >= 2 * beside.waited(0.99)


def crowded(
    running: RunningShop,
    data: DrillData,
    ledger: Ledger,
    path: str,
    *,
    readers: int,
    seconds: float,
) -> tuple[Reading, Work]:
    before = running.cpu_seconds()
    with Work(port=running.port, data=data, ledger=ledger) as work:
        full = read(running.port, readers=readers, seconds=seconds, path=path)
    work.spent = {name: used - before[name] for name, used in running.cpu_seconds().items()}
    return full, work


def judged(full: Reading, work: Work, *, much: float) -> list[str]:
    """What does not keep the figures, which are for a machine that does nothing else."""
    figures = {
        "who is served has it": (full.waited(0.99), P99 * much),
        "who is refused hears it": (full.waited(1, 503), REFUSED_WITHIN * much),
        "/health/live answers": (full.slowest_live, LIVE_WITHIN * much),
    }
    wrong = [
        f"{what} within {seen:.2f} s, allowed {most:.1f} s"
        for what, (seen, most) in figures.items()
        if seen > most
    ]
    for what, tally in {"confirm": work.orders, "picking": work.picks}.items():
        if tally.share < LEAST_OF_ORDERS:
            wrong.append(f"{what}: {tally} succeeded")
    return wrong


def _tell(full: Reading, work: Work) -> None:
    spent = ", ".join(f"{name} {used / full.seconds:.2f}" for name, used in work.spent.items())
    print(f"  {full}\n  confirms {work.orders}, picking {work.picks}", flush=True)
    print(f"  processors in use: {spent}", flush=True)
