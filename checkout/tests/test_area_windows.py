"""Windows that pages offer are those of the branch that serves the address they are for."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Address, Role
from accounts.tests.factories import person
from branches.models import DeliverySlot
from branches.tests.factories import BranchFactory, jerusalem
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def in_jerusalem(shop: Shop) -> DeliverySlot:
    """A window of a branch of its own for Jerusalem, when the delivery source has none."""
    south = BranchFactory(name_en="Jerusalem south")
    jerusalem(branch=south, minimum=0)
    return DeliverySlot.objects.create(
        branch=south, day_of_week=shop.slot.day_of_week,
        start_time=shop.later_slot.end_time, end_time=shop.later_slot.end_time.replace(
            hour=shop.later_slot.end_time.hour + 2
        ),
    )  # fmt: skip


def far(user: object) -> Address:
    return Address.objects.create(
        user=user,
        line1="1 Jaffa Road",
        city="Jerusalem",
        locality_id=3000,  # type: ignore[misc]
    )


def test_an_order_on_the_phone(shop: Shop) -> None:
    ada, there = shop.customer(), in_jerusalem(shop)
    address = far(ada)
    client = Client()
    client.force_login(person(Role.MANAGER))
    path = f"/ops/customers/{ada.pk}/order/"
    for where, here, elsewhere in (
        (f"address:{address.pk}", there, shop.slot),
        ("", shop.slot, there),
        (f"branch:{there.branch_id}", there, shop.slot),
        ("address:999999", shop.slot, there),
    ):
        shown = client.post(path, {"where": where, f"line_{shop.product().pk}": "1"})
        text = shown.content.decode()
        assert f'value="{here.pk}@' in text, where
        assert f'value="{elsewhere.pk}@' not in text, where


def test_an_order_that_is_changed(shop: Shop) -> None:
    ada = shop.customer()
    order, there = shop.order(ada), in_jerusalem(shop)
    address = far(ada)
    stranger = far(shop.customer())
    client = Client()
    client.force_login(ada)
    path = f"/orders/{order.order_number}/change/"
    for typed, here, elsewhere in (
        ({"where": ""}, shop.later_slot, there),
        ({"where": f"address:{address.pk}"}, there, shop.later_slot),
        ({"where": f"address:{stranger.pk}"}, shop.later_slot, there),
        ({"where": "new", "city": "Jerusalem"}, there, shop.later_slot),
        ({"where": "new", "city": ""}, shop.later_slot, there),
    ):
        text = client.post(path, typed).content.decode()
        assert f'value="{here.pk}@' in text, typed
        assert f'value="{elsewhere.pk}@' not in text, typed
