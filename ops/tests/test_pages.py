"""The pages that plan and print: deliveries of a day, the coming week, labels."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from branches.tests.factories import SlotFactory
from cart.tests.factories import warehouse
from mami import clock
from mami.clock import shop_date, shop_instant
from ops.labels import barcode
from ops.tests.factories import employee, manager, order, person

pytestmark = pytest.mark.django_db

RUNS, BOARD = "ops:runs", "ops:board"


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


def today_at(hour):
    return shop_instant(shop_date(clock.now()), dt.time(hour))


def test_the_drivers_list_groups_by_window_and_leaves_out_what_ended(client, mia):
    out = order(due_at=today_at(10), status="OUT_FOR_DELIVERY")
    ready = order(due_at=today_at(10), status="READY")
    gone = order(due_at=today_at(10), status="CANCELED")
    pickup = order(due_at=today_at(10), pickup=True)
    later = order(due_at=today_at(10) + dt.timedelta(days=1))
    page = client.get(reverse(RUNS))
    (run,) = page.context["runs"]
    assert {one.pk for one in run.orders} == {out.pk, ready.pk}
    assert (run.ready, run.gone) == (1, 1)
    for absent in (gone, pickup, later):
        assert absent.order_number not in page.content.decode()
    assert "3 HaZait Street" in page.content.decode()


@pytest.mark.parametrize("count", [1, 25])
def test_the_drivers_list_takes_the_same_statements(
    client, mia, count, django_assert_max_num_queries
):
    for _ in range(count):
        order(due_at=today_at(10))
    client.get(reverse(RUNS))
    with django_assert_max_num_queries(6):
        client.get(reverse(RUNS))


def test_the_board_shows_every_window_of_the_week(client, mia, django_assert_max_num_queries):
    for day in range(7):
        SlotFactory(branch=warehouse(), day_of_week=day, capacity=4)
    client.get(reverse(BOARD))
    with django_assert_max_num_queries(9):
        page = client.get(reverse(BOARD))
    days = page.context["days"]
    assert len(days) == 7
    assert all(len(day.slots) == 1 for day in days[1:])
    assert days[1].slots[0].used == 0


@pytest.mark.parametrize("query", ["?day=x", "?branch=404", "?day=0000-00-00", "?branch="])
@pytest.mark.parametrize("name", [RUNS, BOARD])
def test_nonsense_in_the_address(client, mia, name, query):
    warehouse()
    assert client.get(reverse(name) + query).status_code == 200


def test_labels_one_for_each_bag(client, mia):
    one = order(due_at=today_at(10), lines=3, bags=2)
    page = client.get(reverse("ops:slip", args=[one.order_number])).content.decode()
    assert page.count('class="bag-label"') == 2
    assert page.count('class="barcode"') == 3


def test_a_barcode_is_bars_of_whole_modules():
    drawn = barcode(text="MS-7K2QX4RT")
    assert 'aria-label="MS-7K2QX4RT"' in drawn
    assert drawn.count("<rect") > 30
    assert "style" not in drawn


def test_who_may_look(client):
    warehouse()
    client.force_login(person())
    assert client.get(reverse(RUNS)).status_code == 403
    client.force_login(employee())
    assert client.get(reverse(RUNS)).status_code == 200
    assert client.get(reverse(BOARD)).status_code == 403
