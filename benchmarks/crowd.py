"""Crowds at the door of a running shop: a storm of sign-ins, and more readers than can be served.

    TRUSTED_PROXIES=127.0.0.1 make run PORT=8911     (in another terminal)
    .venv/bin/python -m benchmarks.crowd http://127.0.0.1:8911

Prints what docs/performance.md tells, with a mark at what is not as it should be; ends with 1 when
something is not. The crowd shares the processors with the shop. `--readers 40 --sign-ins 10 --seconds 2`
is a look at the benchmark itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from tests.drills.readers import SEARCH, Answer, Reading, read, share_of

wrong: list[str] = []


def tell(what: str, seen: float, wanted: float, *, least: bool = False, unit: str = " s") -> None:
    holds = seen >= wanted if least else seen <= wanted
    if not holds:
        wrong.append(what)
    print(
        f"{'  ' if holds else '! '}{what}: {seen:.2f}{unit} (wanted {wanted:g}{unit})", flush=True
    )


def sign_in(base: str, number: int) -> Answer:
    body = {"email": f"crowd{number}-{time.time_ns()}@mami.test", "password": "some wrong words"}
    request = urllib.request.Request(
        f"{base}/api/v1/auth/login",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-Forwarded-For": f"192.0.2.{number % 250}"},
    )
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            status = answer.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    except OSError:
        status = 0
    return Answer(status=status, seconds=time.perf_counter() - began)


def storm(base: str, port: int, sign_ins: int) -> None:
    idle = read(port, readers=1, seconds=1)
    answers: list[Answer] = []
    shelf: list[Reading] = []
    threads: list[Any] = [
        threading.Thread(target=lambda n=n: answers.append(sign_in(base, n)))
        for n in range(sign_ins)
    ]
    looker = threading.Thread(target=lambda: shelf.append(read(port, readers=1, seconds=3)))
    began = time.perf_counter()
    for thread in [looker, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    looker.join()
    print(f"{sign_ins} sign-ins: {dict(Counter(a.status for a in answers))}; search idle "
          f"p95 {idle.waited(0.95):.3f} s, meanwhile {dict(shelf[0].said)}")  # fmt: skip
    tell("all sign-ins answered within", taken, 6)
    tell("sign-ins refused", sum(a.status != 401 for a in answers), 0, unit="")
    tell("search p95 meanwhile", shelf[0].waited(0.95), 1)
    tell("searches refused meanwhile", shelf[0].said[503], 0, unit="")


def crowd(port: int, readers: int, seconds: float) -> None:
    idle = read(port, readers=1, seconds=min(seconds, 4)).waited(0.95)
    quiet = [read(port, readers=n, seconds=seconds) for n in (8, 16, 24)]
    best = max(reading.goodput for reading in quiet)
    for number, reading in zip((8, 16, 24), quiet, strict=True):
        print(f"{number} readers: {reading}", flush=True)
    full = read(port, readers=readers, seconds=seconds)
    print(f"{readers} readers: {full}", flush=True)
    wrong.extend(full.wrong())
    tell("goodput, share of the best", full.goodput / best, 0.8, least=True, unit="")
    tell("p99 of who was served", full.waited(0.99), 2)
    tell("slowest refusal", full.waited(1, 503), 1.5)
    tell("/health/live", full.slowest_live, 0.5)
    time.sleep(min(seconds, 10))
    after = read(port, readers=1, seconds=min(seconds, 4))
    times = [a.seconds for a in after.answers if a.status == 200]
    tell("ten seconds later p95, times idle", share_of(times, 0.95) / idle, 1.5, unit=" ×")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd")
    parser.add_argument("address")
    parser.add_argument("--readers", type=int, default=400)
    parser.add_argument("--sign-ins", type=int, default=99)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args()
    base = chosen.address.rstrip("/")
    port = urlsplit(base).port or 80
    if read(port, readers=1, seconds=0.1).said[200] == 0:
        print(f"no shop answers {SEARCH} at {base}", file=sys.stderr)
        return 2
    storm(base, port, chosen.sign_ins)
    crowd(port, chosen.readers, chosen.seconds)
    print("wrong: " + "; ".join(wrong) if wrong else "all as wanted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
