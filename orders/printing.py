"""An order on paper: the bill put into words of the reader's language, drawn by typst as a PDF."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from mami.clock import SHOP_TZ
from mami.text import FORBIDDEN
from orders import selectors
from orders.bill import Bill, Kind, Paper, Row, bill_of
from orders.models import FulfillmentType, Order, OrderStatus
from payments.selectors import refunds_of

FOLDER = Path(__file__).parent / "print"
ARCHIVE = ["a-2b"]
_invisible = re.compile(f"{FORBIDDEN.pattern}|[\t\r\n\u2028\u2029\u200e\u200f\u061c]")


@dataclass(frozen=True, kw_only=True)
class Print:
    """A finished file."""

    name: str
    content: bytes

    def answer(self) -> HttpResponse:
        """To be shown by the browser, and kept by nobody in between."""
        response = HttpResponse(self.content, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{self.name}"'
        response["Cache-Control"] = "no-store"
        return response


def print_order(*, order: Order) -> Print:
    """The invoice of an order read by `selectors`, or what it has before one: see `bill.Paper`.

    The same order in the same state and language gives the same bytes. One query, about 20 ms
    of drawing; never to be called under a lock.
    """
    bill = bill_of(
        order=order,
        invoice=selectors.invoice_of(order=order),
        refunds=refunds_of(payment_id=order.payment_id),
    )
    return Print(name=f"mami-{order.order_number}.pdf", content=draw(words_of(bill)))


def draw(words: dict[str, Any]) -> bytes:
    """The page as PDF/A-2b; as plain PDF where a name has signs that no font of ours can draw."""
    try:
        return _compiled(words, ARCHIVE)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(words, [])


@cache
def _fonts() -> typst.Fonts:
    """Read once in a process, and none of the machine's own: every machine draws the same."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FOLDER / "fonts"])


def _compiled(words: dict[str, Any], standards: list[Any]) -> bytes:
    compiler = typst.Compiler(FOLDER / "invoice.typ", root=FOLDER, font_paths=_fonts())
    return compiler.compile(  # type: ignore[return-value]
        format="pdf",
        sys_inputs={"data": json.dumps(words, ensure_ascii=False)},
        pdf_standards=standards,
    )


def words_of(bill: Bill) -> dict[str, Any]:
    """Everything that stands on the page, in the active language, ready to be drawn."""
    language = "en" if get_language() == "en" else "he"
    at = (bill.invoice.issued_at if bill.invoice else bill.order.created_at).astimezone(SHOP_TZ)
    return {
        "lang": language,
        "rtl": language == "he",
        "logo": _("Mami"),
        "title": _title(bill.paper),
        "number": bill.invoice.number if bill.invoice else bill.order.order_number,
        "date": [at.year, at.month, at.day],
        "seller": settings.SELLER[f"name_{language}"],
        "meta": _meta(bill, language),
        "head": [_("Product"), _("Quantity"), _("Price"), _("VAT"), _("Total")],
        "rows": [_row(row) for row in bill.rows],
        "vat_head": [_("VAT rate"), _("Net"), _("VAT"), _("Gross")],
        "vat": [
            [_rate(row.rate), _sum(row.net), _sum(row.vat), _sum(row.net + row.vat)]
            for row in bill.vat
        ],
        "pay": _pay(bill),
        "note": _note(bill.paper),
        "legal": _("Computer-generated document. Prices in new shekels. Questions: %(phone)s")
        % {"phone": ltr(settings.SELLER["phone"])},
        "page": _("page"),
    }


def _title(paper: Paper) -> str:
    return {
        Paper.CONFIRMATION: _("Order confirmation"),
        Paper.INVOICE: _("Tax invoice"),
        Paper.INVOICE_RECEIPT: _("Tax invoice / receipt"),
        Paper.RECEIPT: _("Receipt"),
        Paper.CANCELED: _("Cancelled order"),
    }[paper]


def _note(paper: Paper) -> str:
    return {
        Paper.CONFIRMATION: _(
            "This is not a tax invoice. The invoice is made when the goods are handed over."
        ),
        Paper.INVOICE: _("The charge to your card is under way."),
        Paper.CANCELED: _("This is not a tax invoice. The order was cancelled."),
    }.get(paper, "")


def _meta(bill: Bill, language: str) -> list[dict[str, Any]]:
    seller, order = settings.SELLER, bill.order
    company = _("Company no. %(number)s") % {"number": ltr(seller["number"])}
    buyer = [own(order.user.full_name)]
    if delivery := getattr(order, "delivery", None):
        street = ", ".join(part for part in (delivery.line1, delivery.line2) if part)
        buyer.append(own(f"{street}, {delivery.city}"))
    return [
        {
            "title": pgettext("invoice", "From"),
            "lines": [seller[f"name_{language}"], company, seller[f"address_{language}"]],
        },
        {"title": pgettext("invoice", "To"), "lines": buyer},
        {"title": _("Order and delivery"), "lines": _dates(bill)},
    ]


def _dates(bill: Bill) -> list[str]:
    order = bill.order
    found = [ltr(order.order_number), _("Ordered on %(date)s") % {"date": _day(order.created_at)}]
    if order.delivered_at and order.status == OrderStatus.DELIVERED:
        found.append(_("Handed over on %(date)s") % {"date": _day(order.delivered_at)})
    elif order.fulfillment_type == FulfillmentType.PICKUP:
        found.append(_("Pick up at %(branch)s") % {"branch": own(order.branch.name)})
    if bill.invoice:
        found.append(_("Issued on %(moment)s") % {"moment": _moment(bill.invoice.issued_at)})
    return found


def _row(row: Row) -> dict[str, Any]:
    cells = [
        _quantity(row),
        _sum(row.unit_price) if row.unit_price is not None else "",
        _rate(row.vat_rate),
        _sum(row.amount),
    ]
    kind = {Kind.OFFER: "minus", Kind.LIMIT: "minus", Kind.MISSING: "gone"}.get(row.kind, "")
    return {"name": _name(row), "note": _remark(row), "kind": kind, "cells": cells}


def _name(row: Row) -> str:
    if row.kind is Kind.FEE:
        return _("Delivery")
    if row.kind is Kind.LIMIT or row.item is None:
        return _("Above the agreed sum, not charged")
    name = own(row.item.name)
    if row.kind is not Kind.OFFER:
        return name
    if row.item.substitute_for_id is not None:
        return _("At the price of what was ordered: %(name)s") % {"name": name}
    return _("Offer: %(name)s") % {"name": name}


def _remark(row: Row) -> str:
    if row.item is None or row.kind is Kind.OFFER:
        return ""
    words = [ltr(row.item.sku)]
    if row.kind is Kind.MISSING:
        words.append(_("ran out, not charged"))
    elif row.kind is Kind.SUBSTITUTE:
        words.append(_("instead of another product"))
    elif row.item.sold_by == "WEIGHT":
        words.append(_("by weight"))
    return " · ".join(words)


def _quantity(row: Row) -> str:
    if row.quantity is None:
        return ""
    text = ltr(f"{row.quantity.normalize():f}")
    if row.item is not None and row.item.sold_by == "WEIGHT":
        return _("%(amount)s kg") % {"amount": text}
    return text


def _pay(bill: Bill) -> list[dict[str, Any]]:
    payment, paid = bill.payment, bill.paper in {Paper.INVOICE_RECEIPT, Paper.RECEIPT}
    card = _("%(brand)s ending %(digits)s") % {
        "brand": own(str(payment["brand"]).title()),
        "digits": ltr(str(payment["last4"])),
    }
    if paid:
        rows = [_grand(_("Total paid"), payment["captured"]), _line(card, payment["captured"])]
    elif bill.paper is Paper.CANCELED:
        rows = [_grand(_("Will be charged"), Decimal(0))]
    else:
        total = _("Will be charged") if bill.is_final else _("At most")
        rows = [_grand(total, bill.total), _line(card, bill.total)]
    held = _("Held and released") if bill.paper is Paper.CANCELED else _("Held at order")
    rows.append(_line(held, payment["authorized"]))
    for at, amount in bill.refunds:
        rows.append(_line(_("Refunded on %(date)s") % {"date": _day(at)}, -amount))
    if bill.refunds:
        left = payment["captured"] - payment["refunded"]  # type: ignore[operator]
        rows.append(_line(_("Paid after refunds"), left))
    return rows


def _grand(label: str, amount: Any) -> dict[str, Any]:
    return {"grand": True, "cells": [label, ltr(f"₪{amount:,.2f}")]}


def _line(label: str, amount: Any) -> dict[str, Any]:
    return {"grand": False, "cells": [label, _sum(amount)]}


def _sum(amount: Decimal) -> str:
    return ltr(f"{'−' if amount < 0 else ''}{abs(amount):,.2f}")


def _rate(rate: Decimal) -> str:
    return ltr(f"{rate.normalize():f}%")


def _day(instant: dt.datetime) -> str:
    return ltr(_written(instant))


def _moment(instant: dt.datetime) -> str:
    return ltr(_written(instant) + date_format(timezone.localtime(instant, SHOP_TZ), ", H:i"))


def _written(instant: dt.datetime) -> str:
    pattern = "j M Y" if get_language() == "en" else "d.m.Y"
    return date_format(timezone.localtime(instant, SHOP_TZ), pattern)


def ltr(text: str) -> str:
    """A number, code or date, kept together and left to right inside any sentence."""
    return f"\u2066{text}\u2069" if text else ""


def own(text: str) -> str:
    """What people typed, in its own direction, unable to turn what stands around it."""
    return f"\u2068{_invisible.sub(' ', text).strip()}\u2069"
