"""Who buys for a business, and who wants invoices by e-mail: asked at checkout, kept on the order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from billing.selectors import documents_of, snapshot_of
from core.errors import InvalidInput
from orders.models import Order
from orders.tests.test_refunding import left
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def test_the_invoice_names_the_business(shop: Shop) -> None:
    wanted = shop.request(business_name="Lavi Ltd", vat_id="516179157")
    order = left(shop, shop.order(request=wanted))
    assert (order.business_name, order.vat_id) == ("Lavi Ltd", "516179157")
    (paper,) = documents_of(order_id=order.pk)
    buyer = snapshot_of(document_id=paper.id)["buyer"]
    assert (buyer["business_name"], buyer["vat_id"]) == ("Lavi Ltd", "516179157")


@pytest.mark.parametrize(
    "values",
    [
        {"vat_id": "516179158", "business_name": "Lavi Ltd"},
        {"vat_id": "51617915", "business_name": "Lavi Ltd"},
        {"vat_id": "516179157"},
        {"business_name": "Lavi Ltd"},
    ],
)
def test_numbers_that_cannot_be_are_refused(shop: Shop, values: dict[str, str]) -> None:
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(InvalidInput):
        shop.confirm(ada, request=shop.request(**values))
    body = {
        "fulfillment_type": "DELIVERY",
        "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(),
        **values,
    }
    answer = ApiClient(ada).post("/checkout/confirm", body, headers={"Idempotency-Key": "k"})
    refusal(answer, 400, "VALIDATION_ERROR")
    assert not Order.objects.exists()


@pytest.mark.parametrize("given", [True, False])
def test_papers_by_mail_are_asked_for_once(shop: Shop, client: Client, given: bool) -> None:
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    client.force_login(ada)
    page = client.get("/checkout/").content.decode()
    assert 'name="documents_consent"' in page
    assert 'help/documents/"' in page
    form = {
        "key": "k1", "where": f"address:{ada.addresses.get().pk}",
        "slot": f"{shop.slot.pk}@{shop.date.isoformat()}",
        "card": f"saved:{ada.payment_tokens.get().pk}", "documents_asked": "on",
        "vat_id": "51-617-9157", "business_name": "Lavi Ltd",
        **({"documents_consent": "on"} if given else {}),
    }  # fmt: skip
    assert client.post("/checkout/", form).status_code == 302
    ada.refresh_from_db()
    assert ada.documents_consent is given
    assert Order.objects.get().vat_id == "516179157"
    shop.fill(ada, {shop.product(): 1})
    assert 'name="documents_consent"' not in client.get("/checkout/").content.decode()


def test_a_business_may_still_be_named_until_the_charge(shop: Shop, client: Client) -> None:
    order = shop.order(request=shop.request())
    ada = order.user
    api, path = ApiClient(ada), f"/orders/{order.pk}/business"
    wrong = {"business_name": "Lavi Ltd", "vat_id": "516179158"}
    refusal(api.post(path, wrong), 400, "VALIDATION_ERROR")
    client.force_login(ada)
    page = f"/orders/{order.order_number}/"
    assert client.post(f"{page}business/", wrong).status_code == 302
    order.refresh_from_db()
    assert order.vat_id == ""

    client.cookies["mami_language"] = "en"
    client.post(f"{page}business/", {"business_name": "", "vat_id": ""})
    assert "The invoice will bear your own name." in client.get(page).content.decode()

    right = {"business_name": "Lavi Ltd", "vat_id": "51-617915-7"}
    assert client.post(f"{page}business/", right).status_code == 302
    body = api.get(f"/orders/{order.pk}").json()["data"]
    assert (body["business_name"], body["vat_id"]) == ("Lavi Ltd", "516179157")
    api.post(path, right)  # again changes nothing
    entries = shop.audit(entity_type="order", entity_id=order.pk, action="UPDATE")
    assert [entry.new_value for entry in entries][-1] == {"for_business": True}
    assert len(entries) == 1
    refusal(ApiClient(shop.customer()).post(path, right), 404, "NOT_FOUND")

    left(shop, order)
    refused = refusal(
        api.post(path, {"business_name": "", "vat_id": ""}), 409, "ORDER_NOT_CHANGEABLE"
    )
    assert refused["reason"] == "LEFT"
    (paper,) = documents_of(order_id=order.pk)
    assert snapshot_of(document_id=paper.id)["buyer"]["vat_id"] == "516179157"
    client.force_login(shop.manager())
    slip = client.get(f"/ops/orders/{order.order_number}/slip/").content.decode()
    assert f"/documents/{paper.id}/" in slip  # no consent to mail: printed into the bag
    ada.documents_consent = True
    ada.save()
    assert (
        'id="paper"' not in client.get(f"/ops/orders/{order.order_number}/slip/").content.decode()
    )
