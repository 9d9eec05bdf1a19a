"""Where an order goes, and what the delivery area of that place asks: whether, when, how much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from accounts import selectors as people
from accounts.models import Address, User
from branches import selectors as branches
from branches.areas import (
    EVERYWHERE,
    AreaTerms,
    Destination,
    destination_of,
    suggestions,
    terms_from,
)
from branches.errors import AreaNotServed, SameDayNotServed
from branches.models import Branch
from checkout.errors import AddressRequired
from checkout.requests import AddressData, ChangeRequest, CheckoutRequest
from core.clock import shop_date
from core.errors import InvalidInput, NotFound
from orders.models import FulfillmentType, Order, OrderDelivery

ADDRESS_FIELDS = (
    "line1",
    "line2",
    "city",
    "postal_code",
    "floor",
    "door_code",
    "instructions",
)
DAY = dt.timedelta(days=1)
LOOKED_AHEAD = 14


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Where an order goes: the address as it is written down, and the place it is in."""

    address: dict[str, str]
    destination: Destination

    @property
    def area(self) -> AreaTerms | None:
        return self.destination.area

    @property
    def snapshot(self) -> dict[str, Any]:
        """The address with what was agreed about its area."""
        return {**self.address, "area": self.area.as_json() if self.area else None}


NOWHERE = Goal(address={}, destination=EVERYWHERE)
"""Of a pickup, or where nobody was asked for an address yet."""


def resolve_goal(*, actor: User, request: CheckoutRequest) -> Goal:
    """Where to deliver: the given address, one's own by id, else the default one. One query, more
    where the city is no place we know.

    Raises NotFound (unknown or foreign), AddressRequired, InvalidInput, AreaNotServed.
    """
    if request.address is not None:
        goal = _typed(actor, request.address)
    else:
        goal = _kept(_address(actor, request))
    if not goal.destination.is_served:
        raise _not_served(goal)
    return goal


def _typed(actor: User, data: AddressData) -> Goal:
    address = Address(user=actor, **{name: getattr(data, name) for name in ADDRESS_FIELDS})
    try:
        if data.locality_code is None and not data.city.strip():
            found = EVERYWHERE  # refused below as a field that is not filled in
        else:
            found = destination_of(code=data.locality_code, city=data.city)
    except NotFound:
        raise InvalidInput(fields={"address.locality_code": [NotFound.message]}) from None
    if found.locality is not None and not data.city.strip():
        address.city = found.locality.name[:60]
    try:
        address.clean_fields(exclude=["user", "locality"])
    except ValidationError as error:
        fields = {f"address.{name}": texts for name, texts in error.message_dict.items()}
        raise InvalidInput(fields=fields) from None
    return Goal(address=_fields(address), destination=found)


def _kept(address: Address) -> Goal:
    """Of an address of one's own. One of before, whose place nobody looked up, is looked up now."""
    return Goal(address=_fields(address), destination=address.looked_up())


def _address(actor: User, request: CheckoutRequest) -> Address:
    if request.address_id is not None:
        try:
            return people.address_for(actor=actor, address_id=request.address_id)
        except NotFound:
            raise NotFound(field="address_id") from None
    found = people.default_address(actor=actor)
    if found is None:
        raise AddressRequired
    return found


def _fields(address: Address) -> dict[str, str]:
    return {name: getattr(address, name) for name in ADDRESS_FIELDS}


def _not_served(goal: Goal) -> AreaNotServed:
    city = goal.address["city"]
    if goal.destination.locality is not None:
        return AreaNotServed(city=city)
    near = [{"code": one.pk, "name": one.name} for one in suggestions(city=city)]
    return AreaNotServed(city=city, suggestions=near)


def resolve_branch(*, request: CheckoutRequest, destination: Destination = EVERYWHERE) -> Branch:
    """Where the goods come from: the branch of the area, else the delivery source. One query.

    Raises NotFound for an unknown or closed branch.
    """
    if request.is_delivery:
        return branch_for(destination)
    if request.branch_id is None:
        raise InvalidInput(fields={"branch_id": []})
    try:
        return branches.branch(branch_id=request.branch_id)
    except NotFound:
        raise NotFound(field="branch_id") from None


def address_of(addresses: Iterable[Address], where: str) -> Destination:
    """The place of the address that a form names as `address:7`; everywhere for none of these."""
    chosen = next((one for one in addresses if where == f"address:{one.pk}"), None)
    return chosen.looked_up() if chosen is not None else EVERYWHERE


def branch_for(destination: Destination) -> Branch:
    """The branch that serves a place. One query."""
    if destination.branch_id is None:
        return branches.delivery_source()
    return branches.branch(branch_id=destination.branch_id)


def first_day(area: AreaTerms | None, now: dt.datetime) -> dt.date:
    """The first day on which the area may be served."""
    today = shop_date(now)
    return today if area is None or area.same_day else today + DAY


def check_day(
    *, destination: Destination, date: dt.date | None, branch_id: int | None, now: dt.datetime
) -> None:
    """Refuse today where the area is not served on the day of the order.

    Raises SameDayNotServed, naming the first day with an open window.
    """
    first = first_day(destination.area, now)
    if date is None or date >= first or date != shop_date(now):
        return
    choices = branches.available_slots(
        branch_id=branch_id or destination.branch_id, start=first, days=LOOKED_AHEAD, now=now
    )
    earliest = next((choice.date for choice in choices if choice.is_open), first)
    raise SameDayNotServed(earliest_date=earliest.isoformat())


def place_of_text(city: str) -> Destination | None:
    """The place that somebody has typed so far, where it is one. One query."""
    found = destination_of(city=city) if city.strip() else None
    return found if found is not None and found.locality is not None else None


def missing_of(area: AreaTerms | None, goods: Decimal) -> Decimal:
    """How much goods fall short of the area's smallest order (₪)."""
    return Decimal("0.00") if area is None else area.missing(goods)


def new_goal(order: Order, request: ChangeRequest, kind: str) -> Goal | None:
    """Where it goes from now on; None where it goes where it was agreed."""
    fresh = order.fulfillment_type != FulfillmentType.DELIVERY
    asks = fresh or request.address is not None or request.address_id is not None
    if kind != FulfillmentType.DELIVERY or not asks:
        return None
    asked = CheckoutRequest(
        fulfillment_type=kind, address=request.address, address_id=request.address_id
    )
    return resolve_goal(actor=order.user, request=asked)


def agreed_area(order: Order) -> AreaTerms | None:
    """The terms that were agreed on, whatever became of the area. One query."""
    rows = OrderDelivery.objects.filter(order=order).values_list("area", flat=True)
    return terms_from(rows.first())


def check_moved(
    order: Order,
    goal: Goal | None,
    area: AreaTerms | None,
    asked: tuple[int, dt.date] | None,
    now: dt.datetime,
) -> None:
    """Raises SameDayNotServed for another day or place; a second attempt at the door may be today."""
    if order.left_at is not None or (goal is None and asked is None):
        return
    date = order.dated_slot.date if asked is None and order.dated_slot else None
    check_day(
        destination=Destination(locality=None, area=area, is_served=True),
        date=asked[1] if asked else date,
        branch_id=None,
        now=now,
    )
