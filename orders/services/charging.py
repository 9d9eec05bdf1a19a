"""Writing down what the capture took of each line, and issuing the tax invoice for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from accounts.models import User
from audit.services import Action, record
from billing import services as billing
from billing.papers import VatPart
from billing.selectors import invoice_of
from core.clock import shop_date
from core.transactions import require_transaction
from notifications.services import queue
from orders import invoice_lines, pricing, selectors
from orders.apportionment import Shares, share_out
from orders.document_content import snapshot
from orders.models import Order, OrderItem
from orders.refund_models import OrderCharge
from orders.services.supply import take_rates
from payments.choices import TAKEN
from payments.selectors import payment_summary


def book_capture(
    *, actor: User | None, order: Order, items: Sequence[OrderItem], now: dt.datetime
) -> bool:
    """Share the captured sum out over a locked order and its locked lines, and issue the invoice.

    In the caller's transaction; False when it was done before, or nothing was captured. Every line,
    the fee and the charges take the VAT rate of this day, the day of supply.
    """
    require_transaction()
    if order.captured_at is not None:
        return False
    payment = payment_summary(payment_id=order.payment_id)
    captured: Decimal = payment["captured"]
    if payment["status"] not in TAKEN or not captured:
        return False
    charges = selectors.charges_of(order=order)
    take_rates(order=order, items=items, charges=charges, date=shop_date(now))
    due = selectors.shares_of(order=order, items=items, charges=charges, as_agreed=True)
    shares = _fitted(due, captured)
    counted = selectors.counted(order=order, items=items, charges=charges)
    for item in items:
        item.charged = shares.lines[item.pk]
        item.save(update_fields=["charged", "vat_rate"])
    for charge in charges:
        charge.charged, charge.charged_quantity = shares.extras[charge.pk], counted[charge.pk]
        charge.save(update_fields=["charged", "charged_quantity", "vat_rate"])
    order.charged_goods, order.charged_fee = shares.goods, shares.fee
    order.charged_extras, order.captured_total = shares.beside, captured
    order.captured_at = now
    order.save(
        update_fields=[
            "charged_goods", "charged_fee", "charged_extras", "captured_total", "captured_at",
            "fee_vat_rate", "vat_total", "updated_at",
        ]
    )  # fmt: skip
    if invoice_of(order_id=order.pk) is None:
        _issue(actor, order, items, charges, shares, now)
    return True


def _issue(
    actor: User | None,
    order: Order,
    items: Sequence[OrderItem],
    charges: Sequence[OrderCharge],
    shares: Shares,
    now: dt.datetime,
) -> None:
    rows = invoice_lines.final_rows(order=order, items=items, charges=charges, shares=shares)
    paper = billing.issue(
        type="TAX_INVOICE_RECEIPT",
        order_id=order.pk,
        content=snapshot(order=order, rows=rows, supplied_on=shop_date(now)),
        total=order.captured_total,
        vat=parts(invoice_lines.vat_of(rows)),
        now=now,
    )
    tell_of_paper(
        actor=actor,
        order=order,
        paper_id=paper.id,
        told={"invoice": paper.number, "captured": order.captured_total},
    )


def tell_of_paper(
    *, actor: User | None, order: Order, paper_id: int, told: Mapping[str, object]
) -> None:
    """Note down that a paper was issued, and owe its letter to the customer."""
    record(
        actor=actor, entity_type="order", entity_id=order.pk, action=Action.UPDATE, new=dict(told)
    )
    queue(
        user_id=order.user_id,
        kind="order_document",
        context={"document_id": paper_id, "order_id": order.pk},
        dedupe_key=f"order_document:{paper_id}",
    )


def parts(rows: Sequence[pricing.VatRow]) -> list[VatPart]:
    """VAT rows as papers keep them."""
    return [VatPart(rate=row.rate, net=row.net, vat=row.vat) for row in rows]


def _fitted(shares: Shares, captured: Decimal) -> Shares:
    """The shares as they were asked for; where another sum was taken (on the provider's own
    screens), all of them in proportion."""
    if shares.total == captured:
        return shares
    keys: dict[tuple[str, int], Decimal] = {("line", k): v for k, v in shares.lines.items()}
    keys |= {("extra", key): value for key, value in shares.extras.items()}
    keys[("fee", 0)] = shares.fee
    below = captured < shares.total
    taken = share_out(amount=min(captured, shares.total), over=keys)
    if not below:  # more than there is to pay for stands on the fee, and is somebody's open case
        taken[("fee", 0)] += captured - shares.total
    return Shares(
        lines={key: taken[("line", key)] for key in shares.lines},
        fee=taken[("fee", 0)],
        extras={key: taken[("extra", key)] for key in shares.extras},
    )
