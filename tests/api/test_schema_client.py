"""A client that knows only the published document runs the shop from registration to delivery."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.api.schema_client import Refused, SchemaClient
from tests.api_client import document, token_for
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


def connect(user=None):
    transport = Client()

    def send(method, address, body, headers):
        response = transport.generic(
            method, address, json.dumps(body) if body is not None else "",
            content_type="application/json", headers={"Accept-Language": "en", **headers},
        )  # fmt: skip
        return response.status_code, json.loads(response.content) if response.content else None

    client = SchemaClient(document(), send)
    client.token = token_for(user) if user else ""
    return client


def test_the_main_flow(shop):
    milk, tomato = shop.product(bin="A1"), shop.weighed(bin="A2")
    noa = connect()
    assert noa.get_health().data.status == "ok"
    signed_in = noa.post_auth_register(
        email="noa@mami.test", password="gxkq-4-lemons", full_name="Noa"
    ).data
    noa.token = signed_in.access_token
    renewed = noa.post_auth_refresh(refresh_token=signed_in.refresh_token).data
    noa.token = renewed.access_token
    assert noa.get_me().data.role == "CUSTOMER"
    noa.post_addresses(label="Home", line1="3 HaZait", city="Haifa", postal_code="3100001")
    noa.post_payment_tokens(provider="sandbox", token="tok_visa")

    assert len(noa.get_categories().data) == 1
    found = noa.get_product_search(sort="price", in_stock="true")
    assert [p.id for p in found.data] == [tomato.pk, milk.pk]
    assert noa.get_product(product_id=milk.pk, branch_id=shop.branch.pk).data.available_quantity
    noa.post_cart_items(product_id=milk.pk, quantity=2)
    cart = noa.post_cart_items(product_id=tomato.pk, quantity=1.5).data
    line = next(item for item in cart.items if item.product_id == milk.pk)
    noa.put_cart_item(item_id=line.id, quantity=3)
    window = next(w for w in noa.get_delivery_slots_available(days=7).data if w.is_open)
    wish = {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": window.slot_id,
        "delivery_date": window.date.isoformat(),
    }  # fmt: skip
    total = noa.post_checkout_preview(**wish).data.total
    with pytest.raises(Refused, match="PRICE_CHANGED"):
        noa.post_checkout_confirm(idempotency_key="k", expected_total="1.00", **wish)
    placed = noa.post_checkout_confirm(idempotency_key="k", expected_total=total, **wish).data
    again = noa.post_checkout_confirm(idempotency_key="k", expected_total=total, **wish).data
    assert again == placed

    eli, mia = connect(shop.employee()), connect(shop.manager())
    row = eli.get_ops_orders(status=["CREATED"]).data[0]
    assert row.order_id == placed.order_id
    eli.patch_ops_order_status(order_id=row.order_id, status="IN_PROGRESS")
    for item in eli.get_ops_order(order_id=row.order_id).data.items:
        eli.patch_ops_order_item(order_id=row.order_id, item_id=item.id, picked_status="PICKED")
    eli.patch_ops_order_status(order_id=row.order_id, status="READY")
    for status in ("OUT_FOR_DELIVERY", "DELIVERED"):
        mia.patch_ops_order_status(order_id=row.order_id, status=status)
    order = noa.get_order(order_id=placed.order_id).data
    assert [t.status for t in order.timeline] == [
        "CREATED", "IN_PROGRESS", "READY", "OUT_FOR_DELIVERY", "DELIVERED"
    ]  # fmt: skip
    assert noa.post_order_reorder(order_id=order.id).data.item_count == 4


def test_the_office(shop):
    eli, mia, root = (
        connect(shop.employee()),
        connect(shop.manager()),
        connect(shop.person("ADMIN")),
    )
    milk = shop.product()
    asked = eli.post_stock_requests(
        branch_id=shop.branch.pk, product_id=milk.pk, quantity=7, request_type="SET_QUANTITY"
    ).data
    mia.patch_admin_stock_request_review(request_id=asked.id, status="APPROVED")
    row = mia.get_admin_inventory(product_id=milk.pk, branch_id=shop.branch.pk).data[0]
    assert row.on_hand_quantity == 7
    mia.put_admin_inventory_row(stock_id=row.id, quantity=9, expected_quantity=7)
    made = mia.post_admin_products(
        sku="N-1", name="Bread", price="7.00", category_id=shop.category.pk
    ).data
    mia.patch_admin_product(product_id=made.id, price="6.00")
    mia.delete_admin_product(product_id=made.id)
    mia.post_admin_branches(name="North", address="1 Road", city="Akko")
    mia.post_admin_delivery_slots(
        branch_id=shop.branch.pk, day_of_week=1, start_time="08:00", end_time="10:00"
    )
    assert mia.get_ops_performance().data.orders_by_status["CREATED"] == 0
    trail = mia.get_admin_audit(limit=3)
    assert len(trail.data) == 3
    assert mia.get_admin_audit(limit=3, cursor=trail.pagination.next_cursor).data
    assert root.get_admin_users().pagination.total == 3
    assert (
        root.patch_admin_user(user_id=eli.get_me().data.id, role="MANAGER").data.role == "MANAGER"
    )
    with pytest.raises(Refused, match="403 PERMISSION_DENIED"):
        mia.get_admin_users()
