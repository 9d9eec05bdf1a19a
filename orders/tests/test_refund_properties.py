"""Any sequence of refunds closes exactly, and the credit notes sum to the invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.selectors import documents_of
from core import clock
from core.errors import DomainError
from orders import services
from orders.models import Order
from orders.refund_models import RefundLine
from orders.services import ItemPart, RefundRequest
from orders.tests.test_refunding import item, left
from orders.tests.test_transitions import settle
from tests.shop import Shop

AGOROT = st.integers(1, 4000).map(lambda n: Decimal(n) / 100)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("amount"), AGOROT),
        st.tuples(st.just("fee"), AGOROT),
        st.tuples(st.just("line"), AGOROT),
        st.tuples(st.just("kilos"), st.integers(1, 750).map(lambda n: Decimal(n) / 1000)),
        st.tuples(st.just("units"), st.integers(1, 3).map(Decimal)),
    ),
    max_size=6,
)


def request(order: Order, kind: str, value: Decimal) -> RefundRequest:
    units, kilos = item(order, "U").pk, item(order, "W").pk
    named: dict[str, dict[str, Any]] = {
        "amount": {"amount": value},
        "fee": {"fee": value},
        "line": {"items": [ItemPart(id=units, amount=value)]},
        "kilos": {"items": [ItemPart(id=kilos, quantity=value)]},
        "units": {"items": [ItemPart(id=units, quantity=value)]},
    }
    return RefundRequest(reason_code="QUALITY", **named[kind])


def vat(papers: list[Any]) -> Decimal:
    return sum((part.vat for paper in papers for part in paper.vat), Decimal("0.00"))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_whatever_is_given_back_in_whatever_order(shop: Shop, steps: list[Any]) -> None:
    goods = {
        shop.product(sku="U", price=Decimal("9.99")): 3,
        shop.weighed(sku="W", price=Decimal("12.90"), quantity_step=Decimal("0.25"),
                     vat_class_id="ZERO"): Decimal("0.75"),
    }  # fmt: skip
    order, mia = left(shop, shop.order(quantities=goods)), shop.manager()
    for number, (kind, value) in enumerate(steps):
        wanted = request(order, kind, value)
        try:
            services.refund(
                actor=mia, order_id=order.pk, request=wanted, key=f"k{number}", now=clock.now()
            )
        except DomainError:
            continue  # more than is left; nothing was changed
        holds(order)
    order.refresh_from_db()
    rest = order.captured_total - settle(order)["refunded"]  # type: ignore[operator]
    if rest:
        services.refund(
            actor=mia, order_id=order.pk, key="rest", now=clock.now(),
            request=RefundRequest(amount=rest, reason_code="GOODWILL"),
        )  # fmt: skip
    holds(order)
    papers = documents_of(order_id=order.pk)
    assert vat(papers[:-1]) == vat(papers[-1:])
    assert sum(paper.total for paper in papers[:-1]) == papers[-1].total
    for sku in ("U", "W"):
        product = item(order, sku).product
        product.sku = f"{sku}-{order.pk}"
        product.save()


def holds(order: Order) -> None:
    """Lines, payment and papers agree at every step."""
    paid = settle(order)
    lines = sum((line.amount for line in RefundLine.objects.filter(order=order)), Decimal("0.00"))
    assert lines == paid["refunded"]
    assert lines <= order.captured_total
    papers = documents_of(order_id=order.pk)
    assert sum((paper.total for paper in papers[:-1]), Decimal("0.00")) == lines
    assert vat(papers[:-1]) <= vat(papers[-1:])
