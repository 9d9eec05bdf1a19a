"""The three judges of every drill: the shop's own books, what customers were told, the provider."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from tests.drills.running_shop import CHECKOUT
from tests.drills.shoppers import Ledger


def until_quiet(*, seconds: float) -> tuple[float, list[str]]:
    """Wait, touching nothing, until nothing is pending; how long that took, and what still is."""
    from django.db import OperationalError

    began = time.monotonic()
    while True:
        try:
            left = pending()
        except OperationalError:  # the last strike was at the database itself
            left = ["no database"]
        took = time.monotonic() - began
        if not left or took > seconds:
            return took, left
        time.sleep(0.5)


def pending() -> list[str]:
    from django.apps import apps
    from django.db import connection

    from core import clock

    connection.close()  # the database may have been killed under it
    wanted = {
        "checkouts are open": apps.get_model("checkout", "Reservation").objects.filter(
            status="ACTIVE"
        ),
        "payments have no outcome": apps.get_model("payments", "Payment").objects.filter(
            state="PENDING"
        ),
        "changes of orders are open": apps.get_model("orders", "OrderChange").objects.filter(
            status="OPEN"
        ),
        "orders are between charge and door": apps.get_model("orders", "Order").objects.exclude(
            leaving_to=""
        ),
        "calls to the provider are open": apps.get_model("payments", "ProviderCall")
        .objects.filter(state__in=["STARTED", "UNANSWERED"])
        .exclude(kind="AUTHORIZE"),  # what was given up without an answer is watched for a day
        "orders are still to be held": apps.get_model("payments", "Payment").objects.filter(
            state="SCHEDULED", authorize_at__lte=clock.now()
        ),
        "holds are still to be renewed": apps.get_model("payments", "Payment").objects.filter(
            state="AUTHORIZED", hold_expires_at__lte=clock.now() + dt.timedelta(hours=2)
        ),
        "customers are still to be asked to pay": apps.get_model("orders", "Order")
        .objects.filter(payment__state="UNPAID", payment__asked_at__isnull=True)
        .exclude(status="CANCELED"),
        "reconciliation cases are open": apps.get_model(
            "payments", "ReconciliationCase"
        ).objects.filter(status="OPEN", kind="PAYMENT_CAPTURED_NOT_COMMITTED"),
    }
    return [f"{n} {what}" for what, rows in wanted.items() if (n := rows.count())]


def judge(ledger: Ledger, *, whole: bool = True) -> list[str]:
    """Everything that is wrong, in words. `whole` asks the books through the operator's command."""
    from django.db import connection

    connection.close()
    return [*(_command() if whole else _books()), *_acknowledged(ledger), *_provider(ledger)]


def _command() -> list[str]:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check_books"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [line for line in ended.stdout.splitlines() if not line.startswith(("ok ", "skipped"))]
    return broken or ([] if ended.returncode == 0 else [ended.stderr.strip()])


def _books() -> list[str]:
    from checkout.invariants import ALL
    from core.invariants import judge as judge_rules

    return [
        f"{verdict.rule.name}: {finding.what}"
        for verdict in judge_rules(ALL)
        for finding in verdict.findings[:5]
    ]


def _acknowledged(ledger: Ledger) -> list[str]:
    """No acknowledged order is missing, none was answered twice with different numbers."""
    from orders.models import Order
    from payments.models import Refund

    kept = {
        number: (user, total)
        for number, user, total in Order.objects.values_list(
            "order_number", "user_id", "total_amount"
        )
    }
    told = ledger.rows("order")
    wrong = [
        f"order {row['order_number']} was acknowledged and is not there as it was told"
        for row in told
        if kept.get(row["order_number"]) not in _possible(row, ledger)
    ]
    numbers: dict[tuple[int, str], set[str]] = {}
    for row in told:
        numbers.setdefault((row["user"], row["key"]), set()).add(row["order_number"])
    wrong += [
        f"key {key} was answered with {found}" for key, found in numbers.items() if len(found) > 1
    ]
    baskets = Counter(Order.objects.values_list("cart_id", flat=True))
    wrong += [f"basket {cart} was ordered {n} times" for cart, n in baskets.items() if n > 1]
    refunds = set(Refund.objects.values_list("pk", flat=True))
    wrong += [
        f"refund {row['refund']} of {row['order_number']} was acknowledged and is lost"
        for row in ledger.rows("refund")
        if row["refund"] not in refunds
    ]
    return wrong


def _possible(row: dict[str, Any], ledger: Ledger) -> list[tuple[int, Decimal]]:
    """What an order may cost: as its last change was told; one that nobody was told of may stand."""
    number = row["order_number"]
    done = [one for one in ledger.rows("change") if one["order_number"] == number]
    wished = [one for one in ledger.rows("wish") if one["order_number"] == number]
    return [(row["user"], Decimal(one["total"])) for one in done or [row, *wished]]


def _provider(ledger: Ledger) -> list[str]:
    """Each order was paid once, nobody paid for none, and no refund was made twice."""
    from django.conf import settings
    from django.db.models import Q

    from core import clock
    from orders.models import Order
    from payments.providers.sandbox_ledger import Ledger as Books

    books = Books(settings.SANDBOX_LEDGER)
    paid: Counter[str] = Counter()
    back: dict[str, int] = {}
    for hold in books.holds():
        if hold["status"] in ("HELD", "CAPTURED"):
            number = json.loads(hold["metadata"])["order_number"]
            paid[number] += 1
            back[number] = back.get(number, 0) + hold["refunded"]
    standing = dict(
        Order.objects.exclude(status="CANCELED").values_list("order_number", "payment__state")
    )
    orders = set(standing)
    told = set(
        Order.objects.filter(
            Q(payment__state="UNPAID", payment__asked_at__isnull=False)
            | Q(payment__state="SCHEDULED", payment__authorize_at__gt=clock.now())
        ).values_list("order_number", flat=True)
    )  # their customers were asked to pay again, or they are to be held another day
    wrong = [f"order {number} was paid {n} times" for number, n in paid.items() if n > 1]
    wrong += [f"{number} was paid for and is no order" for number in set(paid) - orders]
    wrong += [
        f"order {number} was never paid for: {standing[number]}"
        for number in orders - set(paid) - told
    ]
    wrong += [
        f"order {row['order_number']} got {back.get(row['order_number'])} agorot back, not 100"
        for row in ledger.rows("refund")
        if back.get(row["order_number"]) != 100
    ]
    return wrong
