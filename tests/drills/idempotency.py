"""D2: one idempotency key many times at once; another body under it; an answer cut off after the commit."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.drills.running_shop import RunningShop
from tests.drills.shoppers import Connection, DrillData, Ledger, Person, code_of

TIMES = 50
Answer = tuple[int, bytes]


def drill(running: RunningShop, data: DrillData, ledger: Ledger) -> list[str]:
    """What went wrong, in words; the control among it when it does not fail."""
    print("D2: one key many times", flush=True)
    ada, bob, eve = data.customers[:3]
    wrong = _judged(_at_once(running, data, ada, lambda n: "one-key"))
    control = _judged(_at_once(running, data, bob, lambda n: f"key-{n}"))
    print(f"  control, a key for each: {control or 'NOTHING wrong'}", flush=True)
    if not control:
        wrong.append("the control passed: keys make no difference")
    wrong += _another_body(running, data, ada)
    wrong += _cut_off(running, data, eve, ledger)
    return wrong


def _basket(line: Connection, data: DrillData) -> dict[str, Any]:
    line.send("POST", "/cart/items", {"product_id": data.products[0], "quantity": 1})
    return {"fulfillment_type": "PICKUP", "branch_id": data.branch}


def _at_once(
    running: RunningShop, data: DrillData, who: Person, key: Callable[[int], str]
) -> list[Answer]:
    body = _basket(Connection(running.port, who), data)
    found: list[Answer] = []
    start = threading.Barrier(TIMES)

    def press(number: int) -> None:
        line = Connection(running.port, who)
        start.wait(30)
        found.append(line.send("POST", "/checkout/confirm", body, key=key(number)))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    said = Counter(f"{status} {code_of(body)}".strip() for status, body in found)
    print(f"  {TIMES} requests at once: {dict(said)}", flush=True)
    return found


def _judged(found: list[Answer]) -> list[str]:
    """One 201, the rest 200 with the same bytes, or 409 in progress."""
    wrong = []
    if len(found) != TIMES:
        wrong.append(f"{TIMES - len(found)} of {TIMES} requests were not answered")
    if (made := sum(status == 201 for status, _ in found)) != 1:
        wrong.append(f"one key was answered with 201 {made} times")
    if len({body for status, body in found if status in (200, 201)}) > 1:
        wrong.append("one key was answered with different bytes")
    strange = {
        code_of(body) or str(status)
        for status, body in found
        if status not in (200, 201) and code_of(body) != "IDEMPOTENCY_IN_PROGRESS"
    }
    if strange:
        wrong.append(f"one key was refused with {sorted(strange)}")
    return wrong


def _another_body(running: RunningShop, data: DrillData, who: Person) -> list[str]:
    body = {"fulfillment_type": "PICKUP", "branch_id": data.branch, "notes": "another"}
    _status, answer = Connection(running.port, who).send(
        "POST", "/checkout/confirm", body, key="one-key"
    )
    if code_of(answer) == "IDEMPOTENCY_KEY_REUSE_MISMATCH":
        return []
    return [f"another body under the same key: {answer[:80]!r}"]


def _cut_off(running: RunningShop, data: DrillData, who: Person, ledger: Ledger) -> list[str]:
    """The order is committed and its process dies before it answers: the retry gets that order."""
    line = Connection(running.port, who)
    body = _basket(line, data)
    running.arm("after_commit_2_before_response", "kill")
    try:
        line.send("POST", "/checkout/confirm", body, key="cut-off")
    except (OSError, http.client.HTTPException):
        pass
    else:
        return ["the answer was not cut off"]
    while True:
        try:
            status, answer = line.send("POST", "/checkout/confirm", body, key="cut-off")
            break
        except (OSError, http.client.HTTPException):
            continue
    if status != 200:
        return [f"the retry after a cut answer was answered {status}: {answer[:80]!r}"]
    data = json.loads(answer)["data"]
    ledger.acknowledge(
        sent=time.monotonic(), kind="order", user=who.id, key="cut-off",
        order_number=data["order_number"], total=data["total_paid"],
    )  # fmt: skip
    print("  answer cut off after the commit: the retry got that order", flush=True)
    return []
