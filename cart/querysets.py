"""Chainable filters over baskets and their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import OuterRef, Subquery

from branches.models import PlaceHold
from cart.owner import Owner, person

if TYPE_CHECKING:
    from cart.models import Cart  # noqa: F401


class CartQuerySet(models.QuerySet["Cart"]):
    def active(self) -> CartQuerySet:
        return self.filter(status="ACTIVE")

    def owned_by(self, owner: Owner) -> CartQuerySet:
        user = person(owner)
        return self.filter(user=user) if user else self.filter(guest_key=owner.key)  # type: ignore[union-attr]

    def with_hold(self) -> CartQuerySet:
        """Annotate `hold_slot_id` and `hold_until`: the window kept for the basket, or None."""
        own = PlaceHold.objects.filter(kind=PlaceHold.Kind.CART, reference=OuterRef("pk"))
        return self.annotate(
            hold_slot_id=Subquery(own.values("dated_slot_id")[:1]),
            hold_until=Subquery(own.values("until")[:1]),
        )
