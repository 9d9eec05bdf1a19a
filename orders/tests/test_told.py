"""What customers have to be told of their orders besides: where and until when, what is another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from catalog.templatetags.shop import weekday_date
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import change, preview_change
from core import clock
from core.clock import SHOP_TZ, shop_date
from notifications.events import EVENTS, context_maker
from notifications.letters import compose, short_text
from notifications.models import Message
from orders import mailing, services
from orders.services import ItemPart
from orders.tests.test_mailing import customer, send
from orders.tests.test_refunding import ask, left
from orders.tests.test_transitions import picked, settle
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def as_it_is_now(kind: str, language: str = "en") -> Any:
    """The letter of the newest message of `kind` as it would be written now."""
    message = Message.objects.filter(kind=kind).latest("id")
    with translation.override(language):
        context = context_maker(kind)(**message.context)
    return compose(
        event=EVENTS[kind], context={**context, "person": message.user}, language=language,
        to="a@mami.test", user_id=message.user_id, dedupe_key="k",
    )  # fmt: skip


def test_ready_to_be_picked_up_tells_code_address_and_hours(shop, mailoutbox):
    order = shop.order(customer(shop, "en"), request=shop.pickup())
    branch = order.branch
    branch.opening_hours = {str(day): ["00:00", "23:50"] for day in range(7)}
    branch.save()
    picked(shop, order)
    mail = send("order_ready", mailoutbox)
    for text in (mail.body, mail.alternatives[0].content):
        for expected in (
            order.pickup.code, branch.name_en, branch.address_en, branch.city_en, "00:00–23:50",
        ):  # fmt: skip
            assert expected in text, expected
    with translation.override("en"):
        assert weekday_date(shop_date(clock.now())) in mail.body


def test_leaving_tells_when_it_comes_while_it_may(shop, mailoutbox):
    order = left(shop, shop.order(customer(shop, "en")))
    mail = send("out_for_delivery", mailoutbox)
    for text in (mail.body, mail.alternatives[0].content):
        assert "10:00–12:00" in text
    order.dated_slot.date -= dt.timedelta(days=40)  # its window is long over
    order.dated_slot.save()
    assert "10:00–12:00" not in as_it_is_now("out_for_delivery").text


def test_a_delay_tells_the_new_time_once_it_is_known(shop, mailoutbox):
    order = left(shop, shop.order(customer(shop, "en")))
    manager = shop.manager()
    services.change_status(
        actor=manager, order_id=order.pk, to="DELAYED", now=clock.now(), reason_code="NOT_HOME"
    )
    assert "10:00–12:00" not in send("order_delayed", mailoutbox).body
    window = order.dated_slot
    services.reslot(
        actor=manager, order_id=order.pk, slot_id=window.slot_id,
        date=window.date + dt.timedelta(days=7), reason="we come again", now=clock.now(),
    )  # fmt: skip
    again = as_it_is_now("order_delayed")
    for text in (again.text, again.html):
        assert "10:00–12:00" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["3 instead of 2", "taken out", "added: 1.5 kg", "It was ₪"]),
        ("he", ["3 במקום 2", "הוסר", "נוסף: 1.5 ק״ג", "קודם היה"]),
    ],
)
def test_a_change_tells_what_is_another_one(shop, mailoutbox, language, words):
    milk, bread = shop.product(price=Decimal(20)), shop.product(price=Decimal(150))
    tomatoes = shop.weighed()
    ada = customer(shop, language)
    order = shop.order(ada, {milk: 2, bread: 1}, request=shop.pickup())
    asked = ChangeRequest(
        lines=(
            ChangeLine(product_id=milk.pk, quantity=Decimal(3)),
            ChangeLine(product_id=tomatoes.pk, quantity=Decimal("1.5")),
        ),
        expected_version=1,
    )  # fmt: skip
    seen = preview_change(actor=ada, order_id=order.pk, request=asked, now=clock.now())
    change(
        actor=ada, order_id=order.pk, key="k", request_id="", now=clock.now(),
        request=replace(asked, expected_total=seen.plan.totals.total),
    )  # fmt: skip
    message = Message.objects.get(kind="order_changed")
    assert set(message.context) == {"order_id", "version", "was", "slot", "total"}
    assert milk.name_en not in str(message.context), "keys and numbers alone"
    mail = send("order_changed", mailoutbox)
    for text in (mail.body, mail.alternatives[0].content):
        for word in words:
            assert word in text, word


def test_another_time_for_what_is_paid_says_that_nothing_more_is_charged(shop, mailoutbox):
    order = left(shop, shop.order(ada := customer(shop, "en")))
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="DELAYED", now=clock.now(),
        reason_code="NOT_HOME",
    )  # fmt: skip
    window = order.dated_slot
    order.refresh_from_db()
    change(
        actor=ada, order_id=order.pk, key="k", request_id="", now=clock.now(),
        request=ChangeRequest(
            delivery_slot_id=window.slot_id,
            delivery_date=window.date + dt.timedelta(days=7),
            expected_version=order.version,
            expected_total=order.total_amount,
        ),
    )  # fmt: skip
    mail = send("order_changed", mailoutbox)
    for text in (mail.body, mail.alternatives[0].content):
        assert "another time" in text
        assert "nothing more is charged" in text
        assert "only after we have packed" not in text


@pytest.mark.parametrize(("language", "words"), [("he", "אפשר לענות עד"), ("en", "answer until")])
def test_a_question_tells_until_when(shop, mailoutbox, language, words):
    juice = shop.product(stock=5, price=Decimal(8))
    order = shop.order(customer(shop, language), {juice: 2})
    item = order.items.get()
    item.substitution = "CALL_ME"
    item.save()
    shop.product(stock=5, price=Decimal(8))
    employee, now = shop.employee(), clock.now()
    services.claim_order(actor=employee, order_id=order.pk, now=now)
    services.pick_item(
        actor=employee, order_id=order.pk, item_id=item.pk, picked_status="MISSING",
        reason="OUT_OF_STOCK", now=now,
    )  # fmt: skip
    question = services.ask_customer(
        actor=employee, order_id=order.pk, item_id=item.pk, product_ids=[], now=now
    )
    mail = send("substitute_question", mailoutbox)
    at = f"{question.answer_until.astimezone(SHOP_TZ):%H:%M}"
    for text in (mail.body, mail.alternatives[0].content):
        assert words in text
        assert at in text
    with translation.override(language):
        context = mailing.question_context(order_id=order.pk, question_id=question.pk)
    assert at in short_text(event=EVENTS["substitute_question"], context=context, language=language)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["Milk", "It ran out", "You do not pay"]), ("he", ["חלב", "אזל"])],
)
def test_words_and_names_are_the_readers_whatever_the_worker_speaks(
    shop, mailoutbox, language, words
):
    """They were the worker's: a reader of English was told in Hebrew what had changed."""
    milk = shop.product(name_en="Milk", name_he="חלב")
    order = shop.order(customer(shop, language), {milk: 2, shop.product(): 1})
    order.items.filter(product=milk).update(substitution="REFUND")
    picked(shop, order, **{milk.sku.replace("-", "_"): None})
    for spoken in ("he", "en"):
        mail = send("order_missing", mailoutbox, spoken=spoken)
        Message.objects.filter(kind="order_missing").update(state="QUEUED", send_after=None)
        for text in (mail.body, mail.alternatives[0].content):
            for word in words:
                assert word in text, (spoken, word)


def test_a_refund_tells_what_for(shop, mailoutbox):
    order = left(shop, shop.order(customer(shop, "en")))
    ask(
        shop.manager(), order, "k", ItemPart(id=order.items.get().pk, quantity=Decimal(1)),
        reason_code="DAMAGED", reason="The carton leaked",
    )  # fmt: skip
    settle(order)
    mail = send("refund_issued", mailoutbox)
    for text in (mail.body, mail.alternatives[0].content):
        assert "Damaged: " in text
        assert "The carton leaked" in text
