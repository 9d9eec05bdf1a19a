"""What did not come into the basket when several things were put in at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _


@dataclass(frozen=True, kw_only=True)
class NotAdded:
    """Of `requested` units or kg only `added` came into the basket.

    `reason`: INACTIVE (unknown or no longer sold), SOLD_OUT (everywhere), STEP (it is sold in other
    amounts), LIMIT (999).
    """

    product_id: int
    requested: Decimal
    added: Decimal
    reason: str

    @property
    def why(self) -> str:
        """The reason, for people."""
        return {
            "INACTIVE": _("no longer sold"),
            "SOLD_OUT": _("sold out"),
            "STEP": _("sold in other amounts now"),
            "LIMIT": _("more than 999"),
        }[self.reason]
