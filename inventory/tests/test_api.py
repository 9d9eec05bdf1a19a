"""Stock through the JSON API."""

from __future__ import annotations

import pytest

from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return open_shop()


@pytest.fixture
def mia(shop, api):
    return api(shop.manager())


def row_of(client, product, branch):
    query = f"productId={product.pk}&branchId={branch.pk}"
    (row,) = client.get(f"/admin/inventory?{query}").json()["data"]
    return row


def test_list(shop, mia):
    milk, bread = shop.product(name_en="Milk"), shop.product(stock=0)
    row = row_of(mia, milk, shop.branch)
    assert row | {
        "product_name": "Milk", "product_sku": milk.sku, "branch_name": shop.branch.name_en,
        "on_hand_quantity": 100, "reserved_quantity": 0, "available_quantity": 100,
    } == row  # fmt: skip
    assert mia.get("/admin/inventory").json()["pagination"]["total"] == 4
    assert mia.get("/admin/inventory?q=milk").json()["pagination"]["total"] == 2
    low = mia.get("/admin/inventory?low=true").json()["data"]
    assert {r["product_id"] for r in low} == {bread.pk}


def test_cursor_walks_everything_once(shop, mia):
    for _ in range(5):
        shop.product()
    seen, cursor = [], ""
    while True:
        page = mia.get(f"/admin/inventory?limit=3{cursor}").json()
        seen += [row["id"] for row in page["data"]]
        if not page["pagination"]["has_next"]:
            break
        cursor = f"&cursor={page['pagination']['next_cursor']}"
    assert len(seen) == len(set(seen)) == 10


def test_count(shop, mia):
    milk = shop.product()
    path = f"/admin/inventory/{row_of(mia, milk, shop.warehouse)['id']}"
    data = mia.put(path, {"quantity": 7, "expected_quantity": 100, "reason": "count"}).json()[
        "data"
    ]
    assert data["on_hand_quantity"] == 7
    refusal(mia.put(path, {"quantity": 8, "expected_quantity": 100}), 409, "STALE_QUANTITY")
    refusal(mia.put(path, {"quantity": -1}), 400, "VALIDATION_ERROR")
    refusal(mia.put(path, {"quantity": 1.5}), 400, "VALIDATION_ERROR")
    refusal(mia.put(path, {}), 400, "VALIDATION_ERROR")
    refusal(mia.put("/admin/inventory/999999", {"quantity": 1}), 404, "NOT_FOUND")
    assert shop.stock(milk) == (7, 0)
    (entry,) = shop.audit(entity_type="stock", action="UPDATE", actor=mia.user)
    assert (entry.old_value["on_hand"], entry.new_value["on_hand"]) == ("100.000", "7.000")


def test_first_client_writes_a_sum(shop, mia):
    milk = shop.product()
    row = row_of(mia, milk, shop.warehouse)
    body = {"available_quantity": 5, "reserved_quantity": 2}
    for path in (f"/admin/inventory/{row['id']}", f"/admin/inventory/item-{row['id']}"):
        data = mia.patch(path, body).json()["data"]
        assert (data["on_hand_quantity"], data["reserved_quantity"]) == (7, 0)


def test_managers_only(shop, api):
    refusal(api(shop.employee()).get("/admin/inventory"), 403, "PERMISSION_DENIED")


def test_queries(shop, mia, django_assert_num_queries):
    shop.product()
    with django_assert_num_queries(3):
        mia.get("/admin/inventory")
    shop.product()
    with django_assert_num_queries(3):
        mia.get("/admin/inventory")
