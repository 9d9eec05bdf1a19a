"""What the basket refuses."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput


class EmptyCart(DomainError):
    code = "EMPTY_CART"
    message = _("The basket is empty.")


class ProductInactive(DomainError):
    """No longer sold; `details.product_ids` names the products."""

    code = "PRODUCT_INACTIVE"
    message = _("We no longer sell this product.")


class QuantityNotAllowed(DomainError):
    """Amounts that are not sold (any more); `details.items` names each with the `nearest` that is."""

    code = "QUANTITY_NOT_ALLOWED"
    message = _("Something in the basket is sold in other amounts now. Please choose one of them.")


class NothingToUndo(DomainError):
    """No basket joined this one in the last 24 hours, or it was taken out again, or ordered."""

    code = "NOTHING_TO_UNDO"
    message = _("There is nothing to undo here any more.")


class CartClosed(Exception):
    """The basket is no longer being filled. Its checkout knows why; nobody is shown this."""


class OutOfStockAnywhere(DomainError):
    """Not one of our branches has it."""

    code = "OUT_OF_STOCK_ANYWHERE"
    message = _("This product is sold out at all our branches.")


class InvalidQuantity(InvalidInput):
    """Below one step, above 999, or not a multiple of the product's step."""

    def __init__(self, *, step: Decimal) -> None:
        text = _("Choose an amount from %(step)s to 999, in steps of %(step)s.")
        said = text % {"step": f"{step.normalize():f}"}
        super().__init__(said, fields={"quantity": [said]})
