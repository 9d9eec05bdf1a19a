"""Refunds by line: the worked examples, every refusal with nothing changed, keys of persons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from billing.selectors import documents_of, invoice_of
from core import clock
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.tests.test_metrics import counted
from orders import selectors, services
from orders.errors import OwnOrder, RefundExceedsLine
from orders.models import Order, OrderItem
from orders.refund_models import RefundLine
from orders.services import ItemPart, RefundRequest
from orders.tests.test_transitions import move, picked, settle
from payments import providers
from payments.errors import RefundExceedsCapture, RefundKeyReused
from payments.provider import ProviderRefused
from payments.providers.sandbox import Sandbox
from tests.shop import Shop


def left(shop: Shop, order: Order, **answers: Decimal | None) -> Order:
    """Picked, sent and charged."""
    picked(shop, order, **answers)
    order.refresh_from_db()
    mia = shop.manager()
    for to in ("READY", "OUT_FOR_DELIVERY"):
        if order.status != to:
            move(mia, order, to)
    settle(order)
    order.refresh_from_db()
    return order


def ask(actor: User, order: Order, key: str = "k", *items: ItemPart, **values: Any) -> int:
    request = RefundRequest(items=items, **{"reason_code": "DAMAGED", **values})
    return services.refund(
        actor=actor, order_id=order.pk, request=request, key=key, now=clock.now()
    )


def given(order: Order, call_id: int) -> tuple[Decimal, Decimal]:
    """What a refund came to, and the VAT of its credit note."""
    settle(order)
    summary = selectors.refund_summary(call_id=call_id)
    note = next(
        one for one in documents_of(order_id=order.pk) if one.id == summary["credit_note"]["id"]
    )
    assert note.total == summary["amount"] == sum(line["amount"] for line in summary["lines"])
    return summary["amount"], sum((part.vat for part in note.vat), Decimal("0.00"))


def vat_of_invoice(order: Order) -> Decimal:
    paper = invoice_of(order_id=order.pk)
    assert paper is not None
    return sum((part.vat for part in paper.vat), Decimal("0.00"))


def promoted(shop: Shop) -> User:
    """A customer who became a manager."""
    user = shop.customer()
    User.objects.filter(pk=user.pk).update(role="MANAGER")
    user.refresh_from_db()
    return user


@contextmanager
def the_provider_says_no(shop: Shop) -> Iterator[None]:
    """A provider that agrees to no refund."""

    class Stubborn(Sandbox):
        def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
            raise ProviderRefused("charge_disputed")

    with providers.using(Stubborn(sleep=lambda _: None)):
        yield


def item(order: Order, sku: str) -> OrderItem:
    return order.items.get(sku=sku)


class TestWorkedExamples:
    def test_two_parts_of_180_have_the_vat_of_the_whole(self, shop: Shop) -> None:
        goods = {
            shop.product(sku="A", price=Decimal("80.00")): 1,
            shop.product(sku="B", price=Decimal("100.00")): 1,
        }
        order, mia = left(shop, shop.order(quantities=goods)), shop.manager()
        assert (order.captured_total, vat_of_invoice(order)) == (
            Decimal("180.00"),
            Decimal("27.46"),
        )
        first = ask(mia, order, "1", ItemPart(id=item(order, "A").pk, quantity=Decimal(1)))
        assert given(order, first) == (Decimal("80.00"), Decimal("12.20"))
        second = ask(mia, order, "2", ItemPart(id=item(order, "B").pk, quantity=Decimal(1)))
        assert given(order, second) == (Decimal("100.00"), Decimal("15.26"))

    def test_a_line_is_refunded_once(self, shop: Shop) -> None:
        order = left(shop, shop.order(quantities={shop.product(sku="A", price=Decimal(20)): 2}))
        mia, line = shop.manager(), item(order, "A")
        before = counted("mami_refunds_total", outcome="ok"), counted("mami_refunded_ils_total")
        call = ask(mia, order, "1", ItemPart(id=line.pk, quantity=Decimal(2)))
        assert given(order, call)[0] == Decimal("40.00")
        after = counted("mami_refunds_total", outcome="ok"), counted("mami_refunded_ils_total")
        assert after[0] == before[0] + 1
        assert round(after[1] - before[1], 2) == 40
        with pytest.raises(RefundExceedsLine) as refusal:
            ask(mia, order, "2", ItemPart(id=line.pk, quantity=Decimal(2)))
        assert refusal.value.details == {
            "item_id": line.pk, "refundable_quantity": 0, "refundable": "0.00",
        }  # fmt: skip

    def test_three_quarters_of_a_kilo_in_three_pieces(self, shop: Shop) -> None:
        goods = shop.weighed(sku="W", price=Decimal("12.90"), quantity_step=Decimal("0.25"))
        order = left(shop, shop.order(quantities={goods: Decimal("0.75")}))
        mia, line = shop.manager(), item(order, "W")
        found = [
            given(order, ask(mia, order, str(n), ItemPart(id=line.pk, quantity=Decimal("0.25"))))
            for n in range(3)
        ]
        assert [amount for amount, _vat in found] == [
            Decimal("3.23"), Decimal("3.22"), Decimal("3.23"),
        ]  # fmt: skip
        assert [vat for _amount, vat in found] == [
            Decimal("0.49"), Decimal("0.49"), Decimal("0.50"),
        ]  # fmt: skip

    @pytest.mark.parametrize(("kilos", "amount"), [("0.7", "5.00"), ("1.4", "10.00")])
    def test_a_line_that_weighed_more(self, shop: Shop, kilos: str, amount: str) -> None:
        goods = shop.weighed(sku="W", price=Decimal("10.00"))
        order = left(shop, shop.order(quantities={goods: 1}), W=Decimal("1.4"))
        assert order.captured_total == Decimal("40.00")
        line = item(order, "W")
        assert (line.charged, order.charged_fee) == (Decimal("10.00"), Decimal("30.00"))
        call = ask(shop.manager(), order, "1", ItemPart(id=line.pk, quantity=Decimal(kilos)))
        assert given(order, call)[0] == Decimal(amount)

    def test_shares_of_what_was_too_much(self, shop: Shop) -> None:
        goods = {
            shop.weighed(sku="A", price=Decimal("10.00")): 1,
            shop.weighed(sku="B", price=Decimal("7.00")): 1,
            shop.product(sku="C", price=Decimal("1.00")): 1,
        }
        order = left(shop, shop.order(quantities=goods), A=Decimal("1.2"), B=Decimal("1.1"), C=None)
        charged = [item(order, sku).charged for sku in "ABC"]
        assert charged == [Decimal("10.74"), Decimal("7.26"), Decimal("0.00")]
        assert (order.charged_fee, order.captured_total) == (Decimal("30.00"), Decimal("48.00"))

    def test_an_amount_is_spread_and_counts_afterwards(self, shop: Shop) -> None:
        goods = {
            shop.weighed(sku="W", price=Decimal("12.90"), quantity_step=Decimal("0.25")): Decimal("0.75"),
            shop.product(sku="P", price=Decimal("20.00")): 1,
        }  # fmt: skip
        order, mia = left(shop, shop.order(quantities=goods)), shop.manager()
        given(order, ask(mia, order, "1", amount=Decimal("5.00")))
        order.refresh_from_db()
        spread = [item(order, sku).refunded_amount for sku in "WP"]
        assert [*spread, order.refunded_fee] == [Decimal("0.81"), Decimal("1.68"), Decimal("2.51")]
        with pytest.raises(RefundExceedsLine) as refusal:
            ask(mia, order, "2", ItemPart(id=item(order, "P").pk, amount=Decimal("18.33")))
        assert refusal.value.details["refundable"] == "18.32"

    def test_the_fee_once(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        assert given(order, ask(mia, order, "1", fee=True)) == (Decimal("30.00"), Decimal("4.58"))
        with pytest.raises(RefundExceedsLine):
            ask(mia, order, "2", fee=True)

    def test_a_key_belongs_to_a_person(self, shop: Shop) -> None:
        order, a, b = left(shop, shop.order()), shop.manager(), shop.manager()
        calls = [ask(who, order, "k", amount=Decimal("5.00")) for who in (a, b)]
        for call in calls:
            given(order, call)
        assert ask(a, order, "k", amount=Decimal("5.00")) == calls[0]
        settle(order)
        assert settle(order)["refunded"] == Decimal("10.00")
        notes = [one for one in documents_of(order_id=order.pk) if one.type == "CREDIT_NOTE"]
        assert len(notes) == 2
        assert len(shop.audit(entity_type="order", action="REFUND")) == 2
        assert len(shop.audit(entity_type="payment", action="REFUND")) == 2


class TestRefusals:
    def same(self, order: Order) -> None:
        """Nothing was counted, asked for or written."""
        order.refresh_from_db()
        assert order.refunded_fee == 0
        assert not RefundLine.objects.exists()
        assert all(
            line.refunded_amount == line.refunded_quantity == 0 for line in order.items.all()
        )

    def test_who_may_not(self, shop: Shop) -> None:
        order = left(shop, shop.order(promoted(shop)))
        with pytest.raises(PermissionRefused):
            ask(shop.employee(), order, amount=Decimal(1))
        with pytest.raises(OwnOrder):
            ask(order.user, order, amount=Decimal(1))
        self.same(order)

    @pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "1e12"])
    def test_amounts_that_cannot_be(self, shop: Shop, amount: str) -> None:
        order = left(shop, shop.order())
        with pytest.raises(InvalidInput):
            ask(shop.manager(), order, amount=Decimal(amount))
        line = ItemPart(id=order.items.get().pk, amount=Decimal(amount))
        with pytest.raises(InvalidInput):
            ask(shop.manager(), order, "k", line)
        self.same(order)

    def test_requests_that_contradict_themselves(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        line = order.items.get().pk
        one = ItemPart(id=line, quantity=Decimal(1))
        for items, values in [
            ((), {}),
            ((one,), {"amount": Decimal(1)}),
            ((one, one), {}),
            ((ItemPart(id=line),), {}),
            ((ItemPart(id=line, quantity=Decimal(1), amount=Decimal(1)),), {}),
            ((ItemPart(id=line, quantity=Decimal("0.5")),), {}),
            ((ItemPart(id=line, quantity=Decimal(0)),), {}),
            ((ItemPart(id=line, amount=Decimal(1), restock=True),), {}),
            ((one,), {"reason_code": "NONSENSE"}),
            ((one,), {"reason_code": "OTHER", "reason": "  "}),
        ]:
            with pytest.raises(InvalidInput):
                ask(mia, order, "k", *items, **values)  # type: ignore[arg-type]
        self.same(order)

    def test_a_line_of_another_order(self, shop: Shop) -> None:
        order, other = left(shop, shop.order()), left(shop, shop.order())
        with pytest.raises(NotFound):
            ask(shop.manager(), order, "k", ItemPart(id=other.items.get().pk, quantity=Decimal(1)))
        with pytest.raises(NotFound):
            ask(shop.manager(), order, charges={999_999: Decimal(1)})
        with pytest.raises(NotFound):
            services.refund(
                actor=shop.manager(), order_id=999_999, key="k", now=clock.now(),
                request=RefundRequest(amount=Decimal(1), reason_code="LATE"),
            )  # fmt: skip
        self.same(order)

    def test_more_than_all(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        with pytest.raises(RefundExceedsCapture):
            ask(mia, order, amount=Decimal("60.01"))
        self.same(order)
        ask(mia, order, amount=Decimal("60.00"))
        with pytest.raises(RefundExceedsCapture):
            ask(mia, order, "k2", amount=Decimal("0.01"))

    def test_nothing_is_charged_yet(self, shop: Shop) -> None:
        order = shop.order()
        with pytest.raises(RefundExceedsCapture):
            ask(shop.manager(), order, amount=Decimal("1.00"))
        self.same(order)

    def test_a_key_with_another_body(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        ask(mia, order, "k", amount=Decimal("1.00"))
        with pytest.raises(RefundKeyReused):
            ask(mia, order, "k", fee=True)

    def test_a_missing_line_has_nothing_to_give(self, shop: Shop) -> None:
        goods = {shop.product(sku="A"): 1, shop.product(sku="B"): 1}
        order = left(shop, shop.order(quantities=goods), B=None)
        with pytest.raises(RefundExceedsLine) as refusal:
            ask(shop.manager(), order, "k", ItemPart(id=item(order, "B").pk, quantity=Decimal(1)))
        assert refusal.value.details["refundable_quantity"] == 0
        self.same(order)


class TestBeside:
    def test_units_return_to_the_shelf(self, shop: Shop) -> None:
        milk = shop.product(sku="MILK")
        order = left(shop, shop.order(quantities={milk: 3}))
        before = shop.stock(milk)[0]
        part = ItemPart(id=item(order, "MILK").pk, quantity=Decimal(2), restock=True)
        ask(shop.manager(), order, "k", part)
        assert shop.stock(milk)[0] == before + 2
        weighed = shop.weighed(sku="W")
        other = left(shop, shop.order(quantities={weighed: 1}))
        before = shop.stock(weighed)[0]
        part = ItemPart(id=item(other, "W").pk, quantity=Decimal(1), restock=True)
        with pytest.raises(InvalidInput):
            ask(shop.manager(), other, "k", part)
        assert shop.stock(weighed)[0] == before

    def test_a_refused_refund_gives_its_share_back(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        with the_provider_says_no(shop):
            call = ask(mia, order, "1", fee=True)
            settle(order)
        assert selectors.refund_summary(call_id=call)["status"] == "REFUSED"
        assert selectors.refund_summary(call_id=call)["credit_note"] is None
        order.refresh_from_db()
        assert order.refunded_fee == 0
        assert given(order, ask(mia, order, "2", fee=True))[0] == Decimal("30.00")

    def test_cancelling_gives_everything_back_with_one_note(self, shop: Shop) -> None:
        order, mia = left(shop, shop.order()), shop.manager()
        given(order, ask(mia, order, "1", fee=Decimal("5.00")))
        move(mia, order, "DELAYED")
        move(mia, order, "CANCELED")
        assert settle(order)["status"] == "REFUNDED"
        papers = documents_of(order_id=order.pk)
        assert [one.total for one in papers] == [
            Decimal("55.00"), Decimal("5.00"), Decimal("60.00"),
        ]  # fmt: skip
        credited = sum((part.vat for one in papers[:2] for part in one.vat), Decimal("0.00"))
        assert credited == vat_of_invoice(order)

    def test_the_database_refuses_more_than_was_charged(self, shop: Shop) -> None:
        order = left(shop, shop.order())
        for change in (
            lambda: order.items.update(refunded_amount=Decimal("30.01")),
            lambda: order.items.update(refunded_quantity=4),
            lambda: Order.objects.filter(pk=order.pk).update(refunded_fee=Decimal("30.01")),
            lambda: Order.objects.filter(pk=order.pk).update(charged_fee=Decimal("29.00")),
        ):
            with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
                change()
        settle(order)
        given(order, ask(shop.manager(), order, amount=Decimal("1.00")))
        with pytest.raises(DatabaseError), transaction.atomic():
            RefundLine.objects.update(amount=Decimal("0.50"))
        with pytest.raises(DatabaseError), transaction.atomic():
            RefundLine.objects.all().delete()
