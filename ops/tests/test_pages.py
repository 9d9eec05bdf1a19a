"""The pages that plan and print: deliveries of a day, the coming week, labels."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.tests.factories import employee, manager, person
from branches.tests.factories import SlotFactory
from cart.tests.factories import warehouse
from core import clock
from core.clock import SHOP_TZ, shop_date, shop_instant
from ops.labels import barcode
from ops.tests.factories import order
from tests.html import one_line

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


def test_labels_one_for_each_bag_with_a_barcode_of_its_own(client, mia):
    one = order(due_at=today_at(10), lines=3, bags=2)
    page = client.get(reverse("ops:slip", args=[one.order_number])).content.decode()
    assert page.count('class="bag-label"') == 2
    for code in (one.order_number, f"{one.order_number}-A01", f"{one.order_number}-A02"):
        assert page.count(f'aria-label="{code}"') == 1


@pytest.mark.parametrize("pickup", [False, True])
@pytest.mark.parametrize("hours", [0, 24, 72])
def test_paper_tells_a_date_for_it_is_read_on_another_day(client, mia, pickup, hours):
    due = today_at(10) + dt.timedelta(hours=hours)
    one = order(due_at=due, pickup=pickup, bags=2)
    local = due.astimezone(SHOP_TZ)
    address = reverse("ops:slip", args=[one.order_number])
    page = one_line(client.get(address))
    assert f"{local:%a} {local.day} {local:%b %Y}," in page
    assert "Today" not in page
    assert "Tomorrow" not in page
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "he"
    hebrew = one_line(client.get(address))
    assert f"{local.day}.{local.month}.{local.year}," in hebrew
    assert "היום" not in hebrew.split('class="slip"')[1]


def test_the_pick_list_tells_what_the_customer_wants(client, mia):
    one = order(due_at=today_at(10), lines=2)
    type(one).objects.filter(pk=one.pk).update(notes="Ring twice")
    first, second = one.items.order_by("pk")
    one.items.filter(pk=first.pk).update(note="Green ones", substitution="REFUND")
    one.items.filter(pk=second.pk).update(substitution="CALL_ME")
    page = one_line(client.get(reverse("ops:slip", args=[one.order_number])))
    first.refresh_from_db()
    second.refresh_from_db()
    for words in (
        "Ring twice",
        "Green ones",
        *(item.get_substitution_display() for item in (first, second)),
    ):
        assert str(words) in page
    label = page.split('class="bag-label"')[1]
    assert "Green ones" not in label


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
