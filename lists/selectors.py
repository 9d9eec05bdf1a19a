"""A person's lists as they are shown: who is on them, what is on them, what that costs today."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import Q, QuerySet

from accounts.models import User
from cart.selectors import is_sold, price_per
from catalog.models import Product
from core.errors import NotFound
from core.money import ZERO, line_total
from lists.models import ListItem, ListMember, ShoppingList

SHOWN = 4
"""As many products stand on a list's card."""


@dataclass(frozen=True, kw_only=True)
class PersonOnList:
    """Somebody on a list: others see the first name and nothing else."""

    id: int
    name: str
    since: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ListLine:
    """One product on a list, at today's price (₪)."""

    id: int
    product: Product
    quantity: Decimal
    note: str
    added_by: int | None
    added_by_name: str
    added_at: dt.datetime

    @property
    def product_id(self) -> int:
        return self.product.pk

    @property
    def in_stock(self) -> bool:
        """At least one step of it can be delivered."""
        return bool(getattr(self.product, "in_stock", False))

    @property
    def is_available(self) -> bool:
        """It can be put into the basket now."""
        return is_sold(self.product) and self.in_stock

    @property
    def is_sold(self) -> bool:
        return is_sold(self.product)

    @property
    def price_per(self) -> str:
        return price_per(self.product.sold_by)

    @property
    def line_total(self) -> Decimal:
        return line_total(self.product.price, self.quantity)

    @property
    def one_less(self) -> Decimal:
        return max(ZERO, self.quantity - self.product.quantity_step)

    @property
    def one_more(self) -> Decimal:
        return self.quantity + self.product.quantity_step


@dataclass(frozen=True, kw_only=True)
class ListView:
    """A list as one person sees it."""

    row: ShoppingList
    is_owner: bool
    people: list[PersonOnList]
    """The owner first, then those who joined, in that order."""
    items: list[ListLine] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.row.pk

    @property
    def title(self) -> str:
        return self.row.title

    @property
    def is_favourites(self) -> bool:
        return self.row.is_favourites

    @property
    def item_count(self) -> int:
        return len(self.items)

    @property
    def first(self) -> list[ListLine]:
        return self.items[:SHOWN]

    @property
    def is_shared(self) -> bool:
        return len(self.people) > 1

    @cached_property
    def total(self) -> Decimal:
        """₪ of what could be put into the basket now, before any delivery fee."""
        return sum((line.line_total for line in self.items if line.is_available), ZERO)

    @property
    def newest(self) -> ListLine | None:
        return max(self.items, key=lambda line: line.added_at, default=None)


def list_row(*, actor: User, list_id: int) -> ShoppingList:
    """A list that the actor owns or joined. Raises NotFound."""
    found = _seen_by(actor).filter(pk=list_id).first()
    if found is None:
        raise NotFound
    return found


def list_view(*, actor: User, list_id: int) -> ListView:
    """One list with everything on it. Three queries. Raises NotFound."""
    return _views(actor, [list_row(actor=actor, list_id=list_id)])[0]


def lists_of(*, actor: User) -> list[ListView]:
    """Favourites, own lists and those joined, the last used first. Three queries."""
    return _views(actor, list(_seen_by(actor)))


def favourite_ids(*, actor: User) -> frozenset[int]:
    """The products in the actor's favourites. One query."""
    mine = ListItem.objects.filter(list__owner=actor, list__is_favourites=True)
    return frozenset(mine.values_list("product_id", flat=True))


def favourites_id(*, actor: User) -> int | None:
    """The list of what the heart keeps; None before the first heart."""
    mine = ShoppingList.objects.filter(owner=actor, is_favourites=True)
    return mine.values_list("pk", flat=True).first()


def favourite_items(*, actor: User) -> list[ListItem]:
    """What the heart keeps, the newest first. One query."""
    mine = ListItem.objects.filter(list__owner=actor, list__is_favourites=True)
    return list(mine.order_by("-added_at", "-id"))


def first_name(full_name: str) -> str:
    return full_name.split()[0] if full_name.split() else "—"


def _seen_by(actor: User) -> QuerySet[ShoppingList]:
    # A union: with OR every list there is would be read.
    joined = ListMember.objects.filter(user=actor).values("list_id")
    mine = Q(pk__in=ShoppingList.objects.filter(owner=actor).values("pk").union(joined))
    return ShoppingList.objects.filter(mine).select_related("owner")


def _views(actor: User, rows: list[ShoppingList]) -> list[ListView]:
    people = _people(rows)
    items = _items(rows, people)
    return [
        ListView(
            row=row,
            is_owner=row.owner_id == actor.pk,
            people=people[row.pk],
            items=items[row.pk],
        )
        for row in rows
    ]


def _people(rows: list[ShoppingList]) -> dict[int, list[PersonOnList]]:
    found = {
        row.pk: [PersonOnList(id=row.owner_id, name=first_name(row.owner.full_name))]
        for row in rows
    }
    for member in ListMember.objects.filter(list__in=found).select_related("user"):
        person = PersonOnList(
            id=member.user_id, name=first_name(member.user.full_name), since=member.joined_at
        )
        found[member.list_id].append(person)
    return found


def _items(
    rows: list[ShoppingList], people: dict[int, list[PersonOnList]]
) -> dict[int, list[ListLine]]:
    found: dict[int, list[ListLine]] = defaultdict(list)
    kept = list(ListItem.objects.filter(list__in=rows))
    goods = Product.objects.as_cards().in_bulk({item.product_id for item in kept})
    for item in kept:
        names = {person.id: person.name for person in people[item.list_id]}
        known = item.added_by_id if item.added_by_id in names else None
        found[item.list_id].append(
            ListLine(
                id=item.pk,
                product=goods[item.product_id],
                quantity=item.quantity,
                note=item.note,
                added_by=known,
                added_by_name=names[known] if known else "",
                added_at=item.added_at,
            )
        )
    return found
