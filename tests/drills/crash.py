"""D1: shoppers order while their processes, database sessions and the whole database are killed.

    python -m tests.drills.crash [--short] [--control]

Shopper processes place orders and write every answer they get to `acked.jsonl`, flushed before they
go on: that is the outside ledger. They are killed with signal 9 at each named point of confirm, then
database sessions are ended, then PostgreSQL itself is killed. Afterwards nobody touches anything but
the worker's own job, and three judges look: the books (the provider's ledger is one of their rules),
the outside ledger, and that nothing is left open. `--control` leaves the recovery out: the drill must
then fail, else it proves nothing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

SHOPPERS = 30
ROUNDS = 12
"""Each round has shoppers of its own: what was killed in one leaves their baskets in checkout."""
HERE = "tests.drills.crash"


def main() -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {HERE}")
    parser.add_argument("--short", action="store_true", help="fewer shoppers, no killed PostgreSQL")
    parser.add_argument("--control", action="store_true", help="without recovery; must fail")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(
        "--shop", nargs=3, metavar=("POINT", "SHOPPERS", "SECONDS"), help=argparse.SUPPRESS
    )
    chosen = parser.parse_args()
    if chosen.shop:
        point, shoppers, seconds = chosen.shop
        return shop_until(point, int(shoppers), float(seconds))
    return drill(short=chosen.short, control=chosen.control, seed=chosen.seed)


# -- The drill itself -----------------------------------------------------------------------------


def drill(*, short: bool, control: bool, seed: int) -> int:
    print(f"seed {seed}")
    random.seed(seed)
    folder = Path(tempfile.mkdtemp(prefix="mami-drill-"))
    folder.chmod(0o755)
    os.environ["MAMI_TEST_VAR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.settings import CLUSTER

    CLUSTER.settings.update({"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
    try:
        CLUSTER.ensure()
        _prepare()
        _rounds(CLUSTER, short=short)
        if not control:
            _recover()
        faults_found = _judge(folder)
    finally:
        CLUSTER.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for line in faults_found:
        print(f"  WRONG  {line}")
    if control:
        print(
            "control: "
            + ("fails, as it must" if faults_found else "PASSED, the drill proves nothing")
        )
        return 0 if faults_found else 1
    print("drill: " + ("FAILED" if faults_found else "passed"))
    return 1 if faults_found else 0


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.shop import open_shop

    shop = open_shop(capacity=100_000)
    for _ in range(8):
        shop.product(stock=100_000)
    for _ in range(SHOPPERS * ROUNDS):
        shop.customer()


def _rounds(cluster: object, *, short: bool) -> None:
    from mami import faults

    points = sorted(
        faults.POINTS - {"job_between_ask_and_finish", "refund_between_record_and_call"}
    )
    people, seconds = (8, 1.5) if short else (SHOPPERS, 3.0)
    for point in points:
        ended = _shoppers(point, people, seconds)
        print(f"  kill -9 at {point}: {'died' if ended == -signal.SIGKILL else 'did not pass it'}")
    _with_harm(_end_a_session, "one database session", people, 3 * seconds)
    if not short:
        _with_harm(lambda: _kill_postgres(cluster), "all of PostgreSQL", people, 4 * seconds)


_round = itertools.count()


def _shoppers(point: str, people: int, seconds: float) -> int:
    os.environ["MAMI_DRILL_ROUND"] = str(next(_round))
    command = [sys.executable, "-m", HERE, "--shop", point, str(people), str(seconds)]
    return subprocess.run(command, check=False, timeout=120).returncode


def _with_harm(harm: object, name: str, people: int, seconds: float) -> None:
    runner = threading.Thread(target=_shoppers, args=("-", people, seconds))
    runner.start()
    times = 0
    while runner.is_alive():
        time.sleep(seconds / 4)
        if runner.is_alive():
            harm()  # type: ignore[operator]
            times += 1
    runner.join()
    print(f"  killed {name} {times} times")


def _end_a_session() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            " current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3"
        )


def _kill_postgres(cluster: object) -> None:
    from django.db import connection

    connection.close()
    pid = cluster.running_pid()  # type: ignore[attr-defined]
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        while cluster.running_pid() is not None and time.monotonic() - began < 10:  # type: ignore[attr-defined]
            time.sleep(0.02)
        cluster.ensure()  # type: ignore[attr-defined]
        print(f"  PostgreSQL back after {time.monotonic() - began:.1f} s")


def _recover() -> None:
    """What the worker does, and only that, for at most a minute."""
    from checkout.models import Reservation
    from checkout.services import recover
    from mami import clock
    from payments.services import perform_open_calls

    began = time.monotonic()
    while time.monotonic() - began < 60:
        recover(now=clock.now())
        perform_open_calls(now=clock.now())
        if not Reservation.objects.filter(status="ACTIVE").exists():
            break
        time.sleep(1)
    print(f"  nothing open after {time.monotonic() - began:.0f} s")


def _judge(folder: Path) -> list[str]:
    from collections import Counter

    from checkout.books import ALL
    from checkout.models import Reservation
    from mami.books import judge
    from orders.models import Order

    wrong = [
        f"{verdict.rule.name}: {finding.what}"
        for verdict in judge(ALL)
        for finding in verdict.findings[:5]
    ]
    told = [json.loads(line) for line in _acked(folder).read_text().splitlines()]
    kept = dict(Order.objects.values_list("order_number", "user_id"))
    wrong += [
        f"order {row['order_number']} was acknowledged and is lost"
        for row in told
        if kept.get(row["order_number"]) != row["user"]
    ]
    by_key = {(row["user"], row["key"]): set() for row in told}  # type: ignore[var-annotated]
    for row in told:
        by_key[row["user"], row["key"]].add(row["order_number"])
    wrong += [f"key {key} answered with {found}" for key, found in by_key.items() if len(found) > 1]
    baskets = Counter(Order.objects.values_list("cart_id", flat=True))
    wrong += [f"basket {cart} was ordered {n} times" for cart, n in baskets.items() if n > 1]
    open_ones = Reservation.objects.filter(status="ACTIVE").count()
    if open_ones:
        wrong.append(f"{open_ones} checkouts are still open")
    print(f"  {len(told)} answers given, {len(kept)} orders kept")
    return wrong


# -- A process full of shoppers -------------------------------------------------------------------


def shop_until(point: str, shoppers: int, seconds: float) -> int:
    """Order in `shoppers` threads for so long; with a point named, die there after a while."""
    import django

    django.setup()
    from mami import faults

    if point != "-":
        _arm(point, passes=random.randrange(1, shoppers), faults=faults)
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_shop, args=(number, deadline), daemon=True)
        for number in range(shoppers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return 0


def _arm(point: str, *, passes: int, faults: object) -> None:
    left = [passes]

    def count() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(point, count)  # type: ignore[attr-defined]


def _shop(number: int, deadline: float) -> None:
    from django.db import DatabaseError, InterfaceError, connections

    from accounts.models import User
    from mami.errors import DomainError

    person, turn = None, 0
    first = int(os.environ["MAMI_DRILL_ROUND"]) * SHOPPERS
    while time.monotonic() < deadline:
        turn += 1
        try:
            person = person or User.objects.filter(role="CUSTOMER").order_by("pk")[first + number]
            _order_once(person, f"{os.getpid()}-{turn}", deadline)
        except DomainError:
            pass
        except (DatabaseError, InterfaceError):
            time.sleep(0.2)
            connections.close_all()
    connections.close_all()


def _order_once(person: object, key: str, deadline: float) -> None:
    """Fill a basket and confirm it, with the same key until there is an answer."""
    from branches.models import DeliverySlot
    from cart.services import add_item
    from catalog.models import Product
    from checkout.requests import ConfirmRequest
    from checkout.services import confirm
    from mami import clock
    from mami.errors import DomainError

    for product in random.sample(list(Product.objects.all()), 2):
        add_item(actor=person, product_id=product.pk, quantity=Decimal(1))  # type: ignore[arg-type]
    slot = random.choice(list(DeliverySlot.objects.all()))
    ask = ConfirmRequest(fulfillment_type="DELIVERY", delivery_slot_id=slot.pk)
    while time.monotonic() < deadline:
        try:
            answer = confirm(
                actor=person,  # type: ignore[arg-type]
                key=key,
                request=ask,
                request_id=key,
                now=clock.now(),
            )
        except DomainError as refusal:
            if refusal.code not in ("BUSY", "PAYMENT_PENDING", "IDEMPOTENCY_IN_PROGRESS"):
                raise
            time.sleep(0.1)
            continue
        _acknowledge(person, key, answer.order_number)
        return


_lock = threading.Lock()


def _acknowledge(person: object, key: str, number: str) -> None:
    """The customer has seen the answer: from here on the order must never be lost."""
    line = json.dumps({"user": person.pk, "key": key, "order_number": number})  # type: ignore[attr-defined]
    with _lock, _acked(Path(os.environ["MAMI_TEST_VAR"])).open("a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _acked(folder: Path) -> Path:
    path = folder / "acked.jsonl"
    path.touch()
    return path


if __name__ == "__main__":
    sys.exit(main())
