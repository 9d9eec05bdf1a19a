"""What placing an order costs, against a baseline that does the bare writes.

    python -m benchmarks.checkout

Everything runs in one process against a database of its own with the durability of production.
Figures are medians of five rounds. CPU is that of this process plus that of PostgreSQL, for each
order: the figure that survives a noisy machine. The sandbox provider answers at once, except where
a line says otherwise.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

ROUNDS = 5
ORDERS = 60
WAIT = 0.3


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="mami-bench-"))
    folder.chmod(0o755)
    os.environ["MAMI_TEST_VAR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.settings import CLUSTER

    CLUSTER.settings.update({"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
    try:
        CLUSTER.ensure()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _measure(CLUSTER)
    finally:
        CLUSTER.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _measure(cluster: Any) -> None:
    from tests.shop import open_with_sandbox

    with open_with_sandbox(capacity=1_000_000) as shop:
        goods = [shop.product(stock=900_000) for _ in range(50)]
        shop.order(quantities={goods[0]: 1})
        baseline = _cpu(cluster, shop, lambda: _bare(shop, goods[:5]), prepare=None)
        print(f"bare writes, 5 lines      {baseline[0]:6.1f} ms CPU  {baseline[1]:6.1f} ms")
        for lines in (5, 50):
            ours = _cpu(cluster, shop, None, prepare=goods[:lines])
            share = f"{ours[0] / baseline[0]:.2f} × the bare writes" if lines == 5 else ""
            print(
                f"confirm, {lines:2} lines         {ours[0]:6.1f} ms CPU  {ours[1]:6.1f} ms  {share}"
            )
        _hot(shop, clients=8, orders=80)
        _scarce(shop)


def _cpu(
    cluster: Any, shop: Any, step: Callable[[], None] | None, *, prepare: list[Any] | None
) -> tuple[float, float]:
    """Median CPU and wall time of one step, in ms."""
    cpu, wall = [], []
    for _ in range(ROUNDS):
        steps = [step] * ORDERS if step else [_ready(shop, prepare or []) for _ in range(ORDERS)]
        before, began = _seconds(cluster), time.perf_counter()
        for one in steps:
            one()
        wall.append((time.perf_counter() - began) / ORDERS * 1000)
        cpu.append((_seconds(cluster) - before) / ORDERS * 1000)
    return statistics.median(cpu), statistics.median(wall)


def _ready(shop: Any, goods: list[Any]) -> Callable[[], None]:
    """A customer with a full basket, one step before the order."""
    ada = shop.customer()
    shop.fill(ada, dict.fromkeys(goods, 1))
    return lambda: shop.confirm(ada, key=uuid.uuid4().hex)


def _seconds(cluster: Any) -> float:
    """CPU time so far of this process and of every process of PostgreSQL."""
    parent = cluster.running_pid()
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    ticks = sum(_ticks(pid) for pid in [str(parent), *found.stdout.split()])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: str) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def _bare(shop: Any, goods: list[Any]) -> None:
    """Eight statements through the ORM in one transaction: what any checkout must write."""
    from django.apps import apps
    from django.db import transaction
    from django.utils import timezone

    from cart.models import Cart
    from checkout.models import IdempotencyKey
    from inventory.locks import lock_stocks
    from orders.models import Order, OrderItem
    from orders.numbering import new_number

    model = apps.get_model
    now, number = timezone.now(), new_number()
    if not hasattr(shop, "bench_user"):
        shop.bench_user = shop.customer()
    user = shop.bench_user
    cart = Cart.objects.create(user=user, status="CHECKED_OUT")
    with transaction.atomic():
        IdempotencyKey.objects.create(
            user=user, key=number, body_hash="", lease_expires_at=now, created_at=now
        )
        stock = model("inventory", "Stock")
        rows = lock_stocks(
            branch_id=shop.warehouse.pk, product_ids=[product.pk for product in goods]
        ).values()
        for row in rows:
            row.reserved += 1
        stock.objects.bulk_update(rows, ["reserved"])
        payment = model("payments", "Payment").objects.create(
            user=user, order_number=number, provider="sandbox", idempotency_key=number, amount=80
        )
        order = Order.objects.create(
            order_number=number,
            user=user,
            cart=cart,
            payment=payment,
            branch=shop.warehouse,
            fulfillment_type="PICKUP",
            due_at=now,
            subtotal=50,
            delivery_fee=30,
            fee_vat_rate=18,
            vat_total=12,
            total_amount=80,
            created_at=now,
        )
        OrderItem.objects.bulk_create(
            OrderItem(
                order=order,
                product=product,
                name_he=product.name_he,
                name_en=product.name_en,
                sku=product.sku,
                sold_by="UNIT",
                unit_price=product.price,
                quantity=1,
                line_total=product.price,
                vat_rate=18,
            )
            for product in goods
        )
        model("audit", "AuditEntry").objects.create(
            entity_type="order", entity_id=order.pk, action="CREATE", actor=user
        )


def _hot(shop: Any, *, clients: int, orders: int) -> None:
    """Everybody wants the same product while the provider takes its time."""
    milk = shop.product(stock=10_000)
    steps = [_ready(shop, [milk]) for _ in range(orders)]
    adapter = _slow(shop.sandbox, WAIT)
    began = time.perf_counter()
    results = _all_at_once(steps, clients)
    adapter()
    rate = results.count("ok") / (time.perf_counter() - began)
    print(
        f"hot product, {clients} shoppers, provider answers in {WAIT:.1f} s: {rate:.1f} orders/s "
        f"(holding the row lock meanwhile: {1 / WAIT:.1f})"
    )


def _slow(sandbox: Any, seconds: float) -> Callable[[], None]:
    """Let authorisations take so long; the returned step undoes it."""
    before = sandbox.authorize

    def authorize(**asked: Any) -> Any:
        time.sleep(seconds)
        return before(**asked)

    sandbox.authorize = authorize
    return lambda: setattr(sandbox, "authorize", before)


def _scarce(shop: Any) -> None:
    from orders.models import OrderItem

    few = shop.product(stock=10)
    results = _all_at_once([_ready(shop, [few]) for _ in range(50)], 50)
    sold = OrderItem.objects.filter(product=few).count()
    on_hand, reserved = shop.stock(few)
    assert on_hand == reserved == Decimal(10), (on_hand, reserved)
    print(f"stock of 10, 50 shoppers at once: {sold} orders, {results.count('ok')} told so")


def _all_at_once(steps: list[Callable[[], Any]], clients: int) -> list[str]:
    from django.db import DatabaseError, connections

    from mami.errors import DomainError

    waiting, results, lock = list(steps), [], threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    break
                step = waiting.pop()
            try:
                step()
                outcome = "ok"
            except (
                DomainError,
                DatabaseError,
            ) as error:  # counted, not hidden: the sums above tell
                outcome = getattr(error, "code", type(error).__name__)
            with lock:
                results.append(outcome)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


if __name__ == "__main__":
    sys.exit(main())
