"""Deposits and bags: in the quote and the hold, on the order, at the charge, on the paper, given back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from billing.selectors import invoice_of
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import change
from core import clock
from orders import services
from orders.invariants import RULES
from orders.models import Order
from orders.services import ItemPart
from orders.tests.test_refunding import ask, given, left
from orders.tests.test_transitions import settle
from tests.api_client import ApiClient
from tests.shop import Shop


def beer(shop: Shop, **values: Any) -> Any:
    """A six-pack of 24.90 with 1.80 deposit."""
    return shop.product(**{"price": Decimal("24.90"), "deposit": Decimal("1.80"), **values})


def judged() -> None:
    """The books balance."""
    assert [finding for rule in RULES for finding in rule.check(None)] == []


def rows_of(order: Order) -> list[tuple[str, Decimal, Decimal]]:
    return list(order.charges.order_by("pk").values_list("kind", "quantity", "amount"))


def test_example_16_a_deposit_is_held_charged_and_given_back(shop: Shop) -> None:
    order = left(shop, shop.order(quantities={beer(shop): 2}))
    line = order.items.get()
    assert (order.subtotal, order.charges_total, order.total_amount) == (
        Decimal("49.80"), Decimal("3.60"), Decimal("83.40"),
    )  # fmt: skip
    assert (order.charged_goods, order.charged_extras) == (Decimal("49.80"), Decimal("3.60"))
    paper = invoice_of(order_id=order.pk)
    assert paper is not None
    assert paper.total == Decimal("83.40")
    assert sum(part.vat for part in paper.vat) == Decimal("12.72")
    refund = ask(shop.manager(), order, "k", ItemPart(id=line.pk, quantity=Decimal(1)))
    assert given(order, refund)[0] == Decimal("26.70")


def test_example_17_bags_are_counted_up_to_the_estimate(shop: Shop, settings: Any) -> None:
    settings.BAG_PRICE = Decimal("0.10")
    goods = {shop.product(price=Decimal("10.00")): 20, shop.weighed(): 1}
    order = shop.order(quantities=goods)
    assert rows_of(order) == [("BAG", Decimal(3), Decimal("0.30"))]
    mia = shop.manager()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    for item in order.items.all():
        services.pick_item(actor=mia, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
                           now=clock.now())  # fmt: skip
    services.finish_picking(actor=mia, order_id=order.pk, bags=4, now=clock.now())
    services.change_status(actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now())
    assert settle(order)["captured"] == order.total_amount
    bag = order.charges.get()
    assert (bag.charged_quantity, bag.charged) == (Decimal(3), Decimal("0.30"))
    document = apps.get_model("billing", "Document").objects.get(order=order)
    told = [row for row in document.snapshot["rows"] if row["kind"] == "BAG"]
    assert [(row["quantity"], row["amount"]) for row in told] == [("3.000", "0.30")]
    judged()
    report = ApiClient(mia).get(f"/ops/performance?dateFrom={shop.date}&dateTo={shop.date}")
    (told,) = report.json()["data"]["bags"]
    assert (told["bags"], told["amount"]) == (3, "0.30")


def test_neither_counts_for_free_delivery_nor_for_what_is_missing(shop: Shop) -> None:
    goods = {shop.product(price=Decimal("120.00")): 1, beer(shop, price=Decimal("28.00")): 1}
    order = shop.order(quantities=goods)
    assert (order.delivery_fee, order.total_amount) == (Decimal("30.00"), Decimal("179.80"))
    sku = order.items.get(unit_price=Decimal("28.00")).sku.replace("-", "_")
    left(shop, order, **{sku: None})
    assert settle(order)["captured"] == Decimal("150.00")
    judged()


def test_a_change_makes_them_anew_and_keeps_the_agreed_deposit(shop: Shop, settings: Any) -> None:
    ada, pack, milk = shop.customer(), beer(shop), shop.product(price=Decimal("60.00"))
    order = shop.order(ada, quantities={pack: 2})
    apps.get_model("catalog", "Product").objects.filter(pk=pack.pk).update(deposit="2.40")
    settings.BAG_PRICE = Decimal("0.10")
    wanted = (
        ChangeLine(product_id=pack.pk, quantity=Decimal(1)),
        ChangeLine(product_id=milk.pk, quantity=Decimal(1)),
    )
    change(
        actor=ada,
        order_id=order.pk,
        key="k",
        request=ChangeRequest(lines=wanted, expected_version=1, expected_total=Decimal("116.80")),
        request_id="test",
        now=clock.now(),
    )
    order.refresh_from_db()
    assert rows_of(order) == [
        ("DEPOSIT", Decimal(1), Decimal("1.80")),
        ("BAG", Decimal(1), Decimal("0.10")),
    ]
    assert (order.charges_total, order.total_amount) == (Decimal("1.90"), Decimal("116.80"))
    judged()


def test_a_substitutes_deposit_never_makes_the_order_dearer(shop: Shop) -> None:
    plain, pack = shop.product(price=Decimal("24.90")), beer(shop)
    order = shop.order(quantities={plain: 1})
    mia, line = shop.manager(), order.items.get()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    services.substitute(
        actor=mia, order_id=order.pk, item_id=line.pk, product_id=pack.pk, now=clock.now()
    )
    assert rows_of(order) == [("DEPOSIT", Decimal(1), Decimal("1.80"))]
    for to in ("READY", "OUT_FOR_DELIVERY"):
        services.change_status(actor=mia, order_id=order.pk, to=to, now=clock.now())
    order.refresh_from_db()
    assert settle(order)["captured"] == order.total_amount == Decimal("54.90")
    assert (order.charged_extras, order.charged_goods) == (Decimal("1.80"), Decimal("23.10"))
    judged()


@pytest.mark.quick
def test_they_are_told_on_every_face(shop: Shop, settings: Any) -> None:
    settings.BAG_PRICE = Decimal("0.10")
    ada, pack = shop.customer(), beer(shop)
    shop.fill(ada, {pack: 2})
    api, page = ApiClient(ada), Client()
    page.force_login(ada)
    body = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
            "delivery_date": shop.date.isoformat()}  # fmt: skip
    preview = api.post("/checkout/preview", body).json()["data"]
    assert preview["charges_total"] == "3.70"
    assert [(one["kind"], one["quantity"], one["amount"]) for one in preview["charges"]] == [
        ("DEPOSIT", 2, "3.60"), ("BAG", 1, "0.10"),
    ]  # fmt: skip
    assert preview["total"] == "83.50"
    for path in ("/cart/", "/checkout/"):
        assert "83.50" in page.get(path).text.replace("<small>", "").replace("</small>", "")
    made = api.post("/checkout/confirm", {**body, "expected_total": "83.50"},
                    headers={"Idempotency-Key": "k"})  # fmt: skip
    assert made.status_code == 201
    order = api.get(f"/orders/{made.json()['data']['order_id']}").json()["data"]
    assert (order["charges_total"], order["total_amount"], order["amount_due"]) == (
        "3.70", "83.50", "83.50",
    )  # fmt: skip
    assert order["items"][0]["deposit"] == "1.80"
    assert [one["item_id"] for one in order["charges"]] == [order["items"][0]["id"], None]
    assert "3.60" in page.get(f"/orders/{order['order_number']}/").text
    mia = ApiClient(shop.manager())
    told = mia.get(f"/products/{pack.pk}").json()["data"]
    assert told["deposit"] == "1.80"
    changed = mia.patch(f"/admin/products/{pack.pk}", {"deposit": "2.40"})
    assert changed.json()["data"]["deposit"] == "2.40"
    assert mia.patch(f"/admin/products/{pack.pk}", {"deposit": "-1"}).status_code == 400
    weighed = shop.weighed()
    assert mia.patch(f"/admin/products/{weighed.pk}", {"deposit": "1.00"}).status_code == 400
    assert "2.40" in page.get(reverse("catalog:product", args=[pack.pk])).text
