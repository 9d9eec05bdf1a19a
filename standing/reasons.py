"""Why a date was not ordered, in words for its customer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def reason_words(reason: str) -> str:
    """Of a code; what has no words of its own is a plain failure."""
    words: dict[str, Any] = {
        "PAYMENT_DECLINED": _("the bank declined the card"),
        "PAYMENT_ACTION_REQUIRED": _("the bank wants you to confirm the payment yourself"),
        "PAYMENT_UNAVAILABLE": _("the card company did not answer"),
        "SLOT_FULL": _("the window is full"),
        "SLOT_CLOSED": _("the window takes no more orders"),
        "INVALID_SLOT": _("there is no such window any more"),
        "CHAMETZ_IN_PASSOVER": _("it has chametz, and the window lies in Passover"),
        "AREA_NOT_SERVED": _("we do not deliver to its address any more"),
        "SAME_DAY_NOT_SERVED": _("its address is not served on the day of the order"),
        "BELOW_MINIMUM": _("the goods are worth less than the smallest order we deliver there"),
        "CLOSED": _("we are closed that day"),
        "PAUSED": _("the standing order pauses"),
        "OUT_OF_STOCK": _("nothing of it is in stock"),
        "PRICE_NOT_ACCEPTED": _("nobody accepted the new prices in time"),
        "NO_CARD": _("there is no card to pay with, so the standing order pauses"),
        "NO_ADDRESS": _("there is no address to come to, so the standing order pauses"),
        "FAILING": _("it failed three times in a row, so the standing order pauses"),
    }
    return str(words.get(reason) or _("something went wrong at our side"))
