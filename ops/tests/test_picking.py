"""The picking screen: answers by thumb, scan and scale, and the end of picking."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import employee, manager
from inventory.selectors import stock_at
from ops.tests.factories import order
from ops.tests.picking_screen import DUE, answer, line, scan, screen
from orders.models import OrderItem

pytestmark = pytest.mark.django_db


def test_lines_come_in_walking_order(client, one):
    page = screen(client, one)
    assert page.index("Yogurt") < page.index("Tomatoes") < page.index("Bread")
    assert 'id="what" dir="auto">Yogurt' in page


def test_an_answer_moves_the_stock_and_shows_the_next_line(client, one):
    answered = answer(client, one, "Yogurt", picked_status="PICKED", picked_quantity="4")
    assert 'id="what" dir="auto">Tomatoes' in answered.content.decode()
    item = line(one, "Yogurt")
    assert (item.picked_status, item.picked_quantity) == ("PICKED", 4)
    stock = stock_at(branch_id=one.branch_id, product_id=item.product_id)
    assert (stock.on_hand, stock.reserved) == (96, 0)


def test_without_script_the_answer_redirects_to_the_next_line(client, one):
    response = answer(client, one, "Yogurt", part=False, picked_status="PICKED")
    assert response.status_code == 302
    page = client.get(response.url).content.decode()
    assert 'id="what" dir="auto">Tomatoes' in page
    assert "Undo: Yogurt" in page


def test_fewer_found(client, one):
    shown = answer(client, one, "Yogurt", found="3").content.decode()
    assert 'name="picked_quantity" value="3"' in shown
    assert line(one, "Yogurt").picked_status == "PENDING"
    answer(client, one, "Yogurt", picked_status="PICKED", picked_quantity="3")
    assert line(one, "Yogurt").picked_quantity == 3


@pytest.mark.parametrize("found", ["0", "99", "-3", "x", "NaN"])
def test_the_number_found_stays_within_what_was_ordered(client, one, found):
    response = answer(client, one, "Yogurt", found=found)
    assert response.status_code in {200, 422}
    assert line(one, "Yogurt").picked_status == "PENDING"


def test_missing_with_a_reason_and_undo(client, one):
    answer(client, one, "Yogurt", picked_status="MISSING", reason="DAMAGED")
    item = line(one, "Yogurt")
    assert (item.picked_status, item.missing_reason) == ("MISSING", "DAMAGED")
    undone = answer(client, one, "Yogurt", picked_status="PENDING").content.decode()
    assert 'id="what" dir="auto">Yogurt' in undone
    item.refresh_from_db()
    assert (item.picked_status, item.picked_quantity) == ("PENDING", None)
    stock = stock_at(branch_id=one.branch_id, product_id=item.product_id)
    assert (stock.on_hand, stock.reserved) == (100, 4)


@pytest.mark.parametrize("typed", ["1.46", "1,46", " 1.46 ", "1.65"])
def test_a_weight_within_the_tolerance(client, one, typed):
    answer(client, one, "Tomatoes", picked_status="PICKED", picked_quantity=typed)
    assert line(one, "Tomatoes").picked_status == "PICKED"


@pytest.mark.parametrize("typed", ["40", "1.651", "", "0", "-1", "1.5kg", "NaN", "1e9"])
def test_a_weight_that_cannot_be_is_refused_and_stays_in_the_field(client, one, typed):
    response = answer(client, one, "Tomatoes", picked_status="PICKED", picked_quantity=typed)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'role="alert"' in page
    assert f'value="{typed}"' in page
    assert line(one, "Tomatoes").picked_status == "PENDING"


def test_a_scan_picks_counted_goods(client, one):
    scan(client, one, "Yogurt", "2900000000017", picked_quantity="4")
    assert line(one, "Yogurt").picked_quantity == 4


def test_a_scan_of_weighed_goods_asks_for_the_weight(client, one):
    response = scan(client, one, "Tomatoes", "2900000000024")
    assert response.status_code == 200
    page = response.content.decode()
    assert "Right item. Put it on the scale" in page
    assert re.search(r'id="kg"[^>]*value=""[^>]*data-focus', page, re.DOTALL)
    assert not re.search(r'id="picked"[^>]*data-focus', page)
    assert line(one, "Tomatoes").picked_status == "PENDING"


def test_a_label_of_the_scales_picks_at_once(client, one):
    wanted = line(one, "Tomatoes").product
    wanted.barcode, wanted.gtin14 = "2101001000001", "02101001000001"
    wanted.save(update_fields=["barcode", "gtin14"])
    too_heavy = scan(client, one, "Tomatoes", "2101001099999"[:12] + "2")
    assert too_heavy.status_code == 422
    assert line(one, "Tomatoes").picked_status == "PENDING"
    assert scan(client, one, "Tomatoes", "2101001014206").status_code == 200
    item = line(one, "Tomatoes")
    assert (item.picked_status, item.picked_quantity) == ("PICKED", Decimal("1.420"))


@pytest.mark.parametrize(
    ("typed", "status"), [("2900000000024", "Right item"), ("4000000000006", "No product of ours")]
)
def test_a_barcode_is_never_a_weight(client, one, typed, status):
    response = answer(client, one, "Tomatoes", picked_status="PICKED", picked_quantity=typed)
    assert status in response.content.decode()
    assert line(one, "Tomatoes").picked_status == "PENDING"


@pytest.mark.parametrize(
    ("barcode", "words"),
    [
        ("2900000000031", "You scanned Bread"),
        ("4000000000006", "No product of ours has the barcode"),
        ("4000000000000", "check digit does not fit"),
        ("", "Scan or type a barcode"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_a_wrong_scan_changes_nothing_and_says_what_was_scanned(client, one, barcode, words):
    response = scan(client, one, "Yogurt", barcode)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not OrderItem.objects.exclude(picked_status="PENDING").exists()


def test_a_line_of_another_order_is_not_found(client, one):
    other = order(due_at=DUE, status="IN_PROGRESS")
    item = OrderItem.objects.get(order=other)
    address = reverse("ops:answer", args=[one.order_number, item.pk])
    assert client.post(address, {"picked_status": "PICKED"}).status_code == 404
    assert (
        client.get(reverse("ops:pick", args=[one.order_number]) + f"?item={item.pk}").status_code
        == 404
    )
    item.refresh_from_db()
    assert item.picked_status == "PENDING"


def answer_all(client, one, *, missing=""):
    for name, quantity in (("Yogurt", 4), ("Tomatoes", "1.5"), ("Bread", 1)):
        if name == missing:
            answer(client, one, name, picked_status="MISSING", reason="OUT_OF_STOCK")
        else:
            answer(client, one, name, picked_status="PICKED", picked_quantity=quantity)


@pytest.mark.parametrize(("missing", "status"), [("", "READY"), ("Bread", "MISSING")])
def test_the_end_of_picking(client, one, missing, status):
    answer_all(client, one, missing=missing)
    response = client.post(reverse("ops:finish", args=[one.order_number]), {"bags": "3"})
    assert response.status_code == 302
    one.refresh_from_db()
    assert (one.status, one.bags) == (status, 3)


def test_finishing_with_pending_lines_is_refused(client, one):
    response = client.post(reverse("ops:finish", args=[one.order_number]), {"bags": "3"})
    assert response.status_code == 422
    one.refresh_from_db()
    assert (one.status, one.bags) == ("IN_PROGRESS", None)


@pytest.mark.parametrize("bags", ["0", "-1", "100", "x"])
def test_bags_that_cannot_be_counted(client, one, bags):
    answer_all(client, one)
    response = client.post(reverse("ops:finish", args=[one.order_number]), {"bags": bags})
    assert response.status_code == 422
    one.refresh_from_db()
    assert one.status == "IN_PROGRESS"


def test_somebody_elses_order_offers_to_take_it_over(client, one):
    one.picker = employee(full_name="Dan Peretz")
    one.save()
    page = screen(client, one)
    assert "Dan Peretz is packing this order" in page
    assert 'id="thumb"' not in page


@pytest.mark.parametrize("size", [3, 30])
def test_the_screen_takes_the_same_statements_for_any_length(
    client, eli, size, django_assert_max_num_queries
):
    long = order(due_at=DUE, lines=size, status="IN_PROGRESS", picker=eli)
    screen(client, long)
    with django_assert_max_num_queries(6):
        screen(client, long)


# -- the order's page --------------------------------------------------------------------------


def move(client, one, to, reason=""):
    return client.post(
        reverse("ops:status", args=[one.order_number]), {"status": to, "reason": reason}
    )


def test_a_manager_sees_a_delivery_to_the_door(client, one):
    answer_all(client, one)
    client.post(reverse("ops:finish", args=[one.order_number]), {"bags": "1"})
    client.force_login(manager())
    page = client.get(reverse("ops:order", args=[one.order_number])).content.decode()
    assert 'value="OUT_FOR_DELIVERY"' in page
    assert 'value="DELIVERED"' not in page
    move(client, one, "OUT_FOR_DELIVERY")
    move(client, one, "DELIVERED")
    one.refresh_from_db()
    assert one.status == "DELIVERED"
    assert [c.status for c in one.timeline.order_by("id")] == [
        "READY",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
    ]


def test_an_employee_delivers_nothing(client, one):
    one.status = "READY"
    one.save()
    page = client.get(reverse("ops:order", args=[one.order_number])).content.decode()
    assert 'value="OUT_FOR_DELIVERY"' not in page
    move(client, one, "OUT_FOR_DELIVERY")
    one.refresh_from_db()
    assert one.status == "READY"


@pytest.mark.parametrize("to", ["", "NONSENSE", "CREATED", "DELIVERED"])
def test_transitions_out_of_order_change_nothing(client, one, to):
    client.force_login(manager())
    page = move(client, one, to)
    assert page.status_code == 302
    one.refresh_from_db()
    assert one.status == "IN_PROGRESS"


@pytest.mark.parametrize("size", [3, 30])
def test_the_orders_page_takes_the_same_statements_for_any_length(
    client, size, django_assert_max_num_queries
):
    client.force_login(manager())
    long = order(due_at=DUE, lines=size)
    address = reverse("ops:order", args=[long.order_number])
    client.get(address)
    with django_assert_max_num_queries(12):  # what it costs counts its deposits
        client.get(address)


# -- after picking -----------------------------------------------------------------------------


@pytest.fixture
def pickup(client, eli):
    client.force_login(manager())
    return order(due_at=DUE, status="READY", pickup=True, was_ready=True)


@pytest.mark.parametrize("code", ["", "000000", "12345", "1234567", "١٢٣٤٥٦", "x" * 50])
def test_a_wrong_code_hands_nothing_over(client, pickup, code):
    address = reverse("ops:hand_over", args=[pickup.order_number])
    response = client.post(address, {"code": code}, follow=True)
    assert "Nothing was handed over" in response.content.decode()
    pickup.refresh_from_db()
    assert pickup.status == "READY"


def test_the_right_code_hands_it_over(client, pickup):
    page = client.get(reverse("ops:order", args=[pickup.order_number])).content.decode()
    assert 'name="code"' in page
    client.post(reverse("ops:hand_over", args=[pickup.order_number]), {"code": "123 456"})
    pickup.refresh_from_db()
    assert pickup.status == "DELIVERED"


def test_a_manager_lets_an_order_go_without_what_is_missing(client, one):
    answer_all(client, one, missing="Bread")
    client.post(reverse("ops:finish", args=[one.order_number]), {"bags": "1"})
    client.force_login(manager())
    page = client.get(reverse("ops:order", args=[one.order_number])).content.decode()
    assert "Ready, without what is missing" in page
    move(client, one, "READY")
    one.refresh_from_db()
    assert one.status == "READY"
