"""The staff's page of an order: what can be done now, its customer at a glance, what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import change
from core import clock
from ops.api.orders import shown
from orders import services
from orders.models import Order
from orders.services import RefundRequest
from orders.tests.test_refunding import left
from orders.tests.test_transitions import picked, settle
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def page(client: Client, person: User, order: Order) -> str:
    client.force_login(person)
    return client.get(f"/ops/orders/{order.order_number}/").content.decode()


def acts(client: Client, person: User, order: Order) -> list[str]:
    """What is offered of change, another window, refund, slip and the end."""
    html = page(client, person, order)
    place = f"/ops/orders/{order.order_number}"
    wanted = [f'{place}/{name}/"' for name in ("change", "reslot", "refund", "slip")]
    return [name for name in (*wanted, 'value="CANCELED"') if name in html]


def names(found: list[str]) -> list[str]:
    return [name.strip('"/').rsplit("/", 1)[-1].removeprefix('value="') for name in found]


def test_what_may_not_be_done_is_not_drawn(shop: Shop, client: Client) -> None:
    order, mia, eli = shop.order(), shop.manager(), shop.employee()
    assert names(acts(client, mia, order)) == ["change", "reslot", "slip", "CANCELED"]
    assert names(acts(client, eli, order)) == ["slip"]
    left(shop, order)
    assert names(acts(client, mia, order)) == ["refund", "slip"]
    services.change_status(
        actor=mia, order_id=order.pk, to="DELAYED", reason_code="NOT_HOME", now=clock.now()
    )
    assert names(acts(client, mia, order)) == ["change", "reslot", "refund", "slip", "CANCELED"]


def test_ones_own_order(shop: Shop, client: Client) -> None:
    order = shop.order()
    User.objects.filter(pk=order.user_id).update(role="MANAGER")
    owner = User.objects.get(pk=order.user_id)
    assert names(acts(client, owner, order)) == ["slip"]


def test_the_story_is_in_words(shop: Shop, client: Client) -> None:
    goods = {shop.product(sku="A"): 1, shop.product(sku="B"): 1}
    order, mia = shop.order(quantities=goods), shop.manager()
    asked = ChangeRequest(notes="ring twice", expected_version=1, expected_total=order.total_amount)
    change(actor=order.user, order_id=order.pk, key="k", request=asked, request_id="test",
           now=clock.now())  # fmt: skip
    order.items.update(substitution="REFUND")
    picked(shop, order, B=None)
    client.cookies["mami_language"] = "en"
    story = page(client, mia, order).split('class="timeline"')[1].split("</ol>")[0]
    assert "changed by its customer" in story
    assert "as its customer chose" in story
    assert "BY_CUSTOMERS_CHOICE" not in story


def test_a_change_of_the_total_is_told_with_both(shop: Shop, client: Client) -> None:
    """More, for which money is held, and less, for which none is asked."""
    order, mia = shop.order(quantities={shop.product(price=Decimal("80.00")): 2}), shop.manager()
    product, before = order.items.get().product_id, order.total_amount
    client.cookies["mami_language"] = "en"
    assert 'sr">became' not in page(client, mia, order)
    totals = [str(before)]
    for version, (quantity, total) in enumerate([(3, "240.00"), (1, "110.00")], start=1):
        asked = ChangeRequest(
            lines=(ChangeLine(product_id=product, quantity=Decimal(quantity)),),
            expected_version=version,
            expected_total=Decimal(total),
        )
        change(actor=order.user, order_id=order.pk, key=f"k{version}", request=asked,
               request_id="test", now=clock.now())  # fmt: skip
        totals.append(total)
    story = page(client, mia, order).split('class="timeline"')[1].split("</ol>")[0]
    steps = [step for step in story.split("<li ") if 'sr">became' in step]
    pairs = [[Decimal(sum_) for sum_ in re.findall(r"₪([0-9.]+)", step)] for step in steps]
    wanted = [Decimal(total) for total in totals]
    assert pairs == [wanted[:2], wanted[1:]]


def test_what_was_asked_stands_in_the_story(shop: Shop, client: Client) -> None:
    order, mia = shop.order(quantities={shop.product(name_en="Milk"): 2}), shop.manager()
    other = shop.product()
    client.cookies["mami_language"] = "en"
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    item = order.items.get()
    services.ask_customer(actor=mia, order_id=order.pk, item_id=item.pk, product_ids=[other.pk],
                          now=clock.now())  # fmt: skip
    html = page(client, mia, order)
    assert "asks the customer, " in html.split('class="timeline"')[0]
    story = html.split('class="timeline"')[1].split("</ol>")[0]
    assert "asked its customer about Milk" in story
    assert 'aria-current="step"' in story.rsplit("<li ", 1)[1]
    assert "<p>until " in story
    question = order.questions.get()
    services.answer_question(actor=order.user, order_id=order.pk, question_id=question.pk,
                             accept=False, now=clock.now())  # fmt: skip
    story = page(client, mia, order).split('class="timeline"')[1].split("</ol>")[0]
    assert "not wanted" in story
    assert "<p>until " not in story


def test_the_customer_at_a_glance(shop: Shop, client: Client) -> None:
    ada, mia = shop.customer(), shop.manager()
    first, second = shop.order(ada), shop.order(ada)
    left(shop, first)
    some = RefundRequest(amount=Decimal("7.00"), reason_code="LATE")
    services.refund(actor=mia, order_id=first.pk, request=some, key="k", now=clock.now())
    settle(first)
    services.cancel(actor=ada, order_id=second.pk, now=clock.now())
    html = page(client, mia, first)
    glance = html.split('class="glance"')[1].split("</div>")[0]
    assert [part.split("</b>")[0] for part in glance.split("<b>")[1:3]] == ["2", "1"]
    assert "7.00" in glance
    assert f"/ops/customers/{ada.pk}/" in html
    steps = html.split('class="timeline"')[1].split("</ol>")[0]
    assert steps.count('class="done"') == first.timeline.count() - 1
    assert steps.count('aria-current="step"') == 1


def test_after_the_charge_nothing_is_held_any_more(shop: Shop, client: Client) -> None:
    """It said the whole hold, as held and as charged."""
    cheap, dear = shop.product(price=Decimal(20)), shop.product(price=Decimal(80))
    order = shop.order(quantities={cheap: 1, dear: 1})
    left(shop, order, **{dear.sku.replace("-", "_"): None})
    client.cookies["mami_language"] = "en"
    html = page(client, shop.manager(), order)
    tiles = " ".join(re.sub("<[^>]+>", " ", html.split('class="money-bar"')[1]).split())
    assert tiles.startswith("> Held ₪0.00 Agreed ₪")
    holds = " ".join(re.sub("<[^>]+>", " ", html.split(">Holds<")[1].split("</ul>")[0]).split())
    order.payment.refresh_from_db()
    assert f"₪{order.payment.captured} of ₪{order.payment.amount}" in holds


def test_what_is_not_paid_is_not_offered_to_leave(shop: Shop, client: Client) -> None:
    """It was drawn, and refused once it was pressed; by the API as on the page."""

    def told() -> list[str]:
        return shown(mia, order.pk).allowed

    order = shop.order()
    picked(shop, order)
    order.refresh_from_db()
    assert order.status == "READY"
    mia = shop.manager()
    assert 'value="OUT_FOR_DELIVERY"' in page(client, mia, order)
    assert told() == ["OUT_FOR_DELIVERY", "DELAYED"]
    payment = order.payment
    payment.state, payment.failure = "UNPAID", "expired"
    payment.save()
    html = page(client, mia, order)
    assert 'value="OUT_FOR_DELIVERY"' not in html
    assert told() == ["DELAYED"]
    assert f"/ops/orders/{order.order_number}/request-payment/" in html
