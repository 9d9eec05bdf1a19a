"""Chainable filters over baskets and their lines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import DecimalField, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from cart.owner import Owner, person

if TYPE_CHECKING:
    from cart.models import Cart, CartItem  # noqa: F401


class CartQuerySet(models.QuerySet["Cart"]):
    def active(self) -> CartQuerySet:
        return self.filter(status="ACTIVE")

    def owned_by(self, owner: Owner) -> CartQuerySet:
        user = person(owner)
        return self.filter(user=user) if user else self.filter(guest_key=owner.key)  # type: ignore[union-attr]


class CartItemQuerySet(models.QuerySet["CartItem"]):
    def with_available(self) -> CartItemQuerySet:
        """Annotate `available`: what the branch all deliveries leave from can still promise.

        Units or kg; never below zero is up to the reader.
        """
        left = F("product__stocks__on_hand") - F("product__stocks__reserved")
        return self.annotate(
            available=Coalesce(
                Sum(left, filter=Q(product__stocks__branch__is_delivery_source=True)),
                Value(Decimal(0)),
                output_field=DecimalField(max_digits=12, decimal_places=3),
            )
        )
