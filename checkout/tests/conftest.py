"""A shop for this app's tests, and a customer in front of its checkout page."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Product
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def ada(shop: Shop) -> User:
    return shop.customer()


@pytest.fixture
def milk(shop: Shop, ada: User) -> Product:
    product = shop.product(price=Decimal("7.20"))
    shop.fill(ada, {product: 2})
    return product


@pytest.fixture
def desk(client: Client, ada: User, milk: Product) -> Client:
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    return client
