"""Chainable filters over baskets and their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from cart.owner import Owner, person

if TYPE_CHECKING:
    from cart.models import Cart  # noqa: F401


class CartQuerySet(models.QuerySet["Cart"]):
    def active(self) -> CartQuerySet:
        return self.filter(status="ACTIVE")

    def owned_by(self, owner: Owner) -> CartQuerySet:
        user = person(owner)
        return self.filter(user=user) if user else self.filter(guest_key=owner.key)  # type: ignore[union-attr]
