"""Rows by the million: copies of one real row, made by the database, with triggers off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

LINES_FINISHED = 3
LINES_OPEN = 12
FIRST_KEY = 10_000_000  # above those that the shop gives out itself


@contextmanager
def unchecked() -> Iterator[Any]:
    """A cursor whose statements fire no trigger and check no foreign key; statistics afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")


def customers(count: int) -> None:
    """Customers c1@bench.test up to `count`."""
    with unchecked() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_user
                (password, email, full_name, phone, role, language, is_active, token_version, created_at)
            SELECT '', 'c' || n || '@bench.test', 'Customer ' || n, '+97250' || lpad(n::text, 7, '0'),
                   'CUSTOMER', 'he', true, 0, now()
            FROM generate_series(1, %s) n ON CONFLICT DO NOTHING
            """,
            [count],
        )


def finished_orders(sample: Any, count: int) -> None:
    """Delivered orders of the last two years, with their lines."""
    _orders(
        sample, count, LINES_FINISHED, status="'DELIVERED'",
        due="now() - interval '3 hours' - (n %% 1000000) * interval '1 minute'",
        picked="'PICKED'", payment="'CAPTURED'",
    )  # fmt: skip


def baskets(sample: Any, count: int) -> None:
    """Those that so many finished orders point at, for a database that is dumped with its foreign keys;
    called before `finished_orders`.
    """
    from cart.models import Cart
    from orders.models import Order

    start = FIRST_KEY + Order.objects.count()
    with unchecked() as cursor:
        cursor.execute(_copy(Cart, id="n"), [sample.cart_id, start, start + count - 1])


def open_orders(sample: Any, count: int) -> None:
    """Orders of the coming day: most are new, some in packing, a fifth are not paid."""
    _orders(
        sample, count, LINES_OPEN, status="CASE WHEN n %% 4 = 0 THEN 'IN_PROGRESS' ELSE 'CREATED' END",
        due="now() + (n %% 24) * interval '1 hour'", picked="'PENDING'",
        payment="CASE WHEN n %% 5 = 0 THEN 'UNPAID' ELSE 'AUTHORIZED' END",
    )  # fmt: skip


def _orders(
    sample: Any, count: int, lines: int, *, status: str, due: str, picked: str, payment: str
) -> None:
    from accounts.models import User
    from orders.models import Order, OrderDelivery, OrderItem
    from payments.models import Payment

    start = FIRST_KEY + Order.objects.count()
    people = list(
        User.objects.filter(email__endswith="@bench.test").aggregate(
            first=models.Min("pk"), n=models.Count("pk")
        ).values()
    )  # fmt: skip
    line = sample.items.first()
    with unchecked() as cursor:
        cursor.execute(
            _copy(
                Order,
                id="n", order_number="'MS-' || upper(lpad(to_hex(n), 8, '0'))",
                cart_id="n", payment_id="n", user_id=f"{people[0]} + n %% {people[1]}",
                status=status, due_at=due, created_at=f"{due} - interval '1 day'",
            ),
            [sample.pk, start, start + count - 1],
        )  # fmt: skip
        number = "'MS-' || upper(lpad(to_hex(n), 8, '0'))"
        cursor.execute(
            _copy(
                Payment,
                id="n", order_number=number, idempotency_key=f"{number} || ':authorize'",
                provider_reference="'bench-' || n", user_id=f"{people[0]} + n %% {people[1]}",
                state=payment, captured=f"CASE {payment} WHEN 'CAPTURED' THEN s.authorized ELSE 0 END",
                created_at=f"{due} - interval '1 day'", updated_at=f"{due} - interval '1 day'",
            ),
            [sample.payment_id, start, start + count - 1],
        )  # fmt: skip
        cursor.execute(
            _copy(OrderDelivery, order_id="n", id="n"),
            [sample.delivery.pk, start, start + count - 1],
        )
        for _ in range(lines):
            cursor.execute(
                _copy(
                    OrderItem, skip=("id",), order_id="n", picked_status=picked,
                    picked_quantity="s.quantity" if picked == "'PICKED'" else "NULL",
                ),
                [line.pk, start, start + count - 1],
            )  # fmt: skip


def history(sample: Any, count: int, *, word: str, every: int) -> None:
    """Earlier orders of the person of `sample`, a day apart, each with all of its lines; `word` stands in
    a line of each `every`th.
    """
    from orders.models import Order, OrderDelivery, OrderItem
    from payments.models import Payment

    number = "'MS-' || upper(lpad(to_hex(n), 8, '0'))"
    when = f"now() - (n - {FIRST_KEY}) * interval '1 day'"
    keys = [FIRST_KEY, FIRST_KEY + count - 1]
    with unchecked() as cursor:
        cursor.execute(
            _copy(Order, id="n", order_number=number, cart_id="n", payment_id="n",
                  status="'DELIVERED'", created_at=when, due_at=when),
            [sample.pk, *keys],
        )  # fmt: skip
        cursor.execute(
            _copy(Payment, id="n", order_number=number, state="'CAPTURED'",
                  idempotency_key=f"{number} || ':authorize'", provider_reference="'bench-' || n"),
            [sample.payment_id, *keys],
        )  # fmt: skip
        cursor.execute(_copy(OrderDelivery, order_id="n", id="n"), [sample.delivery.pk, *keys])
        for place, line in enumerate(sample.items.all()):
            name = f"CASE WHEN {place} = 3 AND n %% {every} = 0 THEN '{word}' ELSE s.name_en END"
            cursor.execute(
                _copy(OrderItem, skip=("id",), order_id="n", name_en=name), [line.pk, *keys]
            )


def papers(sample: Any, count: int) -> list[int]:
    """Issued papers that say what `sample` says, none drawn; their keys."""
    from billing.models import Document

    keys = range(FIRST_KEY, FIRST_KEY + count)
    with unchecked() as cursor:
        cursor.execute(
            _copy(Document, id="n", serial="n", number="'B' || n", order_id="n"),
            [sample.pk, keys[0], keys[-1]],
        )
    return list(keys)


def entries(count: int, *, actor_id: int) -> None:
    """Audit entries, a second apart; a fifth about stock, a fifth by `actor_id`."""
    with unchecked() as cursor:
        cursor.execute(
            """
            INSERT INTO audit_auditentry
                (entity_type, entity_id, action, old_value, new_value, context, actor_id, created_at)
            SELECT CASE WHEN n %% 5 = 0 THEN 'stock' ELSE 'order_item' END, n %% 5000,
                   CASE WHEN n %% 5 = 1 THEN 'UPDATE' ELSE 'PICK' END,
                   '{"picked_status": "PENDING"}', '{"picked_status": "PICKED"}', '{}',
                   CASE WHEN n %% 5 = 2 THEN %s::bigint END, now() - (%s - n) * interval '1 second'
            FROM generate_series(1, %s) n
            """,
            [actor_id, count, count],
        )


def products_everywhere(shop: Any, rows: int) -> None:
    """Copies of a product, with so many stock rows of 10 at the branches in all."""
    from branches.models import Branch
    from catalog.models import Product

    sample, branches = shop.product(), Branch.objects.count()
    with unchecked() as cursor:
        cursor.execute(
            _copy(Product, skip=("id",), sku="'B-' || n", barcode="NULL"),
            [sample.pk, 1, -(-rows // branches)],
        )
        cursor.execute(
            """
            INSERT INTO inventory_stock
                (product_id, branch_id, on_hand, reserved, reorder_point, updated_at)
            SELECT p.id, b.id, 10, 0, 0, now()
            FROM catalog_product p CROSS JOIN branches_branch b WHERE p.sku LIKE 'B-%%'
            """,
            [],
        )


def _copy(model: Any, *, skip: tuple[str, ...] = (), **changed: str) -> str:
    """Copies the row with the first parameter as key, for n from the second to the third."""
    columns = [
        field.column
        for field in model._meta.local_concrete_fields
        if field.column not in skip and not field.generated
    ]
    values = [changed.get(column, f"s.{column}") for column in columns]
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM (SELECT * FROM {model._meta.db_table} WHERE id = %s) s, generate_series(%s, %s) n"
    )
