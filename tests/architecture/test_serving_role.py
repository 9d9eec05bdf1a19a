"""A role of the web's own sells and picks, and can neither change what was written down nor any table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from core import serving_role
from core.transactions import sqlstate
from orders.models import Order
from tests.api_client import ApiClient
from tests.shop import Shop, open_with_sandbox

# One role for all databases of the server: one process at a time.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("serving-role")]
ROLE = "mami_serving_test"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(ROLE)))


@pytest.fixture
def shop(transactional_db: None, settings) -> Iterator[Shop]:
    """Everything from here on is done by the role."""
    settings.SERVING_ROLE = ROLE
    with open_with_sandbox() as opened:
        opened.ada = opened.customer()
        opened.mia = opened.manager()
        opened.milk = opened.product()
        run("CREATE ROLE {role}")
        try:
            serving_role.grant(using="default")
            run("SET ROLE {role}")
            yield opened
        finally:
            run("RESET ROLE")
            run("DROP OWNED BY {role}")
            run("DROP ROLE {role}")


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        run(statement)
    return sqlstate(error.value)


def test_it_sells_and_picks(shop: Shop) -> None:
    ada, staff = ApiClient(shop.ada), ApiClient(shop.mia)
    goods = {"product_id": shop.milk.pk, "quantity": 2}
    assert ada.post("/cart/items", goods).status_code in (200, 201)
    body = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk}
    made = ada.post("/checkout/confirm", body, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201, made.content
    order = Order.objects.get()
    path = f"/ops/orders/{order.pk}"
    for call, change in (
        (f"{path}/status", {"status": "IN_PROGRESS"}),
        (f"{path}/items/{order.items.get().pk}/picked-status", {"picked_status": "PICKED"}),
        (f"{path}/status", {"status": "READY"}),
        (f"{path}/status", {"status": "OUT_FOR_DELIVERY"}),
    ):
        answer = staff.patch(call, change)
        assert answer.status_code == 200, answer.content
    refund = {"amount": "1.00", "reason": "late"}
    path = f"/admin/orders/{order.pk}/refund"
    back = staff.post(path, refund, headers={"Idempotency-Key": "r"})
    assert back.status_code in (200, 201), back.content


@pytest.mark.parametrize("table", serving_role.ledgers())
def test_what_only_grows_it_cannot_change(shop: Shop, table: str) -> None:
    """The database itself refuses, before any trigger is asked (42501)."""
    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        assert refused(statement) == "42501", statement


def test_it_changes_no_table_and_the_owner_could(shop: Shop) -> None:
    for statement in ("DROP TABLE orders_order CASCADE", "CREATE TABLE mine ()"):
        assert refused(statement) == "42501"
    assert not serving_role.serves_with_few_rights(databases=["default"])
    run("RESET ROLE")
    with transaction.atomic():
        run("UPDATE audit_auditentry SET id = id WHERE false")
        transaction.set_rollback(True)
    (told,) = serving_role.serves_with_few_rights(databases=["default"])
    assert told.id == "mami.I114"
