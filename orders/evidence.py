"""What the shop has about a contested charge, as one PDF: for the bank, and the shop's own copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Consent
from billing.drawing import draw_evidence, ltr, own
from billing.papers import Paper
from billing.selectors import documents_of, stored_pdf
from core.clock import SHOP_TZ
from notifications.models import Message
from orders.models import DeliveryProof, Order
from payments.disputes import DisputeRow
from payments.selectors import summary_of

PARTS = ("PAPERS", "PROOF", "TIMELINE", "MESSAGES", "TERMS")
PAGE = b"/Type/Page/"


@dataclass(frozen=True, kw_only=True)
class _Known:
    order: Order
    dispute: DisputeRow
    papers: list[Paper]
    include: Collection[str]
    for_bank: bool


def evidence(
    *,
    order: Order,
    dispute: DisputeRow,
    text: str,
    include: Collection[str],
    language: str,
    for_bank: bool,
) -> bytes:
    """The PDF in `language`. Only the bank's copy has the street and the papers as issued.

    Neither has a card token or a provider's reference of the payment. Raises DocumentNotDrawn. Not
    to be called under a lock: it draws.
    """
    known = _Known(
        order=order,
        dispute=dispute,
        papers=documents_of(order_id=order.pk),
        include=include,
        for_bank=for_bank,
    )
    files: dict[str, bytes] = {}
    pages: list[dict[str, Any]] = []
    if for_bank and "PAPERS" in include:
        for paper in known.papers:
            pdf = stored_pdf(order_id=order.pk, document_id=paper.id, language=language)
            name = f"paper-{paper.id}.pdf"
            files[name] = pdf.content
            count = max(pdf.content.count(PAGE), 1)
            pages += [{"name": name, "page": page} for page in range(1, count + 1)]
    pictures = _picture(order, include, files)
    with translation.override(language):
        words = {
            "lang": language,
            "rtl": language == "he",
            "title": _("Order %(number)s: what we know") % {"number": ltr(order.order_number)},
            "text": own(text) if text else "",
            "sections": [one for one in _sections(known) if one["rows"]],
            "pictures": pictures,
            "papers": pages,
        }
    return draw_evidence(words, files=files)


def _picture(order: Order, include: Collection[str], files: dict[str, bytes]) -> list[str]:
    if "PROOF" not in include:
        return []
    proof = DeliveryProof.objects.filter(order=order).exclude(photo="").first()
    if proof is None:
        return []
    with proof.photo.open("rb") as photo:
        files["door.webp"] = photo.read()
    return ["door.webp"]


def _sections(known: _Known) -> list[dict[str, Any]]:
    order, dispute, include = known.order, known.dispute, known.include
    payment = summary_of(order.payment)
    found = [
        {
            "title": _("What is contested"),
            "rows": [
                [_("Amount"), ltr(f"₪{dispute.amount}")],
                [_("Reason"), str(dispute.reason_label)],
                [_("Opened"), _moment(dispute.opened_at)],
            ],
        },
        {
            "title": _("What was agreed"),
            "rows": [
                [_("Ordered"), _moment(order.created_at)],
                [_("Total"), ltr(f"₪{order.total_amount}")],
                [_("Charged"), ltr(f"₪{order.captured_total}")],
                [_("Card"), f"{own(str(payment['brand']).title())} {ltr(payment['last4'])}"],
                [_("Address"), own(_address(order, whole=known.for_bank))],
            ],
        },
    ]
    if "TERMS" in include:
        terms = Consent.objects.filter(
            user_id=order.user_id, kind="TERMS", at__lte=order.created_at
        )
        rows = [[ltr(one.version), _moment(one.at)] for one in terms[:1]]
        found.append({"title": _("Terms of sale agreed to"), "rows": rows})
    if "PAPERS" in include:
        rows = [
            [ltr(one.number), f"{_moment(one.issued_at)} · {ltr(f'₪{one.total}')} · {_vat(one)}"]
            for one in reversed(known.papers)
        ]
        found.append({"title": _("Papers"), "rows": rows})
    if "TIMELINE" in include:
        rows = [[str(one.get_status_display()), _moment(one.at)] for one in order.timeline.all()]
        found.append({"title": _("What happened"), "rows": rows})
    if "PROOF" in include:
        found.append({"title": _("At the door"), "rows": _proof(order)})
    if "MESSAGES" in include:
        found.append({"title": _("What was said"), "rows": _messages(order)})
    return found


def _proof(order: Order) -> list[list[str]]:
    proof = DeliveryProof.objects.filter(order=order).first()
    rows = []
    if order.delivered_at:
        rows.append([_("Handed over"), _moment(order.delivered_at)])
    if proof is not None and proof.note:
        rows.append([_("Note"), own(proof.note)])
    return rows


def _messages(order: Order) -> list[list[str]]:
    sent = Message.objects.filter(
        user_id=order.user_id, context__order_id=order.pk, sent_at__isnull=False
    )
    return [[ltr(one.kind), _moment(one.sent_at)] for one in sent.order_by("id") if one.sent_at]


def _address(order: Order, *, whole: bool) -> str:
    delivery = getattr(order, "delivery", None)
    if delivery is None:
        return str(order.branch.name)
    if not whole:
        return str(delivery.city)
    return ", ".join(part for part in (delivery.line1, delivery.line2, delivery.city) if part)


def _vat(paper: Paper) -> str:
    total = sum((part.vat for part in paper.vat), start=paper.total * 0)
    return _("VAT %(sum)s") % {"sum": ltr(f"₪{total:.2f}")}


def _moment(instant: dt.datetime) -> str:
    return ltr(date_format(timezone.localtime(instant, SHOP_TZ), "Y-m-d H:i"))
