"""Each write of the contract stands in the audit trail, by whom; a write that breaks off does not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEntry
from core import clock
from orders.services import finish_leaving
from orders.tests.test_transitions import picked
from payments.services import perform_open_calls
from tests.api_client import ApiClient
from tests.shop import Shop, open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


class Broken(Exception):
    pass


def right_after_the_trail(execute: Any, sql: str, *rest: Any) -> Any:
    """Lets the row be written, and breaks whatever wrote it."""
    result = execute(sql, *rest)
    if re.search(r'INSERT INTO "?audit_auditentry', sql):
        raise Broken
    return result


class Writer:
    """Makes each call twice: broken off right after its audit row, then whole."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.clients: dict[int, ApiClient] = {}

    def __call__(self, who: Any, call: str, body: Any, told: str, **headers: str) -> Any:
        method, _, path = call.partition(" ")
        client = self.clients.setdefault(who.pk, ApiClient(who, check=False))
        before = AuditEntry.objects.count()
        with connection.execute_wrapper(right_after_the_trail):
            broken = client.call(method, path, body, headers=self.key(headers))
        assert broken.status_code == 500, (call, broken.content)
        assert AuditEntry.objects.count() == before, call
        response = client.call(method, path, body, headers=self.key(headers))
        assert response.status_code < 300, (call, response.content)
        rows = list(AuditEntry.objects.order_by("pk"))[before:]
        found = {(f"{row.entity_type} {row.action}", row.actor_id) for row in rows}
        assert (told, who.pk) in found, (call, found)
        assert {actor for _told, actor in found} <= {who.pk, None}, (call, found)
        return response.json()["data"] if response.content else None

    @staticmethod
    def key(headers: dict[str, str]) -> dict[str, str]:
        return {"Idempotency-Key": uuid.uuid4().hex, **headers}


@pytest.fixture
def write(shop: Shop) -> Writer:
    return Writer(shop)


ADDRESS = {"label": "home", "line1": "Elm 1", "city": "Haifa", "postal_code": "3100001"}


def test_what_customers_do(shop: Shop, write: Writer):
    ada, product = shop.customer(), shop.product()
    home = write(ada, "POST /me/addresses", ADDRESS, "address CREATE")["id"]
    write(ada, f"PATCH /me/addresses/{home}", {"city": "Akko"}, "address UPDATE")
    write(ada, f"POST /me/addresses/{home}/default", None, "address SET_DEFAULT")
    write(ada, f"DELETE /me/addresses/{home}", None, "address DELETE")
    card = {"provider": "sandbox", "token": "tok_mastercard"}
    card_id = write(ada, "POST /me/payment-tokens", card, "payment_token CREATE")["id"]
    write(ada, f"POST /me/payment-tokens/{card_id}/default", None, "payment_token SET_DEFAULT")
    write(ada, f"DELETE /me/payment-tokens/{card_id}", None, "payment_token DELETE")
    write(ada, "PATCH /me", {"full_name": "Ada"}, "user UPDATE")
    goods = {"product_id": product.pk, "quantity": 2}
    line = write(ada, "POST /cart/items", goods, "cart UPDATE")["items"][0]["id"]
    write(ada, f"PUT /cart/items/{line}", {"quantity": 3}, "cart UPDATE")
    write(ada, f"DELETE /cart/items/{line}", None, "cart UPDATE")
    write(ada, "POST /cart/items", goods, "cart UPDATE")
    write(ada, "DELETE /cart", None, "cart UPDATE")
    write(ada, "POST /cart/items", goods, "cart UPDATE")
    shop_it = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
               "delivery_date": shop.date.isoformat(), "address": ADDRESS,
               "payment": {"provider": "sandbox", "token": "tok_visa"}}  # fmt: skip
    order = write(ada, "POST /checkout/confirm", shop_it, "order CREATE")
    write(ada, f"POST /orders/{order['order_id']}/reorder", None, "cart UPDATE")
    write(ada, f"POST /orders/{order['order_id']}/cancel", None, "order CANCEL")


def test_what_staff_does(shop: Shop, write: Writer):
    eli, mia = shop.employee(), shop.manager()
    order = shop.order()
    path, item = f"/ops/orders/{order.pk}", order.items.get().pk
    write(eli, f"PATCH {path}/status", {"status": "IN_PROGRESS"}, "order STATUS_CHANGE")
    picked = {"picked_status": "PICKED"}
    write(eli, f"PATCH {path}/items/{item}/picked-status", picked, "order_item PICK")
    write(eli, f"PATCH {path}/status", {"status": "READY"}, "order STATUS_CHANGE")
    # Leaving is three steps with a trail of their own: what breaks between them is the job's.
    left = ApiClient(mia).patch(f"{path}/status", {"status": "OUT_FOR_DELIVERY"})
    assert left.status_code == 200
    told = AuditEntry.objects.filter(actor=mia).values_list("entity_type", "action")
    assert {("order", "STATUS_CHANGE"), ("payment", "CAPTURE")} <= set(told)
    perform_open_calls(now=clock.now())
    back = {"amount": "1.00", "reason": "broken"}
    write(mia, f"POST /admin/orders/{order.pk}/refund", back, "order REFUND")
    wish = {"branch_id": shop.branch.pk, "product_id": shop.product().pk, "quantity": 5,
            "request_type": "ADD_QUANTITY"}  # fmt: skip
    one, two = (
        write(eli, "POST /stock-requests", wish, "stock_request CREATE")["id"] for _ in "12"
    )
    yes, no = {"status": "APPROVED"}, {"status": "REJECTED", "rejection_reason": "no"}
    write(mia, f"PATCH /admin/stock-requests/{one}/review", yes, "stock_request APPROVE")
    write(mia, f"PATCH /admin/stock-requests/{two}/review", no, "stock_request REJECT")


def test_what_becomes_of_an_order_that_stands(shop: Shop, write: Writer):
    ada, mia = shop.customer(), shop.manager()
    order = shop.order(ada, {shop.product(): 2})
    own, ops = f"/orders/{order.pk}", f"/ops/orders/{order.pk}"
    lines = [{"product_id": order.items.get().product_id, "quantity": 1}]
    seen = ApiClient(ada).post(f"{own}/change/preview", {"lines": lines}).json()["data"]
    change = {"lines": lines, "expected_version": 1, "expected_total": seen["total"]}
    write(ada, f"POST {own}/change", change, "order UPDATE")
    business = {"business_name": "Lavi Ltd", "vat_id": "516179157"}
    write(ada, f"POST {own}/business", business, "order UPDATE")
    card = {"payment": {"provider": "sandbox", "token": "tok_mastercard"}}
    paid = ApiClient(ada).post(f"{own}/payment", card, headers=Writer.key({}))
    assert paid.status_code == 200  # three steps with a trail of their own, as leaving
    window = {
        "delivery_slot_id": shop.later_slot.pk,
        "delivery_date": shop.date.isoformat(),
        "reason": "road closed",
    }
    write(mia, f"POST {ops}/reslot", window, "order UPDATE")
    write(mia, f"POST {ops}/notes", {"text": "rings first"}, "order UPDATE")


def test_a_departure_that_breaks_off_is_finished_in_the_name_of_who_began_it(shop: Shop):
    order, mia = shop.order(), shop.manager()
    picked(shop, order)
    before = AuditEntry.objects.filter(entity_type="order", action="STATUS_CHANGE").count()

    def breaks_off(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if re.search(r'INSERT INTO "?audit_auditentry', sql) and "STATUS_CHANGE" in str(rest):
            raise Broken
        return result

    client = ApiClient(mia, check=False)
    with connection.execute_wrapper(breaks_off):
        broken = client.patch(f"/ops/orders/{order.pk}/status", {"status": "OUT_FOR_DELIVERY"})
    assert broken.status_code == 500
    order.refresh_from_db()
    moves = AuditEntry.objects.filter(entity_type="order", action="STATUS_CHANGE").order_by("pk")
    assert (order.status, order.leaving_to) == ("READY", "OUT_FOR_DELIVERY")
    assert moves.count() == before  # charged, and no word of a move that was not made
    charged = AuditEntry.objects.filter(entity_type="payment", action="CAPTURE")
    assert charged.count() == 1
    for _twice in range(2):
        finish_leaving(now=clock.now())
    order.refresh_from_db()
    last = moves.last()
    assert last is not None
    assert (order.status, moves.count(), last.actor_id) == ("OUT_FOR_DELIVERY", before + 1, mia.pk)
    assert charged.count() == 1


def test_what_managers_change(shop: Shop, write: Writer):
    mia, root = shop.manager(), shop.person("ADMIN")
    kind = write(mia, "POST /admin/categories", {"name": "Tea"}, "category CREATE")["id"]
    tea = {"sku": "T-1", "name": "Tea", "price": "9.90", "category_id": kind}
    things: dict[str, tuple[str, int, dict[str, Any]]] = {
        "product": ("products", write(mia, "POST /admin/products", tea, "product CREATE")["id"],
                    {"price": "8.90"}),
        "category": ("categories", kind, {"name": "Teas"}),
    }  # fmt: skip
    place = {"name": "Akko", "address": "Sea 1", "city": "Akko"}
    branch = write(mia, "POST /admin/branches", place, "branch CREATE")["id"]
    week = {"branch_id": branch, "day_of_week": 1, "start_time": "08:00", "end_time": "10:00"}
    slot = write(mia, "POST /admin/delivery-slots", week, "delivery_slot CREATE")["id"]
    things["delivery_slot"] = ("delivery-slots", slot, {"capacity": 9})
    things["branch"] = ("branches", branch, {"phone": "04-855-0199"})
    for name, (path, key, change) in things.items():
        write(mia, f"PATCH /admin/{path}/{key}", change, f"{name} UPDATE")
        write(mia, f"DELETE /admin/{path}/{key}", None, f"{name} DEACTIVATE")
        write(mia, f"PATCH /admin/{path}/{key}", {"is_active": True}, f"{name} ACTIVATE")
    row = ApiClient(mia).get(f"/admin/inventory?branchId={branch}").json()["data"][0]["id"]
    write(mia, f"PUT /admin/inventory/{row}", {"quantity": 7}, "stock UPDATE")
    person = shop.customer()
    write(root, f"PATCH /admin/users/{person.pk}", {"role": "EMPLOYEE"}, "user UPDATE")
    write(root, f"PATCH /admin/users/{person.pk}", {"is_active": False}, "user DEACTIVATE")
    write(root, f"PATCH /admin/users/{person.pk}", {"is_active": True}, "user ACTIVATE")


def test_a_refused_write_leaves_no_row(shop: Shop):
    order, mia = shop.order(), shop.manager()
    before = AuditEntry.objects.count()
    for who, method, path, body in (
        (order.user, "POST", "/cart/items", {"product_id": 999999, "quantity": 1}),
        (order.user, "POST", "/checkout/confirm", {"fulfillment_type": "PICKUP"}),
        (order.user, "PATCH", "/me", {"language": "fr"}),
        (mia, "PATCH", f"/ops/orders/{order.pk}/status", {"status": "DELIVERED"}),
        (mia, "DELETE", f"/admin/branches/{shop.warehouse.pk}", None),
        (mia, "POST", f"/admin/orders/{order.pk}/refund", {"amount": "1.00", "reason": "x"}),
        (shop.customer(), "POST", f"/orders/{order.pk}/cancel", None),
    ):
        response = ApiClient(who).call(method, path, body, headers={"Idempotency-Key": "k"})
        assert 400 <= response.status_code < 500, path
    assert AuditEntry.objects.count() == before
