"""What happens with the money of an order, in one sentence for its customer."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.templatetags.shop import money_text
from core.bidi import left_to_right
from orders.models import FulfillmentType, Order, OrderStatus
from payments.choices import TAKEN, PaymentState

S = OrderStatus


def money_sentence(*, order: Order, due: Decimal) -> str:
    """One or two sentences; "" where the heading itself speaks of money (unpaid, or held later).

    `due` is what will be charged as the order stands (₪). No query.
    """
    payment = order.payment
    if payment.state in TAKEN:
        return _taken(order)
    if order.status == S.CANCELED:
        if payment.authorized:
            return _("Nothing was charged. The hold was released; the bank shows it within 3 days.")
        return _("Nothing was charged, and the goods are back on the shelf.")
    if payment.state == PaymentState.NONE:
        return _("There is nothing to pay.")
    if payment.state != PaymentState.AUTHORIZED:
        return ""
    if order.left_at is not None:
        return _("We charge %(sum)s in a moment.") % {"sum": _sum(due)}
    return _held(order, due)


def _held(order: Order, due: Decimal) -> str:
    if order.status == S.CREATED and order.payment.authorized > due:
        text = _("We hold %(held)s and charge only what we pack, after packing: at most %(sum)s.")
    elif order.status == S.CREATED:
        text = _("We hold %(sum)s and charge only what we pack, after packing.")
    elif order.picked_at is None:
        text = _("You are charged for what is packed, at most %(sum)s.")
    elif order.fulfillment_type == FulfillmentType.PICKUP:
        text = _("%(sum)s will be charged when you collect it.")
    else:
        text = _("%(sum)s will be charged when it leaves.")
    return text % {"sum": _sum(due), "held": _sum(order.payment.authorized)}


def _taken(order: Order) -> str:
    payment = order.payment
    said = [_("%(sum)s was charged.") % {"sum": _sum(payment.captured)}]
    less = order.total_amount - payment.captured
    if less > 0:
        said = [
            _("%(sum)s was charged, %(less)s less than agreed.")
            % {"sum": _sum(payment.captured), "less": _sum(less)}
        ]
    if payment.refunded:
        said.append(_("Given back since: %(sum)s.") % {"sum": _sum(payment.refunded)})
    elif order.status == S.CANCELED:
        said.append(_("All of it is on its way back to you."))
    return " ".join(said)


def _sum(amount: Decimal) -> str:
    return left_to_right(money_text(amount))
