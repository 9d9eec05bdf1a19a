"""Stock requests through the JSON API."""

from __future__ import annotations

import pytest

from stockrequests.models import StockRequest
from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db):
    return open_shop()


@pytest.fixture
def eli(shop, api):
    return api(shop.employee())


@pytest.fixture
def mia(shop, api):
    return api(shop.manager())


def ask(client, shop, product, quantity=5, request_type="SET_QUANTITY", **more):
    body = {
        "branch_id": shop.branch.pk, "product_id": product.pk, "quantity": quantity,
        "request_type": request_type, **more,
    }  # fmt: skip
    return client.post("/stock-requests", body)


def review(client, pk, **body):
    return client.patch(f"/admin/stock-requests/{pk}/review", body)


@pytest.mark.quick
def test_asking(shop, eli, mia):
    milk = shop.product()
    made = ask(eli, shop, milk, reason="counted")
    assert made.status_code == 201
    data = made.json()["data"]
    assert data | {
        "status": "PENDING", "quantity": 5, "current_quantity": 100, "requested_by": eli.user.pk,
        "reviewed_by": None, "product_sku": milk.sku,
    } == data  # fmt: skip
    assert eli.get("/stock-requests/my").json()["data"] == [data]
    assert mia.get("/stock-requests/my").json()["data"] == []
    assert shop.stock(milk, shop.branch) == (100, 0)


def test_asking_refused(shop, eli, api):
    milk = shop.product()
    refusal(ask(eli, shop, milk, -1), 400, "VALIDATION_ERROR")
    refusal(ask(eli, shop, milk, 0, "ADD_QUANTITY"), 400, "VALIDATION_ERROR")
    refusal(ask(eli, shop, milk, 5, "BURN"), 400, "VALIDATION_ERROR")
    refusal(ask(eli, shop, milk, branch_id=999999), 404, "NOT_FOUND")
    refusal(ask(eli, shop, milk, product_id=999999), 404, "NOT_FOUND")
    refusal(ask(api(shop.customer()), shop, milk), 403, "PERMISSION_DENIED")
    assert not StockRequest.objects.exists()


def test_approving_changes_the_stock(shop, eli, mia):
    milk = shop.product()
    set_to = ask(eli, shop, milk, 7).json()["data"]["id"]
    add = ask(eli, shop, milk, 5, "ADD_QUANTITY").json()["data"]["id"]
    data = review(mia, set_to, status="APPROVED").json()["data"]
    assert (data["status"], data["reviewed_by"], data["current_quantity"]) == (
        "APPROVED", mia.user.pk, 7
    )  # fmt: skip
    review(mia, add, status="APPROVED", approved_quantity=3)
    assert shop.stock(milk, shop.branch) == (10, 0)
    refusal(review(mia, add, status="REJECTED", rejection_reason="no"), 409, "ALREADY_REVIEWED")
    assert [r.action for r in shop.audit(entity_type="stock_request")] == [
        "CREATE", "CREATE", "APPROVE", "APPROVE"
    ]  # fmt: skip


def test_rejecting_needs_a_reason(shop, eli, mia):
    pk = ask(eli, shop, shop.product()).json()["data"]["id"]
    refusal(review(mia, pk, status="REJECTED"), 400, "VALIDATION_ERROR")
    refusal(review(mia, pk, status="PENDING"), 400, "VALIDATION_ERROR")
    data = review(mia, pk, status="REJECTED", rejection_reason="count again").json()["data"]
    assert data["rejection_reason"] == "count again"
    refusal(review(mia, 999999, status="APPROVED"), 404, "NOT_FOUND")
    refusal(review(eli, pk, status="APPROVED"), 403, "PERMISSION_DENIED")


def test_own_requests(shop, mia, api):
    pk = ask(mia, shop, shop.product()).json()["data"]["id"]
    refusal(review(mia, pk, status="APPROVED"), 403, "SELF_REVIEW")
    root = api(shop.person("ADMIN"))
    own = ask(root, shop, shop.product()).json()["data"]["id"]
    assert review(root, own, status="APPROVED").status_code == 200


def test_list(shop, eli, mia):
    pk = ask(eli, shop, shop.product()).json()["data"]["id"]
    ask(eli, shop, shop.product())
    review(mia, pk, status="APPROVED")
    assert mia.get("/admin/stock-requests").json()["pagination"]["total"] == 2
    found = mia.get(f"/admin/stock-requests?status=APPROVED&branchId={shop.branch.pk}").json()
    assert [r["id"] for r in found["data"]] == [pk]
    assert mia.get(f"/admin/stock-requests?branchId={shop.warehouse.pk}").json()["data"] == []
    refusal(mia.get("/admin/stock-requests?status=LOST"), 400, "VALIDATION_ERROR")


def test_bulk_is_partial(shop, eli, mia):
    milk = shop.product()
    first, second, third = (ask(eli, shop, milk, n).json()["data"]["id"] for n in (1, 2, 3))
    review(mia, second, status="REJECTED", rejection_reason="no")
    items = [
        {"id": first, "status": "APPROVED"},
        {"id": second, "status": "APPROVED"},
        {"id": third, "status": "REJECTED"},
        {"id": 999999, "status": "APPROVED"},
        {"id": third, "status": "EATEN"},
    ]
    data = mia.patch("/admin/stock-requests/bulk-review", {"items": items}).json()["data"]
    assert (data["succeeded"], data["failed"]) == (1, 4)
    assert [r.get("error", {}).get("code") for r in data["results"]] == [
        None, "ALREADY_REVIEWED", "VALIDATION_ERROR", "NOT_FOUND", "VALIDATION_ERROR"
    ]  # fmt: skip
    assert shop.stock(milk, shop.branch) == (1, 0)
    for items in ([], [{"id": first}], [{"id": 1, "status": "APPROVED"}] * 201, "x"):
        refusal(
            mia.patch("/admin/stock-requests/bulk-review", {"items": items}),
            400,
            "VALIDATION_ERROR",
        )


def test_queries(shop, eli, mia, django_assert_num_queries):
    ask(eli, shop, shop.product())
    with django_assert_num_queries(4):
        mia.get("/admin/stock-requests")
    ask(eli, shop, shop.product())
    with django_assert_num_queries(4):
        mia.get("/admin/stock-requests")
