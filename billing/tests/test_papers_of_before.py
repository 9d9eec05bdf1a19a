"""Invoices of before become papers with what they said; going back gives them their rows again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.history import beside, empty_database, go_to

__all__ = ["beside", "empty_database"]
BEFORE: list[tuple[str, str | None]] = [("billing", None), ("orders", "0010_charged")]
AFTER: list[tuple[str, str | None]] = [
    ("billing", "0002_papers_of_before"),
    ("orders", "0011_no_invoices"),
]
AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


@pytest.fixture
def before(empty_database: None) -> Any:
    return go_to(*BEFORE)


def charged(apps: Any) -> Any:
    """Two of 10.00 and 1.2 kg of 8.90 where one was ordered, fee 30.00; 5.00 given back."""
    make = lambda app, model, **values: apps.get_model(app, model).objects.create(**values)  # noqa: E731
    user = make("accounts", "User", email="a@mami.test", full_name="Ada", password="x")
    branch = make("branches", "Branch", code="w", name_he="מ", name_en="W", opening_hours={})
    category = make("catalog", "Category", slug="c", name_he="ק", name_en="C")
    payment = make(
        "payments", "Payment", user=user, order_number="MS-AAAAAAAA", provider="sandbox",
        provider_reference="r", idempotency_key="k", state="PARTIALLY_REFUNDED",
        amount=Decimal("58.90"), authorized=Decimal("58.90"), captured=Decimal("58.90"),
        refunded=Decimal("5.00"), brand="visa", last4="4242",
    )  # fmt: skip
    slot = make("branches", "DeliverySlot", branch=branch, day_of_week=1,
                start_time=dt.time(10), end_time=dt.time(12))  # fmt: skip
    dated = make("branches", "DatedSlot", slot=slot, date=AT.date())
    order = make(
        "orders", "Order", order_number="MS-AAAAAAAA", user=user,
        cart=make("cart", "Cart", user=user, status="CHECKED_OUT"), payment=payment, branch=branch,
        fulfillment_type="DELIVERY", status="DELIVERED", dated_slot=dated, due_at=AT,
        subtotal=Decimal("28.90"), delivery_fee=30, fee_vat_rate=18, vat_total=0,
        total_amount=Decimal("58.90"), created_at=AT,
    )  # fmt: skip
    make("orders", "OrderDelivery", order=order, recipient="Ada", line1="3 HaZait", city="Haifa")
    for sku, price, ordered, found in (("A", 10, 2, 2), ("W", Decimal("8.90"), 1, "1.2")):
        product = make("catalog", "Product", sku=sku, name_he=sku, name_en=sku, price=price,
                       category=category, vat_class_id="STANDARD")  # fmt: skip
        make(
            "orders", "OrderItem", order=order, product=product, name_he=sku, name_en=sku, sku=sku,
            sold_by="UNIT", unit_price=price, quantity=ordered, vat_rate=18,
            line_total=Decimal(price) * ordered, picked_status="PICKED",
            picked_quantity=Decimal(found),
        )  # fmt: skip
    make("orders", "InvoiceSeries", year=2026, last=7)
    make("orders", "Invoice", order=order, year=2026, serial=7, issued_at=AT)
    call = make(
        "payments", "ProviderCall", payment=payment, kind="REFUND", amount=5,
        idempotency_key="refund", state="SUCCEEDED", finished_at=AT, is_followed=True,
    )  # fmt: skip
    make("payments", "Refund", payment=payment, call=call, amount=5, reason="late")
    return order


@pytest.mark.slow
def test_there_and_back(before: Any) -> None:
    order = charged(before)
    apps = go_to(*AFTER)
    invoice, note = apps.get_model("billing", "Document").objects.order_by("pk")
    assert (invoice.number, invoice.total, invoice.issued_at) == (
        "2026-000007", Decimal("58.90"), AT,
    )  # fmt: skip
    assert invoice.vat == [{"rate": "18.00", "net": "49.92", "vat": "8.98"}]
    assert [row["amount"] for row in invoice.snapshot["rows"]] == [
        "20.00", "10.68", "30.00", "-1.78",
    ]  # fmt: skip
    assert (note.number, note.total, note.corrects_id) == (
        "C2026-000001", Decimal("5.00"), invoice.pk,
    )  # fmt: skip
    moved = apps.get_model("orders", "Order").objects.get(pk=order.pk)
    assert (moved.charged_goods, moved.charged_fee) == (Decimal("28.90"), Decimal("30.00"))
    assert moved.captured_total == Decimal("58.90")
    lines = apps.get_model("orders", "RefundLine").objects
    assert sum(lines.values_list("amount", flat=True)) == Decimal("5.00")
    again = go_to(*BEFORE)
    kept = again.get_model("orders", "Invoice").objects.get()
    assert (kept.year, kept.serial, kept.issued_at, kept.order_id) == (2026, 7, AT, order.pk)
    assert again.get_model("orders", "InvoiceSeries").objects.get().last == 7
