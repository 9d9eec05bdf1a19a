"""A standing order in a delivery area: asked when it is set up, and each time it is placed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import Address
from branches.errors import AreaNotServed
from branches.models import AreaLocality, DeliveryArea, DeliverySlot
from branches.tests.factories import area, jerusalem, place
from core import clock
from core.clock import day_of_week
from orders.models import Order
from standing.reasons import reason_words
from standing.selectors import occurrence_view
from standing.services import place_due
from standing.services.drafting import draft_due
from standing.services.placing import place_now
from standing.tests.conftest import Weekly, set_up
from tests.shop import Shop


def living_in(weekly: Weekly, code: int, city: str) -> None:
    Address.objects.filter(user=weekly.ada).update(locality_id=code, city=city)
    weekly.row.__dict__.pop("known_destinations", None)


def test_set_up_where_nobody_delivers(shop: Shop) -> None:
    area(3000)
    place(4000)
    with pytest.raises(AreaNotServed) as refused:
        set_up(shop)
    assert refused.value.details["city"] == "Haifa"


def test_the_draft_costs_what_the_order_will(shop: Shop) -> None:
    """The fee and the threshold are the area's, so it is placed at the total that was shown."""
    weekly = set_up(shop)
    area(4000, fee="17.00", free_from="500.00")
    living_in(weekly, 4000, "Haifa")
    view = occurrence_view(row=weekly.row, date=weekly.date, now=weekly.due())
    assert view.basket.delivery_fee == Decimal("17.00")
    draft_due(now=clock.now())
    place_due(now=weekly.due())
    one = weekly.one()
    assert one.state == "PLACED"
    order = Order.objects.get(pk=one.order_id)
    assert (order.delivery_fee, order.total_amount) == (Decimal("17.00"), Decimal("47.00"))


@pytest.mark.parametrize("code", ["AREA_NOT_SERVED", "BELOW_MINIMUM"])
def test_it_fails_and_says_why(shop: Shop, code: str) -> None:
    """Back to the draft with the reason, one more try, nothing held meanwhile."""
    weekly = set_up(shop)
    drawn = area(4000)
    living_in(weekly, 4000, "Haifa")
    if code == "BELOW_MINIMUM":
        DeliveryArea.objects.filter(pk=drawn.pk).update(minimum="200.00")
    else:
        AreaLocality.objects.filter(area=drawn).delete()
    draft_due(now=clock.now())
    place_due(now=weekly.due())
    one = weekly.one()
    assert (one.state, one.reason, one.failures) == ("DRAFT", code, 1)
    assert one.retry_at is not None
    assert "wrong at our side" not in reason_words(code)
    assert not weekly.shop.payments(weekly.ada)
    place_due(now=one.retry_at)
    assert (weekly.one().state, weekly.one().reason) == ("NOT_PLACED", code)


def test_it_comes_in_the_windows_of_the_areas_branch(shop: Shop) -> None:
    jerusalem(branch=shop.branch, minimum="0.00")
    own = DeliverySlot.objects.create(
        branch=shop.branch, day_of_week=day_of_week(shop.date), start_time=shop.slot.start_time,
        end_time=shop.slot.end_time, capacity=5,
    )  # fmt: skip
    ada = shop.customer()
    Address.objects.filter(user=ada).update(locality_id=3000, city="Jerusalem")
    weekly = set_up(shop, ada=ada)
    assert weekly.one().slot_id == own.pk
    place_now(**weekly.key, now=clock.now())
    assert Order.objects.get(pk=weekly.one().order_id).branch_id == shop.branch.pk
