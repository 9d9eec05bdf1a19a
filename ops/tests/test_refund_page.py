"""The refund screen: two steps, refusals at their fields, for managers only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from billing.selectors import documents_of
from core import clock
from orders.models import Order
from orders.refund_models import RefundLine
from orders.services import ItemPart, RefundRequest, refund
from orders.tests.test_refunding import left
from orders.tests.test_transitions import settle
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def order(shop: Shop) -> Order:
    """Two of 20.00 and the fee: 70.00 charged."""
    return left(shop, shop.order(quantities={shop.product(sku="A", price=Decimal(20)): 2}))


def path(order: Order) -> str:
    return f"/ops/orders/{order.order_number}/refund/"


def manager(shop: Shop, client: Client, language: str = "en") -> Client:
    client.cookies["mami_language"] = language
    client.force_login(shop.manager())
    return client


def hidden(body: str) -> dict[str, str]:
    """The second form's fields."""
    form = body[body.index('name="confirm"') - 4000 : body.index('name="confirm"')]
    form = form[form.rindex("<form") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {**dict(found), "confirm": "1"}


def test_the_first_step_shows_the_sum_and_the_second_acts(
    shop: Shop, client: Client, order: Order
) -> None:
    manager(shop, client)
    line = order.items.get().pk
    typed = {f"quantity_{line}": "2", "fee": "10,00", "reason_code": "LATE", "reason": "sorry"}
    first = client.post(path(order), typed)
    assert first.status_code == 200
    body = first.content.decode()
    assert "50" in body[body.index("Given back now") :][:200]
    assert "7.63" in body[body.index("of it VAT") :][:200]
    assert not RefundLine.objects.exists()
    answers = hidden(body)
    assert answers[f"quantity_{line}"] == "2"
    for _again in range(2):  # a second press of the button is the same refund
        second = client.post(path(order), answers)
        assert second.status_code == 302
    settle(order)
    assert {(one.kind, one.amount) for one in RefundLine.objects.all()} == {
        ("ITEM", Decimal("40.00")),
        ("FEE", Decimal("10.00")),
    }
    page = client.get(path(order)).content.decode()
    note = documents_of(order_id=order.pk)[0]
    assert note.number in page
    assert sum(part.vat for part in note.vat) == Decimal("7.63")
    assert "sorry" in page
    assert "Given back already" in page


@pytest.mark.parametrize("language", ["he", "en"])
def test_more_than_is_left_is_said_at_the_field_and_nothing_typed_is_lost(
    shop: Shop, client: Client, order: Order, language: str
) -> None:
    manager(shop, client, language)
    line = order.items.get().pk
    typed = {f"quantity_{line}": "3", "reason_code": "QUALITY", "reason": "soft"}
    response = client.post(path(order), typed)
    assert response.status_code == 422
    body = response.content.decode()
    assert f'id="id_quantity_{line}-error"' in body
    assert 'value="3"' in body
    assert "soft" in body
    assert "40.00" in body
    assert not RefundLine.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"reason_code": "LATE"},
        {"reason_code": "OTHER", "amount": "1"},
        {"reason_code": "LATE", "amount": "0"},
        {"reason_code": "LATE", "amount": "-1"},
        {"reason_code": "LATE", "amount": "1e1"},
        {"reason_code": "LATE", "fee": "x"},
        {"reason_code": "LATE", "fee": "30.01"},
        {"reason_code": "LATE", "amount": "70.01"},
        {"reason_code": "LATE", "amount": "1.00", "fee": "1.00"},
        {"reason_code": "NONSENSE", "amount": "1"},
    ],
)
def test_bad_input_is_a_sentence(
    shop: Shop, client: Client, order: Order, typed: dict[str, str]
) -> None:
    manager(shop, client)
    response = client.post(path(order), {**typed, "confirm": "1", "key": "k"})
    assert response.status_code == 422
    assert (
        'class="error"' in response.content.decode() or "form-errors" in response.content.decode()
    )
    assert not RefundLine.objects.exists()


def test_who_may(shop: Shop, client: Client, order: Order) -> None:
    client.force_login(shop.employee())
    assert client.get(path(order)).status_code == 403
    client.force_login(order.user)
    assert client.get(path(order)).status_code == 403
    client.logout()
    assert client.get(path(order)).status_code == 302
    manager(shop, client)
    assert client.get(path(order)).status_code == 200
    assert client.get("/ops/orders/MS-00000000/refund/").status_code == 404
    page = client.get(f"/ops/orders/{order.order_number}/").content.decode()
    assert path(order) in page


def test_nothing_charged_yet(shop: Shop, client: Client) -> None:
    manager(shop, client)
    order = shop.order()
    page = client.get(path(order))
    assert page.status_code == 200
    assert "Nothing was charged yet" in page.content.decode()
    answer = client.post(path(order), {"amount": "1", "reason_code": "LATE", "confirm": "1"})
    assert answer.status_code == 422


def test_the_office_sees_reasons_and_people(shop: Shop, client: Client, order: Order) -> None:
    mia, line = shop.manager(), order.items.get().pk
    order.user.full_name = "Ada Levi"
    order.user.save()
    for key, reason in (("a", "LATE"), ("b", "DAMAGED")):
        part = ItemPart(id=line, quantity=Decimal(1))
        request = RefundRequest(items=(part,), reason_code=reason, reason="sorry")
        refund(actor=mia, order_id=order.pk, request=request, key=key, now=clock.now())
    client.cookies["mami_language"] = "en"
    client.force_login(mia)
    place = "/admin/payments/refund/given-back/"
    body = client.get(place).content.decode()
    for text in ("Ada Levi", mia.full_name, "40.00"):
        assert text in body
    with_file = client.get(place, {"export": "csv"})
    rows = b"".join(with_file.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [row.split(",")[-2:] for row in rows[1:]] == [["1", "20.00"]] * 2 + [["2", "40.00"]] * 2
    assert (
        "Nothing was given back"
        in client.get(place, {"first": "2020-01-01", "last": "2020-01-02"}).content.decode()
    )
    client.force_login(shop.employee())
    assert client.get(place).status_code in (302, 403, 404)
