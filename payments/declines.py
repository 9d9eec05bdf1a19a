"""Why money could not be held, in words for whoever has to pay."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import Message

WORDS: dict[str, Message] = {
    "expired_card": _("the card has expired"),
    "insufficient_funds": _("there is not enough money on the card"),
    "authentication_required": _("your bank wants you to confirm it yourself"),
    "authentication_failed": _("it was not confirmed at the bank"),
    "card_removed": _("the card was removed from your account"),
    "expired": _("the time for which the bank held the money is over"),
    "voided": _("the bank let the money go"),
    "not_confirmed": _("it was not confirmed at the bank"),
}
OTHER = _("the bank said no")


def decline_words(reason: str) -> str:
    """The provider's or our own word for a reason, as half a sentence in the reader's language."""
    return str(WORDS.get(reason, OTHER))
