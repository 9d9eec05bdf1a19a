"""What the catalogue refuses."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput


class InvalidSort(InvalidInput):
    """A shelf cannot be sorted that way."""

    def __init__(self, **details: Any) -> None:
        super().__init__(fields={"sort": [_("This order is not known.")]})


class DuplicateSku(DomainError):
    code = "DUPLICATE_SKU"
    message = _("Another product has this sku.")


class DuplicateBarcode(DomainError):
    code = "DUPLICATE_BARCODE"
    message = _("Another product has this barcode.")


class UnknownCode(DomainError):
    """Nothing of ours has this code; `details.code`."""

    code = "UNKNOWN_CODE"
    status = 422
    message = _("Nothing of ours has this code.")


class BadCheckDigit(DomainError):
    """A code as long as a barcode, with a digit read wrongly; `details.code`."""

    code = "BAD_CHECK_DIGIT"
    status = 422
    message = _("This barcode was not read rightly. Please scan it again.")
    title = _("Not read rightly")


class DuplicateName(DomainError):
    code = "DUPLICATE_NAME"
    message = _("Another one already has this name.")


class CategoryLoop(DomainError):
    code = "CATEGORY_LOOP"
    status = 400
    message = _("A category cannot stand below itself.")
