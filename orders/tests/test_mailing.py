"""The mails about an order, from the checkout that owes them to the letter that is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from accounts.models import User
from mami import clock
from notifications import services as notifications
from notifications.models import Message
from orders import services
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


def send(kind: str, mailoutbox: list[Any]) -> Any:
    """The letter of the newest message of `kind`."""
    message = Message.objects.filter(kind=kind).latest("id")
    mailoutbox.clear()
    with translation.override("en"):  # the worker's own language must not matter
        assert notifications.deliver(dedupe_key=message.dedupe_key, now=clock.now())
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
    assert "free" in mail.body


@pytest.mark.parametrize("language", ["he", "en"])
def test_leaving_tells_what_was_charged(shop, mailoutbox, language):
    order = shop.order(customer(shop, language))
    manager, employee = shop.manager(), shop.employee()
    now = clock.now()
    services.claim(actor=employee, order_id=order.pk, now=now)
    for item in order.items.all():
        services.pick_item(
            actor=employee, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
            picked_quantity=item.quantity, now=now,
        )  # fmt: skip
    services.finish_picking(actor=employee, order_id=order.pk, now=now)
    services.change_status(actor=manager, order_id=order.pk, to="OUT_FOR_DELIVERY", now=now)
    perform_open_calls(now=clock.now())
    mail = send("order_status", mailoutbox)
    assert "₪60.00" in mail.body
    assert ("חויבו" if language == "he" else "We charged") in mail.body


def test_what_has_passed_is_not_told(shop, mailoutbox):
    order = shop.order(customer(shop, "en"))
    services.change_status(actor=shop.manager(), order_id=order.pk, to="DELAYED", now=clock.now())
    message = Message.objects.get(kind="order_status")
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="IN_PROGRESS", now=clock.now()
    )
    assert not notifications.deliver(dedupe_key=message.dedupe_key, now=clock.now())
    assert mailoutbox == []


def test_the_message_itself_holds_keys_only(shop):
    order = shop.order(customer(shop, "he"))
    message = Message.objects.get(kind="order_confirmed")
    assert message.context == {"order_id": order.pk}
