"""Issued papers in the office: to look at, for managers, and nothing else."""

from __future__ import annotations

from django.test import Client

from billing.selectors import documents_of
from orders.tests.test_refunding import left
from tests.shop import Shop


def test_managers_find_a_paper_by_its_number_and_change_nothing(shop: Shop, client: Client) -> None:
    order = left(shop, shop.order())
    (paper,) = documents_of(order_id=order.pk)
    client.force_login(shop.manager())
    page = client.get("/admin/billing/document/", {"q": paper.number}).content.decode()
    assert paper.number in page
    assert f"/ops/orders/{order.order_number}/documents/{paper.id}/" in page
    detail = f"/admin/billing/document/{paper.id}/change/"
    assert client.get(detail).status_code == 200
    assert client.post(detail, {"total": "1"}).status_code == 403
    assert client.get("/admin/billing/document/add/").status_code == 403
    client.force_login(shop.employee())
    assert client.get("/admin/billing/document/").status_code == 302
