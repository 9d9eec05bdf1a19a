"""A snapshot put into words of one language, ready to be drawn.

A snapshot is JSON: `paper`, `number`, `issued_at`, `seller`, `buyer`, `order`, `rows`, `vat`,
`total`, `payment`, and of a credit note `corrects`, `reason_code`, `reason`; amounts and quantities
are decimal strings, instants ISO 8601. Only what stands in it can stand on the paper.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from billing.drawing import ltr, own
from core.clock import SHOP_TZ

INVOICE, CREDIT = "TAX_INVOICE_RECEIPT", "CREDIT_NOTE"
CONFIRMATION, CANCELED = "CONFIRMATION", "CANCELED"

Snapshot = Mapping[str, Any]


def words_of(snapshot: Snapshot) -> dict[str, Any]:
    """Everything that stands on the page, in the active language."""
    language = "en" if get_language() == "en" else "he"
    at = _instant(snapshot["issued_at"])
    return {
        "lang": language,
        "rtl": language == "he",
        "logo": _("Mami"),
        "title": _title(snapshot["paper"]),
        "number": snapshot["number"],
        "date": [at.year, at.month, at.day],
        "seller": snapshot["seller"][f"name_{language}"],
        "meta": _meta(snapshot, language),
        "head": [_("Product"), _("Quantity"), _("Price"), _("VAT"), _("Total")],
        "rows": [_row(row, language) for row in snapshot["rows"]],
        "vat_head": [_("VAT rate"), _("Net"), _("VAT"), _("Gross")],
        "vat": [_vat(row) for row in snapshot["vat"]],
        "pay": _pay(snapshot),
        "note": _note(snapshot),
        "legal": _("Computer-generated document. Prices in new shekels. Questions: %(phone)s")
        % {"phone": ltr(snapshot["seller"]["phone"])},
        "page": _("page"),
    }


def _title(paper: str) -> str:
    return {
        CONFIRMATION: _("Order confirmation"),
        INVOICE: _("Tax invoice / receipt"),
        CREDIT: _("Credit invoice"),
        CANCELED: _("Cancelled order"),
    }[paper]


def _note(snapshot: Snapshot) -> str:
    if snapshot["paper"] == CREDIT:
        invoice = snapshot["corrects"]
        return _("Credits tax invoice %(number)s of %(date)s. Reason: %(reason)s") % {
            "number": ltr(invoice["number"]),
            "date": _day(_instant(invoice["issued_at"])),
            "reason": _reason(snapshot),
        }
    return {
        CONFIRMATION: _(
            "This is not a tax invoice. The invoice is made when the money is charged."
        ),
        CANCELED: _("This is not a tax invoice. The order was cancelled."),
    }.get(snapshot["paper"], "")


def _reason(snapshot: Snapshot) -> str:
    known = {
        "DAMAGED": _("damaged"),
        "NOT_DELIVERED": _("not delivered"),
        "WRONG_ITEM": _("wrong item"),
        "EXPIRED": _("past its date"),
        "QUALITY": _("not good enough"),
        "LATE": _("late"),
        "PRICE": _("wrong price"),
        "RETURN": _("handed back"),
        "GOODWILL": _("goodwill"),
        "CANCELED": _("the order was cancelled"),
        "DISPUTE": _("the card's bank took the money back"),
    }
    text = own(snapshot["reason"]) if snapshot["reason"] else ""
    code = known.get(snapshot["reason_code"], "")
    return " · ".join(part for part in (code, text) if part)


def _meta(snapshot: Snapshot, language: str) -> list[dict[str, Any]]:
    seller, buyer = snapshot["seller"], snapshot["buyer"]
    company = _("Company no. %(number)s") % {"number": ltr(seller["number"])}
    names = [buyer.get("business_name"), buyer["name"], buyer["address"]]
    to = [own(text) for text in names if text]
    if buyer.get("vat_id"):
        to.insert(1, _("VAT no. %(number)s") % {"number": ltr(buyer["vat_id"])})
    return [
        {
            "title": pgettext("invoice", "From"),
            "lines": [seller[f"name_{language}"], company, seller[f"address_{language}"]],
        },
        {"title": pgettext("invoice", "To"), "lines": to},
        {"title": _("Order and delivery"), "lines": _dates(snapshot)},
    ]


def _dates(snapshot: Snapshot) -> list[str]:
    order = snapshot["order"]
    placed = _day(_instant(order["placed_at"]))
    found = [ltr(order["number"]), _("Ordered on %(date)s") % {"date": placed}]
    if order["supplied_on"]:
        day = _written(dt.date.fromisoformat(order["supplied_on"]))
        found.append(_("Handed over on %(date)s") % {"date": ltr(day)})
    elif order["pickup_branch"]:
        found.append(_("Pick up at %(branch)s") % {"branch": own(order["pickup_branch"])})
    if snapshot["paper"] in (INVOICE, CREDIT):
        moment = _moment(_instant(snapshot["issued_at"]))
        found.append(_("Issued on %(moment)s") % {"moment": moment})
    if snapshot.get("allocation_number"):
        number = ltr(snapshot["allocation_number"])
        found.append(_("Allocation no. %(number)s") % {"number": number})
    return found


def _row(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    cells = [
        _quantity(row),
        _price(row),
        _rate(row["vat_rate"]),
        _sum(row["amount"]),
    ]
    kind = {"OFFER": "minus", "LIMIT": "minus", "MISSING": "gone"}.get(row["kind"], "")
    return {"name": _name(row, language), "note": _remark(row), "kind": kind, "cells": cells}


def _name(row: Mapping[str, Any], language: str) -> str:
    kind, name = row["kind"], own(row[f"name_{language}"] or "")
    own_names = {
        "FEE": _("Delivery"),
        "BAG": _("Carrier bags"),
        "DEPOSIT": _("Deposit: %(name)s") % {"name": name},
        "OFFER": _("Offer: %(name)s") % {"name": name},
        "SAME_PRICE": _("At the price of what was ordered: %(name)s") % {"name": name},
        "LIMIT": _limit(row[f"name_{language}"], name),
    }
    return own_names.get(kind, name)


def _remark(row: Mapping[str, Any]) -> str:
    if row["kind"] not in ("GOODS", "SUBSTITUTE", "MISSING"):
        return ""
    words = [ltr(row["sku"])]
    if row["kind"] == "MISSING":
        words.append(_("ran out, not charged"))
    elif row["kind"] == "SUBSTITUTE":
        words.append(_("instead of another product"))
    elif row["sold_by"] == "WEIGHT":
        words.append(_("by weight"))
    return " · ".join(words)


def _price(row: Mapping[str, Any]) -> str:
    """Of a unit, or of a kg with its unit said."""
    if row["unit_price"] is None:
        return ""
    text = _sum(row["unit_price"])
    return _("%(price)s / kg") % {"price": text} if row["sold_by"] == "WEIGHT" else text


def _quantity(row: Mapping[str, Any]) -> str:
    if row["quantity"] is None:
        return ""
    text = ltr(f"{Decimal(row['quantity']).normalize():f}")
    return _("%(amount)s kg") % {"amount": text} if row["sold_by"] == "WEIGHT" else text


def _vat(row: Mapping[str, Any]) -> list[str]:
    net, vat = Decimal(row["net"]), Decimal(row["vat"])
    return [_rate(row["rate"]), _sum(net), _sum(vat), _sum(net + vat)]


def _pay(snapshot: Snapshot) -> list[dict[str, Any]]:
    payment, paper = snapshot["payment"], snapshot["paper"]
    total = Decimal(snapshot["total"])
    card = _("%(brand)s ending %(digits)s") % {
        "brand": own(str(payment["brand"]).title()),
        "digits": ltr(payment["last4"]),
    }
    if paper == CREDIT:
        rows = [_grand(_("Credited"), total)]
        return [*rows, _line(card, total)] if snapshot["reason_code"] != "DISPUTE" else rows
    if paper == INVOICE:
        rows = [_grand(_("Total paid"), total), _line(card, total)]
    elif paper == CANCELED:
        rows = [_grand(_("Will be charged"), Decimal(0))]
    else:
        words = _("Will be charged") if snapshot["is_final"] else _("At most")
        rows = [_grand(words, total)]
    held = Decimal(payment["authorized"])
    if not held:
        return rows
    if paper == CONFIRMATION:
        rows.append(_line(card, total))
    label = _("Held and released") if paper == CANCELED else _("Held at order")
    return [*rows, _line(label, held)]


def _grand(label: str, amount: Decimal) -> dict[str, Any]:
    return {"grand": True, "cells": [label, ltr(f"₪{amount:,.2f}")]}


def _line(label: str, amount: Decimal) -> dict[str, Any]:
    return {"grand": False, "cells": [label, _sum(amount)]}


def _sum(amount: Decimal | str) -> str:
    value = Decimal(amount)
    return ltr(f"{'−' if value < 0 else ''}{abs(value):,.2f}")


def _rate(rate: str) -> str:
    return ltr(f"{Decimal(rate).normalize():f}%")


def _instant(text: str) -> dt.datetime:
    return timezone.localtime(dt.datetime.fromisoformat(text), SHOP_TZ)


def _day(instant: dt.datetime) -> str:
    return ltr(_written(instant.date()))


def _moment(instant: dt.datetime) -> str:
    return ltr(_written(instant.date()) + date_format(instant, ", H:i"))


def _written(date: dt.date) -> str:
    return date_format(date, "j M Y" if get_language() == "en" else "d.m.Y")


def _limit(given: str, name: str) -> str:
    if not given:
        return _("Above the agreed sum, not charged")
    return _("Above the agreed sum, not charged: %(name)s") % {"name": name}
