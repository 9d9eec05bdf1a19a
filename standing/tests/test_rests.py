"""Standing orders beside the calendar: a date that rests moves or is left out, and Passover refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from branches import contact
from branches.calendar_models import CalendarSettings
from branches.models import Branch, Closure, DeliverySlot
from catalog.models import Product
from core import clock
from core.clock import SHOP_TZ, day_of_week, shop_instant
from notifications.models import Message
from orders.models import Order
from standing import services
from standing.rules import orders_until
from standing.tests.conftest import set_up
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.timedelta(days=1)
SATURDAY = dt.date(2026, 12, 5)


@pytest.fixture
def thursday(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.KEEPS_SHABBAT = True
    monkeypatch.setattr(clock, "now", lambda: shop_instant(SATURDAY - DAY * 2, dt.time(9)))


@pytest.fixture
def shop(db: None, thursday: None) -> Iterator[Shop]:
    """With windows on Saturday at ten and at twelve, on Friday and Sunday at ten and at six."""
    with open_with_sandbox() as opened:
        for date in (SATURDAY - DAY, SATURDAY + DAY):
            for hour in (10, 18):
                window(opened, date, hour)
        yield opened


def window(shop: Shop, date: dt.date, hour: int) -> DeliverySlot:
    return DeliverySlot.objects.create(
        branch=shop.warehouse, day_of_week=day_of_week(date),
        start_time=dt.time(hour), end_time=dt.time(hour + 2),
    )  # fmt: skip


@pytest.mark.parametrize(("rule", "comes"), [("MOVE_EARLIER", -1), ("MOVE_LATER", 1), ("SKIP", 0)])
def test_shabbat_moves_a_date(shop: Shop, rule: str, comes: int) -> None:
    weekly = set_up(shop, holiday_rule=rule)
    first = weekly.row.occurrences.get(date=SATURDAY)
    if not comes:
        assert (first.state, first.reason) == ("SKIPPED", "CLOSED")
        return
    assert (first.state, first.moved, first.window_kept) == ("PLANNED", "HOLIDAY", True)
    assert (first.window_date, first.slot.start_time) == (SATURDAY + DAY * comes, dt.time(10))


def test_what_comes_after_shabbat_is_ordered_before_it(shop: Shop) -> None:
    """Saturday 18–20 takes orders until Friday 14:53: an hour before that it is placed."""
    window(shop, SATURDAY, 18)
    evening = set_up(shop, start_time=dt.time(18)).row.occurrences.get(date=SATURDAY)
    assert (evening.moved, evening.window_date) == ("", SATURDAY)
    assert evening.place_at.astimezone(SHOP_TZ).isoformat()[:16] == "2026-12-04T13:53"


def test_chametz_in_passover_is_not_placed_and_told(shop: Shop) -> None:
    weekly = set_up(shop, holiday_rule="MOVE_LATER")
    Product.objects.filter(pk=weekly.milk.pk).update(passover="NOT")
    CalendarSettings.objects.create(
        pk=1, keeps_shabbat=True, independence_day=False, passover_mode="ON"
    )
    one = weekly.row.occurrences.get(date=SATURDAY)
    services.make_draft(**weekly.key | {"date": SATURDAY}, now=one.draft_at)
    services.place_due(now=one.place_at)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("DRAFT", "CHAMETZ_IN_PASSOVER")
    assert not Order.objects.exists()
    assert Message.objects.filter(kind="standing_failed", user=weekly.ada).exists()


@pytest.mark.parametrize(("rule", "comes"), [("MOVE_EARLIER", -1), ("MOVE_LATER", 1), ("SKIP", 0)])
def test_shabbat_moves_a_pickup_without_a_window(shop: Shop, rule: str, comes: int) -> None:
    hours = {str(day): ["08:00", "14:00"] for day in range(7)}
    Branch.objects.filter(pk=shop.warehouse.pk).update(opening_hours=hours)
    weekly = set_up(
        shop, holiday_rule=rule, fulfillment_type="PICKUP", branch_id=shop.warehouse.pk,
        start_time=None, address_id=None,
    )  # fmt: skip
    first = weekly.row.occurrences.get(date=SATURDAY)
    if not comes:
        assert (first.state, first.reason) == ("SKIPPED", "CLOSED")
        return
    assert (first.state, first.moved, first.slot_id) == ("PLANNED", "HOLIDAY", None)
    assert first.window_date == SATURDAY + DAY * comes
    Closure.objects.create(
        branch=None, starts_at=shop_instant(first.window_date, dt.time(0)),
        ends_at=shop_instant(first.window_date + DAY, dt.time(0)),
        reason_he="ספירה", reason_en="Stocktaking",
    )  # fmt: skip
    services.plan_standing(standing_id=weekly.row.pk, now=clock.now())
    first.refresh_from_db()
    assert first.window_date == SATURDAY + DAY * comes * 2


def test_by_hand_until_the_rest_too(shop: Shop) -> None:
    window(shop, SATURDAY, 18)
    evening = set_up(shop, start_time=dt.time(18)).row.occurrences.get(date=SATURDAY)
    assert evening.slot is not None
    contact.remember(contact.read())
    until = orders_until(evening.slot, SATURDAY)
    assert until.astimezone(SHOP_TZ).isoformat()[:16] == "2026-12-04T14:53"
