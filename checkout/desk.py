"""All that the checkout page shows: where to, when, how to pay, what is short, what it costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings

from accounts import selectors as people
from accounts.models import Address, User
from branches import selectors as branches
from branches.models import Branch
from cart.fees import delivery_fee, usual_fee
from cart.selectors import CartLine, CartView
from cart.windows import Window, windows
from checkout.forms import CheckoutForm
from inventory.selectors import availability
from mami.clock import shop_date
from mami.errors import DomainError, ServiceUnavailable
from mami.money import ZERO
from payments.forms import SANDBOX_CARDS
from payments.services import has_card_page, tokens_of

DAYS = 7


@dataclass(frozen=True, kw_only=True)
class ShortLine:
    """A basket line the branch cannot fill; `possible` is what it can, in whole steps."""

    line: CartLine
    possible: Decimal


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The page's data. Amounts in ₪ with VAT; `refusal` is what the last try was refused with."""

    form: CheckoutForm
    basket: CartView
    addresses: list[Address]
    branches: list[Branch]
    cards: list[object]
    windows: list[Window]
    today: dt.date
    short: list[ShortLine]
    refusal: DomainError | None = None
    shown_day: dt.date | None = None

    @property
    def is_pickup(self) -> bool:
        return self.where == "pickup"

    @cached_property
    def where(self) -> str:
        """The chosen place; the default address, else a new one, where nothing is chosen."""
        chosen = self.form["where"].value()
        if chosen:
            return str(chosen)
        return f"address:{self.addresses[0].pk}" if self.addresses else "new"

    @cached_property
    def chosen(self) -> Window | None:
        """The chosen window, or the one this basket keeps."""
        value = self.form["slot"].value()
        if value is None and not self.is_pickup:
            return next((w for w in self.windows if w.is_held), None)
        return next((w for w in self.windows if w.value == value), None)

    @cached_property
    def day(self) -> dt.date:
        """The day whose windows are shown."""
        if self.shown_day is not None:
            return self.shown_day
        if self.chosen is not None:
            return self.chosen.choice.date
        first = next((w for w in self.windows if w.is_open), None)
        return first.choice.date if first else self.today

    @property
    def days(self) -> list[dt.date]:
        return sorted({window.choice.date for window in self.windows})

    @property
    def day_windows(self) -> list[Window]:
        return [window for window in self.windows if window.choice.date == self.day]

    @cached_property
    def card(self) -> str:
        chosen = self.form["card"].value()
        if chosen:
            return str(chosen)
        if self.cards:
            return f"saved:{self.cards[0].pk}"  # type: ignore[attr-defined]
        return "token:tok_visa" if self.test_cards else ""

    @property
    def test_cards(self) -> list[tuple[str, object]]:
        return list(SANDBOX_CARDS) if settings.PAYMENT_PROVIDER == "sandbox" else []

    @property
    def has_card_page(self) -> bool:
        """Whether a card is added on the provider's own page."""
        return has_card_page()

    @property
    def goods(self) -> Decimal:
        """What the chosen branch can give of the basket."""
        nothing = {short.line.id for short in self.short if not short.possible}
        lines = self.basket.items
        return sum((line.line_total for line in lines if line.id not in nothing), ZERO)

    @property
    def fee(self) -> Decimal:
        if self.is_pickup:
            return ZERO
        base = self.chosen.choice.fee if self.chosen else usual_fee()
        return delivery_fee(goods=self.goods, base_fee=base)

    @property
    def total(self) -> Decimal:
        return self.goods + self.fee


def desk(
    *,
    actor: User,
    basket: CartView,
    form: CheckoutForm,
    now: dt.datetime,
    refusal: DomainError | None = None,
    shown_day: dt.date | None = None,
) -> Desk:
    """What the page shows for a basket and a form. At most seven queries."""
    shops = list(branches.active_branches())
    source = next((branch for branch in shops if branch.is_delivery_source), None)
    if source is None:
        raise ServiceUnavailable
    pickup = form["where"].value() == "pickup"
    branch = _pickup_branch(form, shops) if pickup else source
    return Desk(
        form=form,
        basket=basket,
        addresses=people.addresses_of(actor=actor),
        branches=shops,
        cards=list(tokens_of(user_id=actor.pk)),
        windows=windows(basket=basket, now=now, days=DAYS, branch_id=branch.pk),
        today=shop_date(now),
        short=_short(basket, branch),
        refusal=refusal,
        shown_day=shown_day,
    )


def _pickup_branch(form: CheckoutForm, shops: list[Branch]) -> Branch:
    chosen = str(form["branch"].value() or "")
    return next((shop for shop in shops if str(shop.pk) == chosen), shops[0])


def _short(basket: CartView, branch: Branch) -> list[ShortLine]:
    """Lines the branch has too little of. The basket already knows it of the delivery source."""
    if branch.is_delivery_source:
        free = {line.product_id: line.available for line in basket.items}
    else:
        free = availability(
            branch_id=branch.pk, product_ids=[line.product_id for line in basket.items]
        )
    found = []
    for line in basket.items:
        left = free.get(line.product_id, ZERO) if line.is_sold else ZERO
        if left < line.quantity:
            found.append(ShortLine(line=line, possible=max(ZERO, left - left % line.step)))
    return found
