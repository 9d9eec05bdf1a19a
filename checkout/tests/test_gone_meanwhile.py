"""What an order points at, or copies from, is deleted while it is being placed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.models import Sum

from accounts.services import delete_address
from checkout.models import Reservation
from core import faults
from inventory.models import Stock
from orders.models import Order
from payments.services import delete_token
from tests.races import codes, race
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.mark.parametrize("gone", ["card", "address"])
def test_what_the_customer_deletes_meanwhile_is_missed_and_nothing_stays(
    shop: Shop, gone: str
) -> None:
    """PostgreSQL looks at what a row points at only as it commits: after it was found, and too late."""
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    card, address = ada.payment_tokens.get(), ada.addresses.get()

    def delete() -> None:
        faults.disarm()
        if gone == "card":
            done = race([lambda: delete_token(actor=ada, token_id=card.pk)])
        else:
            done = race([lambda: delete_address(actor=ada, address_id=address.pk)])
        assert codes(done) == ["ok"]

    faults.arm("before_commit_1", delete)
    try:
        (found,) = race([lambda: shop.confirm(ada)])
    finally:
        faults.disarm()
    if gone == "card":
        assert codes([found, *race([lambda: shop.confirm(ada)])]) == ["BUSY", "PAYMENT_REQUIRED"]
        assert not Order.objects.exists()
        assert not Reservation.objects.exists()
        assert Stock.objects.aggregate(Sum("reserved")) == {"reserved__sum": 0}
    else:  # where to is copied, not pointed at
        assert codes([found]) == ["ok"]
        assert Order.objects.get().delivery.line1 == address.line1
