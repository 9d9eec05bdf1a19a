"""Readers who come in crowds: each asks again as soon as it was answered, after a second when refused.

All of them on one thread, so that they take little of the processors that they share with the shop.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

SEARCH = "/api/v1/products/search?q=bread"
AFTER_A_REFUSAL = 1.0
LONGEST = 60.0
LIVE = "/health/live"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int  # 0: none
    seconds: float
    retry_after: int = 0


@dataclass(kw_only=True)
class Reading:
    """What a crowd was answered."""

    seconds: float
    answers: list[Answer] = field(default_factory=list)
    live: list[Answer] = field(default_factory=list)

    @property
    def said(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)

    @property
    def goodput(self) -> float:
        """Served a second."""
        return self.said[200] / self.seconds

    def waited(self, share: float, status: int = 200) -> float:
        """The time within which `share` of those who got `status` had it."""
        return share_of([a.seconds for a in self.answers if a.status == status], share)

    @property
    def slowest_live(self) -> float:
        return max((answer.seconds for answer in self.live), default=0.0)

    def and_then(self, later: Reading) -> Reading:
        """Both together."""
        return Reading(
            seconds=self.seconds + later.seconds,
            answers=[*self.answers, *later.answers],
            live=[*self.live, *later.live],
        )

    def wrong(self) -> list[str]:
        """Answers that are neither the page nor a proper refusal."""
        odd = self.said - Counter({200: self.said[200], 503: self.said[503]})
        found = [f"{number} × {status}" for status, number in odd.items()]
        if any(a.status == 503 and not 1 <= a.retry_after <= 5 for a in self.answers):
            found.append("a refusal without Retry-After of 1 to 5")
        if any(answer.status != 200 for answer in self.live):
            found.append("/health/live did not answer 200")
        return found

    def __str__(self) -> str:
        return (
            f"{dict(self.said)}, {self.goodput:.0f} a second, p99 {self.waited(0.99):.2f} s, "
            f"refusals {self.waited(1, 503):.2f} s, live {self.slowest_live:.2f} s"
        )


def share_of(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def read(port: int, *, readers: int, seconds: float, path: str = SEARCH) -> Reading:
    """`readers` at once for so long; a probe looks every half second whether the shop is alive."""
    return asyncio.run(_read(port, readers, seconds, path))


async def _read(port: int, readers: int, seconds: float, path: str) -> Reading:
    found = Reading(seconds=seconds)
    ends = time.monotonic() + seconds

    def going() -> bool:
        return time.monotonic() < ends

    crowd = [_reader(port, path, n, going, found.answers) for n in range(readers)]
    await asyncio.gather(_prober(port, going, found.live), *crowd)
    return found


async def _reader(
    port: int, path: str, number: int, going: Callable[[], bool], answers: list[Answer]
) -> None:
    while going():
        answer = await ask(port, path, place=number)
        answers.append(answer)
        if answer.status != 200:
            await asyncio.sleep(AFTER_A_REFUSAL)


async def _prober(port: int, going: Callable[[], bool], answers: list[Answer]) -> None:
    while going():
        answers.append(await ask(port, LIVE))
        await asyncio.sleep(0.5)


async def ask(port: int, path: str, *, place: int = 0) -> Answer:
    """One request on a connection of its own."""
    began = time.monotonic()
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"X-Forwarded-For: 192.0.{place // 250}.{place % 250}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(LONGEST):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(head.encode())
                got = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        got = b""
    return _answer(got, time.monotonic() - began)


def _answer(got: bytes, seconds: float) -> Answer:
    head = got.partition(b"\r\n\r\n")[0].decode("latin-1").lower().split("\r\n")
    status = head[0].split()[1] if head[0].startswith("http/1.1 ") else "0"
    told = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    after = told.get("retry-after", "0")
    return Answer(status=int(status), seconds=seconds, retry_after=int(after))
