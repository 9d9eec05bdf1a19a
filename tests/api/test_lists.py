"""Every list of the API, found in its description: the edges of paging, cursors, unknown branches."""

from __future__ import annotations

import pytest
from django.db import connection

from catalog.selectors import all_products
from core import clock
from inventory.selectors import inventory_rows
from ops.selectors import QueueFilter, orders_queue
from stockrequests.selectors import requests_to_review
from tests.api.test_description import operations
from tests.api_client import ApiClient, refusal
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def lists(parameter: str) -> list[str]:
    """The paths of the lists that take a parameter."""
    found = [
        path
        for path, method, operation in operations()
        if method == "get"
        and any(one["name"] == parameter for one in operation.get("parameters", ()))
    ]
    assert len(found) > 3
    return found


@pytest.fixture
def reader():
    """Sees every list: an admin where staff is asked for, else a customer."""
    with open_with_sandbox() as shop:
        order = shop.order()
        clients = ApiClient(order.user), ApiClient(shop.person("ADMIN"))

        def read(path: str, query: str):
            path = path.format(
                category_id=shop.category.pk, product_id=order.items.get().product_id
            )
            staff = any(part in path for part in ("/admin", "/ops/", "/stock-requests/"))
            return clients[staff].get(f"{path}?{query}")

        yield read


def test_the_long_lists_of_the_contract_take_a_cursor():
    grow = (
        "ops/orders", "admin/audit", "admin/inventory", "admin/users", "admin/products", "orders",
        "admin/stock-requests", "stock-requests/my", "admin/payments/reconciliation",
        "products/search", "categories/{category_id}/products",
    )  # fmt: skip
    assert {f"/api/v1/{name}" for name in grow} <= set(lists("cursor"))


def test_a_list_with_a_cursor_says_how_it_goes_on(reader):
    """Whatever its length: null at the end, not absent."""
    for path in lists("cursor"):
        page = reader(path, "limit=200").json()["pagination"]
        assert page["next_cursor"] is None, path
        assert page["has_next"] is False, path


def test_edges(reader):
    for path in lists("offset"):
        for bad in ("limit=0", "limit=-1", "limit=abc", "limit=1.5", "offset=-1", "offset=abc"):
            fields = refusal(reader(path, bad), 400, "VALIDATION_ERROR")["fields"]
            assert set(fields) == {bad.partition("=")[0]}, path
        assert reader(path, "limit=10000").json()["pagination"]["limit"] == 200, path
        whole = reader(path, "").json()["pagination"]
        assert (whole["limit"], whole["offset"]) == (50, 0), path
        beyond = reader(path, "offset=100000").json()
        assert beyond["data"] == [], path
        assert beyond["pagination"]["total"] == whole["total"], path
        assert beyond["pagination"]["has_next"] is False, path


def test_a_made_up_cursor(reader):
    for path in lists("cursor"):
        for made_up in ("abc", "%00", "eyJhIjoxfQ:1x:y"):
            response = reader(path, f"cursor={made_up}")
            assert set(refusal(response, 400, "VALIDATION_ERROR")["fields"]) == {"cursor"}, path


def test_an_unknown_branch(reader):
    for path in lists("branchId"):
        for name in ("branchId", "branch_id"):
            refusal(reader(path, f"q=milk&{name}=999999"), 404, "NOT_FOUND")
            refusal(reader(path, f"q=milk&{name}=x"), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: all_products(q="milk"), "product_name_he_part"),
        (lambda: all_products(q="milk"), "product_name_en_part"),
        (lambda: all_products(q="milk"), "product_sku_unique"),
        (lambda: inventory_rows(q="milk"), "product_name_he_part"),
        (lambda: requests_to_review(status=""), "stock_request_created"),
        (lambda: orders_queue(filters=QueueFilter(q="zz"), now=clock.now()), "order_number_begins"),
    ],
)
def test_an_index_can_serve_it(rows, index):
    """Where the planner may not read a whole table or sort, it finds the index made for the list."""
    found = rows()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        if index != "stock_request_created":  # a walk in the list's own order is another good way
            cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
            found = found.order_by().values("pk")
    assert index in found.explain()
