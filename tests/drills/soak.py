"""D23: half of what the shop can do, for a long time: its processes do not grow.

The peak is measured first. Then half of it is read and a few people order, `minutes` long, and every ten
seconds the memory of each process is written down. Every process of the web and the worker may differ by
5 % from what it held after the first sixth, in which caches fill. No web worker makes room for another meanwhile
(WEB_MAX_REQUESTS).
"""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.drills.readers import SEARCH, read
from tests.drills.running_shop import RunningShop
from tests.drills.shoppers import Crowd, DrillData, Ledger

SHARE, MOST = 0.5, 0.05
READERS, SHOPPERS = 8, 2
EVERY_SECONDS = 10.0
WARM = 1 / 6

Samples = Mapping[str, Sequence[float]]


@dataclass(kw_only=True)
class Paced:
    """Readers who together ask so many times a second, whatever the answers take, until told to stop."""

    port: int
    rate: float
    failed: list[str] = field(default_factory=list)
    answered: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Paced:
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _read(self) -> None:
        pause = READERS / self.rate
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due = max(due + pause, time.monotonic() - pause)
            try:
                line.request("GET", SEARCH)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                line.close()
                self.failed.append(type(error).__name__)
                continue
            self.answered += 1
            if answer.status != 200:
                self.failed.append(str(answer.status))


def drill(running: RunningShop, data: DrillData, ledger: Ledger, *, minutes: float) -> list[str]:
    """What went wrong, in words."""
    peak = read(running.port, readers=12, seconds=10).goodput
    print(f"D23: {minutes:g} minutes at half of {peak:.0f} pages a second", flush=True)
    crowd = Crowd(port=running.port, data=data, ledger=ledger, shoppers=SHOPPERS, pause=4.0)
    samples: dict[str, list[float]] = {}
    crowd.start()
    try:
        with Paced(port=running.port, rate=max(1.0, peak * SHARE)) as readers:
            ends = time.monotonic() + 60 * minutes
            while time.monotonic() < ends:
                time.sleep(min(EVERY_SECONDS, minutes * 60 / 30))
                for name, held in _memory(running).items():
                    samples.setdefault(name, []).append(held)
    finally:
        crowd.stop()
    orders = len(ledger.rows("order"))
    print(f"  {readers.answered} pages, {orders} orders, {len(readers.failed)} failed", flush=True)
    wrong = grown(samples)
    if readers.failed:
        wrong.append(f"{len(readers.failed)} pages failed: {readers.failed[:3]}")
    return wrong if orders else [*wrong, "nobody ordered"]


def grown(samples: Samples) -> list[str]:
    """The processes whose memory at the end is not what it was after the first sixth, in words.

    One that ended on the way, or began, is told too: it was started anew.
    """
    wrong, longest = [], max((len(held) for held in samples.values()), default=0)
    for name, held in sorted(samples.items()):
        if len(held) < longest:
            wrong.append(f"{name} was there for {len(held)} of {longest} looks")
            continue
        part = max(1, longest // 10)
        warm = int(longest * WARM)
        before, after = statistics.median(held[warm : warm + part]), statistics.median(held[-part:])
        course = " ".join(f"{one:.0f}" for one in held[warm :: max(1, longest // 15)])
        print(f"  {name}: {before:.1f} MB, {after:.1f} MB at the end ({course})", flush=True)
        if abs(after - before) > MOST * before:
            wrong.append(f"{name} held {before:.1f} MB and then {after:.1f} MB")
    return wrong


def _memory(running: RunningShop) -> dict[str, float]:
    """MB of each process that is its own or its share of what is shared (Pss)."""
    found = {}
    for kind, pids in (("web", running.web()), ("worker", running.worker())):
        for pid in pids:
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            held = next(line for line in text.splitlines() if line.startswith("Pss:"))
            found[f"{kind} {pid}"] = int(held.split()[1]) / 1024
    return found
