"""What a shopper should know about a line: sold out, short, dearer or cheaper than before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.choices import SoldBy
from catalog.models import Product


@dataclass(frozen=True, kw_only=True)
class Notice:
    """`kind` is "bad" (not in the sum), "warn" or "good"; `text` is in the reader's language."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


def line_notice(
    *,
    is_sold: bool,
    product: Product,
    quantity: Decimal,
    available: Decimal,
    price_when_added: Decimal,
    nearest: Decimal | None = None,
    is_chametz_now: bool = False,
) -> Notice | None:
    """The most important thing to say about a line, or None."""
    if not is_sold:
        return Notice(kind="bad", text=_("We no longer sell it. It is not in the total."))
    if is_chametz_now:
        text = _("Chametz: on Passover we do not sell it. It can come after Passover.")
        return Notice(kind="warn", text=text)
    if available < product.quantity_step:
        return Notice(kind="bad", text=_("Sold out for delivery. It is not in the total."))
    if nearest is not None:
        text = _("It is sold in other amounts now. The nearest is %(amount)s.")
        return Notice(kind="warn", text=text % {"amount": f"{nearest.normalize():f}"})
    if available < quantity:
        return Notice(kind="warn", text=only_left(product=product, available=available))
    prices = {"before": f"₪{price_when_added}", "now": f"₪{product.price}"}
    if product.price > price_when_added:
        text = _("Price went up since you added it: from %(before)s to %(now)s.")
        return Notice(kind="warn", text=text % prices)
    if product.price < price_when_added:
        text = _("Price went down since you added it: from %(before)s to %(now)s.")
        return Notice(kind="good", text=text % prices)
    return None


def lost_window() -> str:
    """That the kept delivery window is kept no more."""
    return _("The delivery time we kept for you takes no more orders. Please choose another.")


def only_left(*, product: Product, available: Decimal) -> str:
    """“Only 2 left”, in units or kg."""
    amount = f"{available.normalize():f}"
    if product.sold_by == SoldBy.WEIGHT:
        return _("Only %(amount)s kg left.") % {"amount": amount}
    return ngettext("Only %(amount)s left.", "Only %(amount)s left.", int(available)) % {
        "amount": amount
    }


def named(names: list[str], *, most: int = 3) -> str:
    """“Milk, Bread, Eggs and 4 more”."""
    said = ", ".join(names[:most])
    more = len(names) - most
    if more <= 0:
        return said
    text = ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more)
    return text % {"names": said, "n": more}


def put_in_steps(*, product: Product, put: Decimal) -> str:
    """That the amount asked for is not sold, and which lower one was put."""
    step, amount = (f"{n.normalize():f}" for n in (product.quantity_step, put))
    text = _("Sold in steps of %(step)s, we put %(amount)s")
    if product.sold_by == SoldBy.WEIGHT:
        text = _("Sold in steps of %(step)s kg, we put %(amount)s kg")
    return text % {"step": step, "amount": amount}


def put_instead(*, product: Product, put: Decimal) -> str:
    """“Only 2 left, we put 2”: the amount that could be put instead of the one asked for."""
    amount = f"{put.normalize():f}"
    if product.sold_by == SoldBy.WEIGHT:
        return _("Only %(amount)s kg left, we put %(amount)s kg") % {"amount": amount}
    return ngettext(
        "Only %(amount)s left, we put %(amount)s",
        "Only %(amount)s left, we put %(amount)s",
        int(put),
    ) % {"amount": amount}
