"""All that the checkout page shows: where to, when, how to pay, what is short, what it costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.utils.text import capfirst

from accounts import selectors as people
from accounts.models import Address, DeliveryPreference, User
from branches import selectors as branches
from branches.areas import EVERYWHERE, Destination, known_place
from branches.models import Branch
from cart.charges import BAG, DEPOSIT, Charge, charges_for, sum_of
from cart.fees import delivery_fee, usual_fee
from cart.selectors import CartLine, CartView
from cart.windows import Window, windows
from checkout.destinations import missing_of, place_of_text
from checkout.forms import CheckoutForm, PayForm
from core import clock
from core.clock import shop_date, shop_instant
from core.errors import DomainError, ServiceUnavailable
from core.money import ZERO
from inventory.selectors import availability
from orders.models import Order
from orders.schedule import authorize_at
from orders.selectors import can_cancel
from orders.services.unpaid import UNPICKED, may_be_paid
from payments.declines import decline_words
from payments.forms import SANDBOX_CARDS
from payments.selectors import Standing, standing
from payments.services import has_card_page, tokens_of

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class ShortLine:
    """A basket line that cannot be ordered so; `possible` is what can, in whole steps."""

    line: CartLine
    possible: Decimal


class CardChoice:
    """The cards that a page offers, and which of them is ticked."""

    form: CheckoutForm | PayForm
    cards: list[object]

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
    def known_card(self) -> object | None:
        """The kept card that stands open to be seen: the ticked one, else the usual one."""
        ticked = (one for one in self.cards if self.card == f"saved:{one.pk}")  # type: ignore[attr-defined]
        return next(ticked, self.cards[0] if self.cards else None)

    @property
    def other_cards(self) -> list[object]:
        """Kept cards that are folded away."""
        return [one for one in self.cards if one is not self.known_card]

    @property
    def test_cards_shown(self) -> list[tuple[str, object]]:
        """Where no card is kept, the ticked test card stands open; the others are folded away."""
        ticked = [one for one in self.test_cards if self.card == f"token:{one[0]}"]
        return [] if self.cards else ticked or self.test_cards[:1]

    @property
    def test_cards_folded(self) -> list[tuple[str, object]]:
        shown = self.test_cards_shown
        return [one for one in self.test_cards if one not in shown]

    @property
    def is_other_card(self) -> bool:
        """Whether a test card is ticked beside a kept one: its fold is open."""
        return bool(self.cards) and self.card.startswith("token:")

    @property
    def has_card_page(self) -> bool:
        """Whether a card is added on the provider's own page."""
        return has_card_page()


@dataclass(frozen=True, kw_only=True)
class CheckoutContext(CardChoice):
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
    person: User
    """The signed person whose form this is."""
    to: Destination = EVERYWHERE
    """The place that it goes to, as far as that is chosen."""

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

    @property
    def known_place(self) -> Address | None:
        """The kept address that stands open to be seen: the chosen one, else the usual one."""
        chosen = (one for one in self.addresses if self.where == f"address:{one.pk}")
        return next(chosen, self.addresses[0] if self.addresses else None)

    @property
    def other_places(self) -> list[Address]:
        """Kept addresses that are folded away."""
        return [one for one in self.addresses if one is not self.known_place]

    @property
    def is_elsewhere(self) -> bool:
        """Whether what is chosen, or wrong, lies in the fold of other places."""
        return not self.where.startswith("address:") or bool(self.form["branch"].errors)

    @property
    def asks_for_papers(self) -> bool:
        """Whether nobody has asked yet if papers may come by mail."""
        return self.person.documents_consent is None

    @property
    def door_said(self) -> str:
        """The wishes for the door and the packer in one line."""
        names = ["notes"] if self.is_pickup else ["delivery_preference", "delivery_note", "notes"]
        values = [str(self.form[name].value() or "") for name in names]
        if not self.is_pickup:
            labels = dict(DeliveryPreference.choices)
            values[0] = str(capfirst(labels.get(values[0], labels[DeliveryPreference.HAND_OVER])))
        return " · ".join(value for value in values if value)

    @cached_property
    def chosen(self) -> Window | None:
        """The chosen window, or the one this basket keeps."""
        value = self.form["slot"].value()
        if value is None and not self.is_pickup:
            return next((w for w in self.windows if w.is_held), None)
        return next((w for w in self.windows if w.value == value), None)

    @property
    def known_window(self) -> Window | None:
        """The window that this basket keeps already: it stands in one line, the others are folded."""
        chosen = self.chosen
        return chosen if chosen is not None and chosen.is_held and chosen.is_open else None

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

    @property
    def goods(self) -> Decimal:
        """What the chosen branch can give of the basket."""
        return sum((line.line_total for line in self._possible), ZERO)

    @property
    def _possible(self) -> list[CartLine]:
        nothing = {short.line.id for short in self.short if not short.possible}
        return [line for line in self.basket.items if line.id not in nothing]

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """Deposits and bags of what the chosen branch can give."""
        return charges_for(lines=self._possible)

    @property
    def deposit(self) -> Decimal:
        return sum_of(one for one in self.charges if one.kind == DEPOSIT)

    @property
    def bags(self) -> Charge | None:
        return next((one for one in self.charges if one.kind == BAG), None)

    @property
    def fee(self) -> Decimal:
        if self.is_pickup:
            return ZERO
        base = self.chosen.choice.fee if self.chosen else usual_fee()
        return delivery_fee(goods=self.goods, base_fee=base, area=self.to.area)

    @property
    def not_served(self) -> bool:
        """The chosen place is one we know and do not deliver to."""
        return not self.to.is_served and self.to.locality is not None

    @property
    def missing(self) -> Decimal:
        """How much the goods fall short of the smallest order that is delivered there."""
        return missing_of(self.to.area, self.goods)

    @property
    def total(self) -> Decimal:
        return self.goods + self.fee + sum_of(self.charges)

    @property
    def hold_at(self) -> dt.datetime | None:
        """When the money of the chosen window will be held; None: at once."""
        if self.chosen is None or not self.total:
            return None
        choice = self.chosen.choice
        return authorize_at(shop_instant(choice.date, choice.start_time), clock.now())


@dataclass(frozen=True, kw_only=True)
class PayContext(CardChoice):
    """What the page shows where an order that stands is paid."""

    order: Order
    form: PayForm
    cards: list[object]
    standing: Standing
    can_pay: bool
    now: dt.datetime

    @property
    def is_unpaid(self) -> bool:
        return self.standing.state == "UNPAID"

    @property
    def is_scheduled(self) -> bool:
        return self.standing.state == "SCHEDULED"

    @property
    def is_picked(self) -> bool:
        """A picked order waits for its money, and does not cancel itself."""
        return self.order.status not in UNPICKED

    @property
    def reason(self) -> str:
        """Why nothing is held, as half a sentence."""
        return decline_words(self.standing.failure)

    @property
    def is_by_phone(self) -> bool:
        """Staff placed it, and no card was asked yet."""
        return self.order.placed_by_id is not None and not self.standing.failure

    @property
    def can_cancel(self) -> bool:
        """Whether its customer may cancel it instead."""
        return can_cancel(order=self.order)

    @property
    def hours_left(self) -> int | None:
        """Whole hours until it has to be paid."""
        until = self.standing.pay_until
        return None if until is None else max(0, int((until - self.now).total_seconds() // 3600))


def pay_context(*, actor: User, order: Order, form: PayForm, now: dt.datetime) -> PayContext:
    """The page for one's own order and a form. Two queries."""
    found = standing(payment_id=order.payment_id)
    return PayContext(
        order=order,
        form=form,
        cards=list(tokens_of(user_id=actor.pk)),
        standing=found,
        can_pay=not order.leaving_to and may_be_paid(order, found, now),
        now=now,
    )


def checkout_context(
    *,
    actor: User,
    basket: CartView,
    form: CheckoutForm,
    now: dt.datetime,
    refusal: DomainError | None = None,
    shown_day: dt.date | None = None,
    locality: int | None = None,
) -> CheckoutContext:
    """What the page shows for a basket and a form; `locality` is where the visitor said to live.

    At most eight queries.
    """
    shops = list(branches.active_branches())
    source = next((branch for branch in shops if branch.is_delivery_source), None)
    if source is None:
        raise ServiceUnavailable
    pickup = form["where"].value() == "pickup"
    addresses = people.addresses_of(actor=actor)
    to = EVERYWHERE if pickup else _destination(form, addresses, locality)
    own = next((shop for shop in shops if shop.pk == to.branch_id), source)
    branch = _pickup_branch(form, shops) if pickup else own
    return CheckoutContext(
        form=form,
        person=actor,
        basket=basket,
        addresses=addresses,
        branches=shops,
        cards=list(tokens_of(user_id=actor.pk)),
        windows=windows(basket=basket, now=now, days=DAYS, branch_id=branch.pk, to=to),
        today=shop_date(now),
        short=_short(basket, branch),
        refusal=refusal,
        shown_day=shown_day,
        to=to,
    )


def _destination(form: CheckoutForm, addresses: list[Address], locality: int | None) -> Destination:
    """The place of the chosen address; of a new one as far as it is typed, else where they said."""
    where = str(form["where"].value() or "")
    chosen = next((one for one in addresses if where == f"address:{one.pk}"), None)
    if chosen is None and not where and addresses:
        chosen = addresses[0]
    if chosen is not None:
        return chosen.looked_up()
    return place_of_text(str(form.address["city"].value() or "")) or known_place(locality)


def _pickup_branch(form: CheckoutForm, shops: list[Branch]) -> Branch:
    chosen = str(form["branch"].value() or "")
    return next((shop for shop in shops if str(shop.pk) == chosen), shops[0])


def _short(basket: CartView, branch: Branch) -> list[ShortLine]:
    """Lines the branch has too little of, or whose amount is not sold. The basket already knows it of the delivery source."""
    if branch.is_delivery_source:
        free = {line.product_id: line.available for line in basket.items}
    else:
        free = availability(
            branch_id=branch.pk, product_ids=[line.product_id for line in basket.items]
        )
    found = []
    for line in basket.items:
        left = free.get(line.product_id, ZERO) if line.is_sold else ZERO
        wanted = line.nearest or line.quantity
        if left < wanted or line.nearest:
            possible = min(wanted, max(ZERO, left - left % line.step))
            found.append(ShortLine(line=line, possible=possible))
    return found
