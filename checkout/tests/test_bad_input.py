"""What the checkout page cannot take: told beside its field, everything still filled in, nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import User
from catalog.models import Product
from checkout.tests.test_refusals import _everything
from checkout.tests.test_views import PAGE, form, hidden
from core.clock import shop_instant
from orders.models import Order
from tests.shop import Shop

Spoil = Callable[[Shop, User], dict[str, Any]]
NOTE = "ripe avocados, please"


@pytest.fixture
def ada(shop: Shop) -> User:
    return shop.customer()


@pytest.fixture
def desk(client: Client, shop: Shop, ada: User) -> Client:
    shop.fill(ada, {shop.product(): 2})
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    return client


def foreign_cart(shop: Shop, ada: User) -> dict[str, Any]:
    return {"cart_id": shop.fill(shop.customer(), {shop.product(): 1}).pk}


def foreign_address(shop: Shop, ada: User) -> dict[str, Any]:
    return {"where": f"address:{shop.customer().addresses.get().pk}"}


def foreign_card(shop: Shop, ada: User) -> dict[str, Any]:
    return {"card": f"saved:{shop.customer().payment_tokens.get().pk}"}  # type: ignore[attr-defined]


def card_number(shop: Shop, ada: User) -> dict[str, Any]:
    return {"card": "token:4242424242424242"}


def no_card(shop: Shop, ada: User) -> dict[str, Any]:
    ada.payment_tokens.all().delete()  # type: ignore[attr-defined]
    return {"card": ""}


def unknown_branch(shop: Shop, ada: User) -> dict[str, Any]:
    return {"where": "pickup", "branch": 999_999, "slot": ""}


def closed_branch(shop: Shop, ada: User) -> dict[str, Any]:
    type(shop.branch).objects.filter(pk=shop.branch.pk).update(is_active=False)
    return {"where": "pickup", "branch": shop.branch.pk, "slot": ""}


def unknown_slot(shop: Shop, ada: User) -> dict[str, Any]:
    return {"slot": f"999999@{shop.date}"}


def past_slot(shop: Shop, ada: User) -> dict[str, Any]:
    return {"slot": f"{shop.slot.pk}@{shop.date - dt.timedelta(days=7)}"}


def full_slot(shop: Shop, ada: User) -> dict[str, Any]:
    type(shop.slot).objects.filter(pk=shop.slot.pk).update(capacity=0)
    return {}


def holiday(shop: Shop, ada: User) -> dict[str, Any]:
    apps.get_model("branches", "Closure").objects.create(
        starts_at=shop_instant(shop.date, dt.time(0)),
        ends_at=shop_instant(shop.date, dt.time(23)),
        reason_he="חג",
        reason_en="Holiday",
    )
    return {}


def other_slots_branch(shop: Shop, ada: User) -> dict[str, Any]:
    return {"where": "pickup", "branch": shop.branch.pk}


def dearer(shop: Shop, ada: User) -> dict[str, Any]:
    Product.objects.update(price=Decimal("12.00"))
    return {}


def long_key(shop: Shop, ada: User) -> dict[str, Any]:
    return {"key": "k" * 129}


def long_note(shop: Shop, ada: User) -> dict[str, Any]:
    return {"delivery_note": "x" * 201}


@pytest.mark.parametrize(
    ("spoil", "beside", "words"),
    [
        (foreign_cart, "refusals", "could not find that"),
        (foreign_address, "where", "This address is no longer there"),
        (foreign_card, "pay", "could not find that card"),
        (card_number, "pay", "Card numbers never pass through the shop"),
        (no_card, "pay", "Please choose a card"),
        (unknown_branch, "where", "takes no pickups any more"),
        (closed_branch, "where", "takes no pickups any more"),
        (unknown_slot, "slot", "This time is no longer offered"),
        (past_slot, "slot", "not one of our delivery windows"),
        (full_slot, "slot", "has just filled up"),
        (holiday, "slot", "takes no more orders"),
        (other_slots_branch, "slot", "not one of our delivery windows"),
        (dearer, "refusals", "The total is now ₪54.00"),
        (long_key, "refusals", "out of date"),
        (long_note, "slot", "at most 200"),
    ],
)
def test_is_told_beside_its_field(
    desk: Client, shop: Shop, ada: User, spoil: Spoil, beside: str, words: str
) -> None:
    typed = form(desk, shop, notes=NOTE, delivery_note="Ring twice")
    changes = spoil(shop, ada)
    typed |= changes
    before = _everything()
    response = desk.post(PAGE, typed)
    assert response.status_code == 422
    html = response.content.decode()
    _before, found, rest = html.partition(f'id="{beside}"')
    assert found, beside
    part = rest.partition("</section>" if beside != "refusals" else "</ul>")[0]
    assert words in part, part[-1500:]
    assert f'value="{NOTE}"' in html
    if "delivery_note" not in changes and typed["where"] != "pickup":
        assert 'value="Ring twice"' in html
    assert len(hidden(html, "key")) <= 128
    assert _everything() == before
    assert not Order.objects.exists()
