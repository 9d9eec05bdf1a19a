"""The mails about an order, from the checkout that owes them to the letter that is sent."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from accounts.models import User
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import propose_change
from core import clock
from core.clock import shop_date, shop_instant
from notifications import services as notifications
from notifications.models import Message
from orders import services
from orders.tests.test_refunding import left
from payments.services import perform_open_calls
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def customer(shop: Shop, language: str) -> User:
    person = shop.customer()
    person.full_name, person.language = "Ada <Levi>", language
    person.save()
    return person


def send(kind: str, mailoutbox: list[Any], *, spoken: str = "en") -> Any:
    """The letter of the newest message of `kind`, sent by a worker that speaks `spoken`."""
    message = Message.objects.filter(kind=kind).latest("id")
    mailoutbox.clear()
    with translation.override(spoken):  # it must not matter
        noon = shop_instant(shop_date(clock.now()), dt.time(12))  # at night some of them wait
        assert notifications.deliver(dedupe_key=message.dedupe_key, now=noon)
    (mail,) = mailoutbox
    if folder := os.environ.get("MAMI_LETTERS"):  # to look at them in a browser
        name = f"{kind}-{Message.objects.count()}-{message.user.language}.html"
        Path(folder, name).write_text(mail.alternatives[0].content, encoding="utf-8")
    return mail


WORDS = {
    "he": ["הזמנה", "לכל היותר", "נגיע ב", "מוצר", "סה״כ", "משלוח"],
    "en": ["order", "Total, at most", "It comes to you on", "Product", "Delivery"],
}


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_confirmation_tells_what_was_agreed(shop, mailoutbox, language):
    order = shop.order(
        customer(shop, language), {shop.product(): 3, shop.weighed(): Decimal("1.5")}
    )
    mail = send("order_confirmed", mailoutbox)
    html = mail.alternatives[0].content
    assert order.order_number in mail.subject
    for text in (mail.body, html):
        for expected in (
            *WORDS[language], order.order_number, "₪30.00", "₪13.35", "₪73.35",
            "10:00–12:00", f"/orders/{order.order_number}/",
        ):  # fmt: skip
            assert expected in text, expected
    assert "Ada <Levi>" in mail.body
    assert "<Levi>" not in html
    assert f'lang="{language}"' in html
    assert "kg" in mail.body if language == "en" else "ק״ג" in mail.body


def test_a_pickup_tells_where_and_the_code(shop, mailoutbox):
    order = shop.order(customer(shop, "en"), request=shop.pickup())
    mail = send("order_confirmed", mailoutbox)
    assert order.branch.name_en in mail.body
    assert order.pickup.code in mail.body
    assert "Delivery" not in mail.body
    assert "You collect it at" in mail.body
    assert "It can be collected until" in mail.body


@pytest.mark.parametrize("language", ["he", "en"])
def test_leaving_tells_what_was_charged(shop, mailoutbox, language):
    order = shop.order(customer(shop, language))
    manager, employee = shop.manager(), shop.employee()
    now = clock.now()
    services.claim_order(actor=employee, order_id=order.pk, now=now)
    for item in order.items.all():
        services.pick_item(
            actor=employee, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
            picked_quantity=item.quantity, now=now,
        )  # fmt: skip
    services.finish_picking(actor=employee, order_id=order.pk, now=now)
    services.change_status(actor=manager, order_id=order.pk, to="OUT_FOR_DELIVERY", now=now)
    perform_open_calls(now=clock.now())
    mail = send("out_for_delivery", mailoutbox)
    assert "₪60.00" in mail.body
    assert ("חויבו" if language == "he" else "We charged") in mail.body


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("he", ["לא הצלחנו למסור את ההזמנה", "מתי נבוא שוב"]),
        ("en", ["could not hand your order over", "when we come again"]),
    ],
)
def test_a_visit_in_vain_asks_for_another_time(shop, mailoutbox, language, words):
    order = left(shop, shop.order(customer(shop, language)))
    services.change_status(
        actor=shop.manager(),
        order_id=order.pk,
        to="DELAYED",
        now=clock.now(),
        reason_code="NOT_HOME",
    )
    mail = send("order_delayed", mailoutbox)
    text = mail.subject + mail.body
    for word in words:
        assert word in text
    assert "We are late" not in text
    assert "Nothing more is charged" in text or language == "he"
    assert f"/orders/{order.order_number}/" in text


def test_what_has_passed_is_not_told(shop, mailoutbox):
    order = shop.order(customer(shop, "en"))
    services.change_status(actor=shop.manager(), order_id=order.pk, to="DELAYED", now=clock.now())
    message = Message.objects.get(kind="order_delayed")
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="IN_PROGRESS", now=clock.now()
    )
    assert not notifications.deliver(dedupe_key=message.dedupe_key, now=clock.now())
    assert mailoutbox == []


def test_the_message_itself_holds_keys_only(shop):
    order = shop.order(customer(shop, "he"))
    message = Message.objects.get(kind="order_confirmed")
    assert message.context == {"order_id": order.pk}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("he", ["אנחנו מבקשים לשנות את ההזמנה", "לכל היותר"]),
        ("en", ["We would like to change your order", "At most"]),
    ],
)
def test_a_change_that_staff_propose(shop, mailoutbox, language, words):
    milk = shop.product(price=Decimal(20), name_en="Milk", name_he="חלב")
    order = shop.order(customer(shop, language), {milk: 2}, request=shop.pickup())
    propose_change(
        actor=shop.manager(),
        order_id=order.pk,
        request=ChangeRequest(
            lines=(ChangeLine(product_id=milk.pk, quantity=Decimal(3)),),
            expected_version=1,
            expected_total=Decimal(60),
            reason="you <rang>",
        ),
        now=clock.now(),
    )
    mail = send("substitute_question", mailoutbox)
    page = mail.alternatives[0].content
    for text in (mail.body, page):
        assert "60.00" in text
        assert f"/orders/{order.order_number}/" in text
        for word in words:
            assert word in text
    assert "you &lt;rang&gt;" in page
    assert "you <rang>" in mail.body
