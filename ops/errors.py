"""What the staff screens refuse by themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class WrongBarcode(DomainError):
    """The scanned pack is not what the line asks for."""

    code = "WRONG_BARCODE"
    status = 422
    message = _("No product of ours has this barcode.")
    title = _("Wrong item")


class WeightOutOfRange(DomainError):
    """The weight typed cannot be that of what was asked for."""

    code = "WEIGHT_OUT_OF_RANGE"
    status = 422
    message = _("That weight cannot be right. Please weigh it again.")


class WrongPickupCode(DomainError):
    """The code the customer said is not the order's."""

    code = "WRONG_PICKUP_CODE"
    status = 422
    message = _("That is not the code of this order. Nothing was handed over.")
