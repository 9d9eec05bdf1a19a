"""An order that nobody placed, for whoever wants to see how a message reads.

Plain objects with the names that the texts ask for; nothing of it is a row.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from notifications.account_words import WORDS
from notifications.events import BY_STATUS

MOMENT = dt.datetime(2026, 12, 9, 14, 0, tzinfo=dt.UTC)
HOURS = dt.timedelta(hours=6)
NUMBER = "MS-ABCDEFGH"
LONG_HE = "יוגורט ביו חלבון עם גרנולה ופירות יער אדומים ללא תוספת סוכר, מארז משפחתי ענק במיוחד"
LONG_EN = (
    "Protein bio yoghurt with granola and red forest fruits, no sugar added, giant family pack"
)


def _standing(item: Any) -> dict[str, Any]:
    """What messages of standing orders ask for besides."""
    line = SimpleNamespace(
        product=_Named(sold_by="WEIGHT", size_unit="KG"), quantity=item.quantity,
        line_total=item.line_total, notice="LESS_AVAILABLE",
    )  # fmt: skip
    choice = SimpleNamespace(date=MOMENT.date(), start_time=dt.time(16), end_time=dt.time(18))
    return {
        "row": SimpleNamespace(window_date=MOMENT.date(), place_at=MOMENT),
        "slot": choice,
        "basket": SimpleNamespace(lines=[line, line], told=[line], total=Decimal("1254.50")),
        "percent": Decimal("11.20"),
        "why": "…",
        "nearest": [choice],
    }


def _account(event: str) -> dict[str, Any]:
    words = WORDS.get(event)
    if words is None:
        return {}
    link = f"{settings.SITE_URL}/account/{'x' * 43}/" if words.button else ""
    return {"words": words, "link": link, "device": "Chrome on Android", "at": MOMENT}


class _Named(SimpleNamespace):
    """A thing with a name in both languages."""

    @property
    def name(self) -> str:
        return LONG_EN if get_language() == "en" else LONG_HE


def sample_context(*, event: str) -> dict[str, Any]:
    """Everything that any event's texts ask for, with names as long as they may be."""
    status = next((status for status, name in BY_STATUS.items() if name == event), "DELIVERED")
    item = _Named(sold_by="WEIGHT", quantity=Decimal("1.500"), line_total=Decimal("1234.50"), pk=1)
    payment = SimpleNamespace(
        state="UNPAID", brand="visa", last4="4242", captured=Decimal("1234.50"),
        authorize_at=MOMENT, hold_expires_at=MOMENT, pay_until=MOMENT,
    )  # fmt: skip
    window = SimpleNamespace(
        date=MOMENT.date(),
        slot=SimpleNamespace(start_time=dt.time(16), end_time=dt.time(18)),
    )
    order = SimpleNamespace(
        order_number=NUMBER, fulfillment_type="PICKUP" if status == "READY" else "DELIVERY",
        branch=_Named(address=LONG_EN, city=LONG_EN[:12]), delivery=SimpleNamespace(line1=LONG_HE[:20], city="חיפה"), pickup=SimpleNamespace(code="123456"), status=status,
        subtotal=Decimal("1234.50"), discount_total=Decimal("10.00"), delivery_fee=Decimal("30.00"),
        due_at=MOMENT, vat_total=Decimal("180.00"), total_amount=Decimal("1254.50"),
    )  # fmt: skip
    product = _Named()
    return {
        "order": order,
        "payment": payment,
        "window": window,
        "path": f"/orders/{NUMBER}/",
        "pay_path": f"/orders/{NUMBER}/pay/",
        "status": status,
        "arrives": status == "OUT_FOR_DELIVERY",
        "comes_again": status == "DELAYED",
        "hours": [SimpleNamespace(date=MOMENT.date(), pieces=[(MOMENT, MOMENT + HOURS)])],
        "lines": [item, item],
        "changes": [
            SimpleNamespace(
                kind="SUBSTITUTE", name=item.name, substitute=item.name, why="…",
                before=Decimal("12.50"), after=Decimal("10.00"), less=Decimal("2.50"),
            )
        ],
        "due": Decimal("1244.50"),
        "question": SimpleNamespace(item=item, answer_until=MOMENT),
        "offers": [SimpleNamespace(product=product, quantity=Decimal(2), line_total=Decimal("12.50"))],
        "refund_lines": [SimpleNamespace(kind="ITEM", item=item, amount=Decimal("12.50"))],
        "refunded": Decimal("12.50"),
        "report": SimpleNamespace(pk=1, note="…"),
        "rows": [
            SimpleNamespace(
                item=item, get_kind_display="…", get_status_display="…", given=Decimal("12.50")
            )
        ],
        "given": Decimal("12.50"),
        "by_us": True,
        "reason_label": "…",
        "edits": [SimpleNamespace(name=item.name, words="…")],
        "moved": True,
        "total_before": Decimal("1300.00"),
        "reason": "",
        "change_until": MOMENT,
        "card": "Visa 4242",
        "number": "2026-000123",
        "is_credit": False,
        "document_path": f"/orders/{NUMBER}/documents/1/?lang=he",
        "other_path": f"/orders/{NUMBER}/documents/1/?lang=en",
        "attachments": [],
        "awaited": None,
        "recalled": item, "recall_he": "חשד לשברי זכוכית", "recall_en": "Pieces of glass are possible",
        "news": SimpleNamespace(
            title_he=LONG_HE[:60], title_en=LONG_EN[:60], text_he=LONG_HE, text_en=LONG_EN
        ),
        "seller": settings.SELLER,
        "list_name": "קניות של הבית", "owner": "נעמי",
        "place": window,
        "offer_until": MOMENT,
        **_standing(item),
        "person": SimpleNamespace(full_name="נעמי־אלישבע Ben-Yehuda Rosenzweig", language="he"),
        "site": settings.SITE_URL,
        **_account(event),
    }  # fmt: skip
