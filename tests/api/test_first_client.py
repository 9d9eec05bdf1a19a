"""The addresses of the first-generation web client answer as their successors do."""

from __future__ import annotations

import pytest

from tests.api_client import document, refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db):
    return open_shop()


def test_all_are_documented_as_deprecated():
    old = [
        operation
        for path, item in document()["paths"].items()
        for operation in item.values()
        if "/catalog/" in path or "/toggle" in path or "/store/" in path
    ]
    assert len(old) >= 12
    assert all(operation["deprecated"] for operation in old)


def test_catalog(api, shop):
    milk = shop.product()
    pairs = [
        "/categories", f"/categories/{shop.category.pk}/products", f"/products/{milk.pk}",
        "/products/search", "/products/autocomplete?q=pro",
    ]  # fmt: skip
    for path in pairs:
        assert api().get(f"/catalog{path}").json() == api().get(path).json()


def test_featured(api, shop):
    new = shop.product()
    sale = shop.product(old_price="12.00")
    newest = shop.product()
    found = api().get("/catalog/products/featured?limit=2").json()["data"]
    assert [p["id"] for p in found] == [sale.pk, newest.pk]
    at_branch = api().get(f"/catalog/products/featured?branchId={shop.branch.pk}").json()["data"]
    assert at_branch[-1]["id"] == new.pk
    assert at_branch[-1]["in_stock_for_branch"] is True
    refusal(api().get("/catalog/products/featured?branchId=999999"), 404, "NOT_FOUND")


def test_delivery_source(api, shop):
    assert api().get("/branches/delivery-source").json()["data"] == {
        "id": shop.warehouse.pk, "name": shop.warehouse.name_en
    }  # fmt: skip


def test_toggles(api, shop):
    mia, milk = api(shop.manager()), shop.product()
    targets = {
        "categories": shop.category, "products": milk, "branches": shop.branch,
        "delivery-slots": shop.slot,
    }  # fmt: skip
    for kind, row in targets.items():
        path = f"/admin/{kind}/{row.pk}/toggle"
        for value in (False, True):
            answer = mia.patch(f"{path}?active={str(value).lower()}")
            assert answer.json()["data"]["is_active"] is value
        refusal(mia.patch(path), 400, "VALIDATION_ERROR")
        refusal(api(shop.employee()).patch(f"{path}?active=true"), 403, "PERMISSION_DENIED")
    refusal(
        mia.patch(f"/admin/branches/{shop.warehouse.pk}/toggle?active=false"),
        409,
        "DELIVERY_SOURCE_REQUIRED",
    )


def test_stock_requests(api, shop):
    eli, mia, milk = api(shop.employee()), api(shop.manager()), shop.product()
    body = {
        "branch_id": shop.branch.pk, "product_id": milk.pk, "quantity": 5, "request_type": "SET_QUANTITY"
    }  # fmt: skip
    first, second = (eli.post("/stock-requests", body).json()["data"]["id"] for _ in range(2))
    assert mia.get("/stock-requests/admin").json() == mia.get("/admin/stock-requests").json()
    resolved = mia.patch(f"/stock-requests/admin/{first}/resolve", {"status": "APPROVED"})
    assert resolved.json()["data"]["status"] == "APPROVED"
    items = [{"request_id": second, "status": "APPROVED"}]
    data = mia.patch("/stock-requests/admin/bulk-review", {"items": items}).json()["data"]
    assert data["results"] == [{"id": second, "request_id": second, "result": "ok"}]


def test_wishlist(api, shop):
    ada, milk = api(shop.customer()), shop.product()
    for _ in range(2):
        assert ada.post("/store/wishlist", {"product_id": milk.pk}).status_code == 201
    items = ada.get("/store/wishlist").json()["data"]["items"]
    assert [item["product_id"] for item in items] == [milk.pk]
    refusal(ada.post("/store/wishlist", {"product_id": 999999}), 404, "NOT_FOUND")
    assert api(shop.customer()).get("/store/wishlist").json()["data"]["items"] == []
    assert ada.delete(f"/store/wishlist/{milk.pk}").status_code == 204
    assert ada.get("/store/wishlist").json()["data"]["items"] == []
