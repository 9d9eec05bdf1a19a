"""Standing orders on pages, without script: set up, a date as a draft, what the office sees."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Address
from catalog.models import Product
from core import clock
from core.clock import day_of_week
from orders.models import Order
from standing import office
from standing.models import Occurrence, StandingOrder
from standing.selectors import occurrence_view
from standing.services.drafting import close_unanswered, draft_due
from standing.tests.conftest import set_up

pytestmark = pytest.mark.django_db(transaction=True)


def visitor(user):
    client = Client()
    client.cookies["mami_language"] = "en"
    client.force_login(user)
    return client


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def form_of(shop, user, **more):
    return {
        "cadence": "WEEKLY",
        "weekdays": [str(day_of_week(shop.date))],
        "start_time": f"{shop.slot.start_time:%H:%M}",
        "where": f"address:{user.addresses.get().pk}",
        "card": str(user.payment_tokens.get().pk),
        "price_limit_percent": "10",
        "lead_days": "2",
        "holiday_rule": "MOVE_EARLIER",
        "agree": "on",
        **more,
    }


@pytest.mark.quick
def test_from_the_basket_to_the_order(shop):
    ada, milk, bread = shop.customer(), shop.product(), shop.product()
    client = visitor(ada)
    assert "None yet" in page(client, "/standing/")
    shop.fill(ada, {milk: 3})
    assert "/standing/new/" in page(client, "/cart/")
    assert "1 product is in it" in page(client, "/standing/new/")
    values = form_of(shop, ada, name="The Tuesday basket")
    refused = client.post("/standing/new/", {**values, "agree": ""})
    assert refused.status_code == 422
    assert not StandingOrder.objects.exists()
    refused = client.post("/standing/new/", {**values, "weekdays": ["0", "1"]})
    assert refused.status_code == 422
    at = client.post("/standing/new/", values)["Location"]
    assert at == f"/standing/{StandingOrder.objects.get().pk}/"
    html = page(client, at)
    assert "The Tuesday basket" in html
    assert html.count("as usual") == 8
    date = f"{at}{shop.date}/"
    client.post(f"{date}do/", {"do": "draft"})
    html = page(client, date)
    assert milk.name_en in html
    client.post(f"{date}do/", {"do": "line", "product": milk.pk, "quantity": "5"})
    shop.fill(ada, {bread: 1})
    client.post(f"{date}do/", {"do": "basket"})
    lines = Occurrence.objects.get(date=shop.date).items
    assert dict(lines.values_list("product_id", "wanted_quantity")) == {milk.pk: 5, bread.pk: 1}
    assert client.post(f"{date}do/", {"do": "line", "product": 1}).status_code == 404
    assert client.post(f"{date}do/", {"do": "nonsense"}).status_code == 400
    slot = f"{shop.later_slot.pk}@{shop.date}"
    client.post(f"{date}do/", {"do": "move", "slot": slot})
    assert Occurrence.objects.get(date=shop.date).slot == shop.later_slot
    Product.objects.filter(pk=milk.pk).update(price=20)
    client.post(f"{date}do/", {"do": "draft"})
    assert "Order all the same?" in page(client, date)
    client.post(f"{date}do/", {"do": "accept"})
    client.post(f"{date}do/", {"do": "place"})
    order = Order.objects.get()
    assert f"/orders/{order.order_number}/" in page(client, date)
    next_date = f"{at}{Occurrence.objects.filter(state='PLANNED').first().date}/"
    back = client.post(f"{next_date}do/", {"do": "skip", "back": "list"})
    assert back["Location"] == f"{at}#d-{next_date.split('/')[-2]}", "where the hand was"
    seen = page(client, at)
    assert "Bring back" in seen
    assert "Skipped: " in seen
    assert f'id="d-{next_date.split("/")[-2]}"' in seen
    client.post(f"{next_date}do/", {"do": "restore"})
    assert "?from=order:" in page(client, f"/orders/{order.order_number}/")
    assert "2 products are in it" in page(client, f"/standing/new/?from=order:{order.pk}")
    for wrong in ("order:999999", "list:1", "x", "order:" + "9" * 30):
        page(client, f"/standing/new/?from={wrong}", 404)
    assert "Dates that are over" in page(client, f"{at}?past=1")


def test_it_begins_with_the_window_of_the_order_and_says_where_a_card_is_kept(shop):
    ada = shop.customer(card=None)
    order = shop.order(ada, request=shop.request(payment=shop.raw_card("tok_visa")))
    path = f"/standing/new/?from=order:{order.pk}"
    html = page(visitor(ada), path)
    day = day_of_week(shop.date)
    box = html.split(f'id="id_weekdays_{day}"')[0].rpartition("<input")[2]
    assert "checked" in box + html.split(f'id="id_weekdays_{day}"')[1].partition(">")[0]
    assert f'value="{shop.slot.start_time:%H:%M}" selected' in html
    assert 'href="/account/cards/"' in html.split("<main")[1]
    other = shop.customer()
    shop.fill(other, {shop.product(): 1})
    html = page(visitor(other), "/standing/new/")
    assert "you have none yet" not in html
    assert "checked" not in html.split("<main")[1].split("</fieldset>")[0]


def test_one_date_with_another_way_note_and_address(weekly, shop):
    client, at = visitor(weekly.ada), f"/standing/{weekly.row.pk}/{weekly.date}/"
    other = Address.objects.create(user=weekly.ada, line1="7 HaOren", city="Haifa")
    html = page(client, at)
    assert "Another address, this once" in html
    choice = {"do": "choice", "product": weekly.milk.pk, "substitution": "REFUND"}
    client.post(f"{at}do/", {**choice, "note": "  the blue one "})
    line = weekly.one().items.get()
    assert (line.substitution, line.note, line.wanted_quantity) == ("REFUND", "the blue one", 3)
    assert weekly.row.items.get().note == "", "the regular one stays"
    client.post(f"{at}do/", {"do": "line", "product": weekly.milk.pk, "quantity": "4"})
    assert weekly.one().items.get().note == "the blue one"
    too_long = "x" * 201
    for note, way in (
        (too_long, ""),
        ("ripe\u202e", ""),
        ("\u200b", ""),
        ("ripe, please", "SOMEHOW"),
    ):
        refused = client.post(f"{at}do/", {**choice, "substitution": way, "note": note})
        assert refused.status_code == 422
        assert f'value="{note}"' in refused.content.decode(), "nothing typed is lost"
    assert weekly.one().items.get().substitution == "REFUND"
    stranger = Address.objects.create(user=shop.customer(), line1="1 Far", city="Haifa")
    for wrong in ({"product": 2**40}, {"do": "address"}, {"do": "address", "address": stranger.pk}):
        assert client.post(f"{at}do/", {**choice, **wrong}).status_code == 404
    client.post(f"{at}do/", {"do": "address", "address": other.pk})
    assert weekly.one().address == other
    assert "7 HaOren" in page(client, at)
    client.post(f"{at}do/", {"do": "place"})
    order = Order.objects.get()
    assert order.delivery.line1 == "7 HaOren"
    assert order.items.get().note == "the blue one"


def test_editing_pausing_and_ending(weekly, shop):
    client, at = visitor(weekly.ada), f"/standing/{weekly.row.pk}/"
    html = page(client, f"{at}edit/")
    assert f'name="quantity_{weekly.milk.pk}"' in html
    values = form_of(shop, weekly.ada, name="New")
    del values["agree"]
    typed = {**values, f"quantity_{weekly.milk.pk}": "7"}
    assert client.post(f"{at}edit/", typed)["Location"] == at
    assert weekly.row.items.get().quantity == 7
    for bad in ("x", "-1", "0.5", "0"):
        typed[f"quantity_{weekly.milk.pk}"] = bad
        assert client.post(f"{at}edit/", typed).status_code == 422
    client.post(f"{at}do/", {"do": "pause"})
    assert "Go on" in page(client, at)
    client.post(f"{at}do/", {"do": "resume"})
    assert client.post(f"{at}do/", {"do": "end"})["Location"] == "/standing/"
    assert "Ended" in page(client, "/standing/")
    page(visitor(shop.customer()), at, 404)
    assert client.post(f"{at}do/", {"do": "x"}).status_code == 404
    page(client, f"{at}2026-99-99/", 404)


def test_managers_see_failures_first(weekly, shop):
    Product.objects.filter(pk=weekly.milk.pk).update(price=20)
    draft_due(now=clock.now())
    close_unanswered(now=weekly.due())
    html = page(visitor(shop.manager()), "/ops/standing/?state=NOT_PLACED")
    assert weekly.ada.full_name in html
    assert visitor(shop.employee()).get("/ops/standing/").status_code == 403


def test_what_the_office_sees_costs_the_same_for_one_and_for_four(weekly, shop):
    mia = visitor(shop.manager())
    page(mia, "/ops/standing/")
    with CaptureQueriesContext(connection) as of_one:
        page(mia, "/ops/standing/")
    draft_due(now=clock.now())  # one has lines of its own, the others those of their rule
    for _ in range(3):
        set_up(shop)
    with CaptureQueriesContext(connection) as of_four:
        page(mia, "/ops/standing/")
    assert len(of_four) == len(of_one)
    now = clock.now()
    for told in office.told(list(office.all_standing()), now=now):
        alone = occurrence_view(row=told.row, date=told.occurrence.date, now=now)
        assert told.total == alone.basket.total > 0
