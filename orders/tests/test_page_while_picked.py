"""What customer, staff and the API are told of an order while it is picked: the same sums."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from core import clock
from orders.models import Order
from orders.services import substitute
from orders.tests.test_customers_choice import finish, ordered, pick
from tests.api_client import ApiClient
from tests.html import one_line
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def seen(client: Client, order: Order, *, language: str = "en") -> str:
    client.cookies["mami_language"] = language
    client.force_login(order.user)
    return one_line(client.get(f"/orders/{order.order_number}/"))


def part(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>")[0].split("</dl>")[0]


def test_what_ran_out_counts_at_once_on_every_face(shop: Shop, client: Client) -> None:
    """The page said "at most" the whole sum until the last line was answered; the API did not."""
    milk, bread = shop.product(price=Decimal(20)), shop.product(price=Decimal(150))
    order = ordered(shop, {milk: 2, bread: 1}, "REFUND")
    pick(order, milk, None)
    body = ApiClient(order.user).get(f"/orders/{order.pk}").json()["data"]
    assert body["amount_due"] == "150.00"
    page = seen(client, order)
    assert "at most \u2066₪150.00\u2069" in page
    money = part(page, "order-money")
    assert "At most" in money, "a line is still to be picked"
    assert "−₪40.00" in money
    client.force_login(shop.manager())
    staff = one_line(client.get(f"/ops/orders/{order.order_number}/"))
    assert "At most <b><bdi" in staff
    assert "₪150.00" in staff.split('class="money-bar"')[1].split("</div> </div>")[0]


@pytest.mark.parametrize(("language", "now"), [("en", "today"), ("he", "היום")])
def test_a_moment_inside_a_sentence_is_no_heading(
    shop: Shop, client: Client, language: str, now: str
) -> None:
    """It was "until Today, 22:00"."""
    order = shop.order(request=shop.pickup())
    page = seen(client, order, language=language)
    assert "Today," not in part(page, "order-heading")
    assert "Until Today" not in page
    assert "until today" in page or "tomorrow" in page or language == "he"


def test_a_substitute_says_what_it_moved_and_why_it_costs_no_more(
    shop: Shop, client: Client
) -> None:
    """Its own price stood there as if it had been added, and twice ₪11.50 were ₪19.80."""
    milk, bread = shop.product(price=Decimal("9.90")), shop.product()
    other = shop.product(price=Decimal("11.50"), name_en="Other milk")
    order = ordered(shop, {milk: 2, bread: 1}, "BEST_MATCH")
    pick(order, bread, 1)
    pick(order, milk, None)
    item = order.items.get(product=milk)
    assert order.picker is not None
    substitute(
        actor=order.picker, order_id=order.pk, item_id=item.pk, product_id=other.pk,
        quantity=Decimal(2), now=clock.now(),
    )  # fmt: skip
    assert finish(order) == "READY"
    page = seen(client, order)
    changed = part(page, "order-changes")
    assert "→" not in changed
    assert "became" in changed
    assert "19.80" not in changed
    assert "₪3.20</bdi> off, so that it costs no more" in part(page, "order-items")
    assert "2 products" in part(page, "order-items"), "what was replaced does not come"


def test_the_packer_reads_who_decides(shop: Shop, client: Client) -> None:
    """A manager was said to decide about what its customer wants nothing for."""
    milk, bread = shop.product(name_en="Milk"), shop.product(name_en="Bread")
    order = ordered(shop, {milk: 1, bread: 1}, "REFUND")
    pick(order, milk, 1)
    pick(order, bread, None)
    client.cookies["mami_language"] = "en"
    client.force_login(order.picker)
    path = f"/ops/orders/{order.order_number}/pick/"
    page = one_line(client.get(path))
    assert "The customer wants nothing instead and does not pay for it: <bdi>Bread" in page
    assert "A manager decides" not in page
    order.items.filter(product=bread).update(substitution="BEST_MATCH")
    assert "A manager decides what happens with the missing items:" in one_line(client.get(path))


def test_staff_see_what_a_line_costs_as_packed(shop: Shop, client: Client) -> None:
    milk, bread = shop.product(price=Decimal("7.90")), shop.product()
    order = ordered(shop, {milk: 3, bread: 1}, "REFUND")
    pick(order, milk, 2)
    pick(order, bread, None)
    client.cookies["mami_language"] = "en"
    client.force_login(shop.manager())
    page = one_line(client.get(f"/ops/orders/{order.order_number}/"))
    lines = page.split('class="olines"')[1].split("</ul>")[0]
    assert "15.80" in lines
    assert "23.70" not in lines
