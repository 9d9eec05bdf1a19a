"""D20: the worker stands still, and nobody writes its heartbeat but itself.

`/health/ready` has to say so within ninety seconds while the shop goes on selling; what waited is done
after its return. The alert's own half, from the same heartbeat, is in deploy/prometheus/alerts_test.yml.
"""

from __future__ import annotations

import json
import os
import signal
import time
from urllib.request import urlopen

from tests.drills.running_shop import RunningShop, patience
from tests.drills.shoppers import Connection, DrillData, Ledger

KNOWN_WITHIN, NOT_BEFORE, DONE_WITHIN = 90.0, 45.0, 60.0


def drill(running: RunningShop, data: DrillData, ledger: Ledger) -> list[str]:
    """What went wrong, in words."""
    print("D20: the worker stands still", flush=True)
    wrong = _until(running, "ok", within=60 * patience())[1]
    stopped = running.worker()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        known, late = _until(running, "late", within=KNOWN_WITHIN * patience())
        ordered = _order(running, data, ledger)
        waiting = _waiting()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    print(
        f"  late after {known:.0f} s; an order meanwhile: {ordered}; {waiting} jobs wait",
        flush=True,
    )
    wrong += late
    if known < NOT_BEFORE:
        wrong.append(f"called late after {known:.0f} s, while a heartbeat was young")
    if ordered not in (200, 201):
        wrong.append(f"an order was answered {ordered}")
    if not waiting:
        wrong.append("the control passed: nothing waited for the worker")
    back = time.monotonic()
    while _waiting() and time.monotonic() - back < DONE_WITHIN * patience():
        time.sleep(0.5)
    print(
        f"  back: all done after {time.monotonic() - back:.0f} s, {back - began:.0f} s stopped",
        flush=True,
    )
    if left := _waiting():
        wrong.append(f"{left} jobs still wait")
    return wrong + _until(running, "ok", within=60 * patience())[1]


def _until(running: RunningShop, word: str, *, within: float) -> tuple[float, list[str]]:
    """Seconds until both processes say `word` of the worker; what is wrong with how they say it."""
    began, last = time.monotonic(), ("", "", 0)
    while (taken := time.monotonic() - began) < within:
        seen = {_ready(running) for _ in range(8)}
        if {worker for worker, _, _ in seen} == {word}:
            wanted = {("ok", "ok", 200)} if word == "ok" else {("late", "degraded", 200)}
            return taken, [] if seen == wanted else [f"ready says {sorted(seen)}"]
        last = seen.pop()
        time.sleep(1)
    return within, [f"after {within:.0f} s ready still says {last}, not {word}"]


def _ready(running: RunningShop) -> tuple[str, str, int]:
    with urlopen(f"http://127.0.0.1:{running.port}/health/ready", timeout=10) as answer:
        told = json.loads(answer.read())
        return told["checks"]["worker"], told["status"], answer.status


def _order(running: RunningShop, data: DrillData, ledger: Ledger) -> int:
    who, key = data.customers[-1], f"stopped-{time.time_ns()}"
    line, sent = Connection(running.port, who), time.monotonic()
    line.send("POST", "/cart/items", {"product_id": data.products[0], "quantity": 1})
    body = {"fulfillment_type": "PICKUP", "branch_id": data.branch}
    status, answer = line.send("POST", "/checkout/confirm", body, key=key)
    if status in (200, 201):
        told = json.loads(answer)["data"]
        ledger.acknowledge(
            sent=sent, kind="order", user=who.id, key=key,
            order_number=told["order_number"], total=told["total_paid"],
        )  # fmt: skip
    return status


def _waiting() -> int:
    """Jobs that could begin now, and those begun by the one that stands still."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            " AND (scheduled_at IS NULL OR scheduled_at <= now())"
        )
        return int(cursor.fetchone()[0])
