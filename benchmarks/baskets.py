"""Customers with full baskets, one step before the order. Runs in a process set up for the shop."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from accounts import tokens
from accounts.models import Address, User
from cart.models import Cart, CartItem
from catalog.models import Product
from core import clock
from tests.shop import Shop

_number = itertools.count(1)


@dataclass(frozen=True)
class Request:
    """One call that a client will make."""

    path: str
    headers: dict[str, str]
    body: str


def confirms(shop: Shop, goods: Sequence[Product], people: int) -> list[Request]:
    """A delivery of one of each, for so many new customers: each has a card and an address."""
    body = json.dumps(
        {
            "fulfillment_type": "DELIVERY",
            "delivery_slot_id": shop.slot.pk,
            "delivery_date": shop.date.isoformat(),
        }
    )
    users = customers(people)
    carts = Cart.objects.bulk_create(Cart(user=user) for user in users)
    CartItem.objects.bulk_create(
        (
            CartItem(cart=cart, product=product, quantity=1, price_when_added=product.price)
            for cart in carts
            for product in goods
        ),
        batch_size=5000,
    )
    return [
        Request("/api/v1/checkout/confirm", {**headers_of(user), "Idempotency-Key": f"k{user.pk}"}, body)
        for user in users
    ]  # fmt: skip


def bare(shop: Shop, goods: Sequence[Product], people: int) -> list[Request]:
    """The same goods to the bare view, by so many new customers."""
    body = json.dumps({"branch_id": shop.warehouse.pk, "product_ids": [p.pk for p in goods]})
    return [Request("/api/bare/checkout", headers_of(user), body) for user in customers(people)]


def customers(people: int) -> list[User]:
    users = User.objects.bulk_create(
        User(email=f"shopper{next(_number)}@mami.test", full_name="Ada Shopper")
        for _ in range(people)
    )
    Address.objects.bulk_create(
        Address(user=user, line1="3 HaZait", city="Haifa", is_default=True) for user in users
    )
    cards: Any = apps.get_model("payments", "PaymentToken")
    cards.objects.bulk_create(
        cards(user=user, provider="sandbox", token="tok_visa", last4="4242", is_default=True)
        for user in users
    )
    return users


def headers_of(user: User) -> dict[str, str]:
    """What a signed-in client of the JSON API sends."""
    now = clock.now()
    token = tokens.encode(
        user_id=user.pk, role=user.role, version=user.token_version, kind="access",
        jti=uuid.uuid4(), issued_at=now, expires_at=now + dt.timedelta(hours=3),
    )  # fmt: skip
    high, low = divmod(user.pk % 2**16, 256)
    return {
        "Authorization": f"Bearer {token}",
        "X-Forwarded-For": f"10.0.{high}.{low}",
        "Accept-Language": "en",
        "Content-Type": "application/json",
    }
