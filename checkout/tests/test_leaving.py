"""Erasing an account: what goes, what stays, what refuses it, and what it meets on its way."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from accounts import services as accounts
from accounts.errors import OpenOrders
from accounts.export_models import DataExport
from accounts.models import Consent, User
from accounts.services.leaving import forget_person
from accounts.tests.factories import PASSWORD
from cart import services as carts
from checkout.invariants import ALL
from checkout.models import Reservation
from core import clock
from core.errors import TokenInvalid
from core.transactions import write_transaction
from lists import services as lists
from orders.models import DeliveryProof, Order, OrderDelivery, OrderItem
from tests.api_client import refusal
from tests.races import codes, race
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)
NAME, PHONE, STREET, EMAIL = "Zelda Quennixovar", "+972501239876", "77 Zorblat", "zq@mami.test"
TOLD = ("Quennixovar", "501239876", "Zorblat", "zq@mami.test", "beware of the geese", "ring twice")


def zelda(shop: Shop) -> User:
    """A customer with a name, a phone and a street that stand nowhere else."""
    user = shop.customer()
    User.objects.filter(pk=user.pk).update(
        email=EMAIL, full_name=NAME, phone=PHONE, email_verified=True
    )
    user.refresh_from_db()
    user.set_password(PASSWORD)
    user.save()
    user.addresses.update(line1=STREET, door_code="4711", instructions="beware of the geese")
    accounts.set_consent(actor=user, kind="MARKETING_EMAIL", given=True, now=clock.now())
    accounts.consent_to_documents(actor=user, given=True, now=clock.now())
    return user


def delivered(shop: Shop, user: User) -> Order:
    order = shop.order(user, request=shop.request(notes="ring twice"))
    OrderItem.objects.filter(order=order).update(note="ring twice")
    proof = DeliveryProof.objects.create(
        order=order, note="beware of the geese", actor=shop.employee(), at=clock.now()
    )
    proof.photo.save("door.webp", ContentFile(b"geese"))
    Order.objects.filter(pk=order.pk).update(status="DELIVERED")
    return order


def erase(user: User) -> None:
    accounts.erase_account(actor=user, current_password=PASSWORD, now=clock.now())


def found(*words: str) -> list[tuple[str, str]]:
    """Where in the whole database one of the words stands, in any column of any table."""
    hits = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            for word in words:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" AS row WHERE row::text ILIKE %s',
                    [f"%{word}%"],
                )
                if cursor.fetchone()[0]:
                    hits.append((table, word))
    return hits


def test_no_name_stays_anywhere_but_on_papers(
    shop: Shop, api: Any, client: Any, mailoutbox: list[Any]
) -> None:
    user = zelda(shop)
    client.force_login(user)
    client.get(reverse("home"))
    order = delivered(shop, user)
    photo = DeliveryProof.objects.get().photo
    shop.fill(user, {shop.product(): 2})
    assert {word for _table, word in found(*TOLD)} == set(TOLD)
    pair = accounts.issue_tokens(user=user, now=clock.now())
    wrong = api(user).post("/me/erase", {"current_password": "no"})
    refusal(wrong, 401, "INVALID_CREDENTIALS")
    assert found(NAME)

    assert api(user).post("/me/erase", {"current_password": PASSWORD}).status_code == 204

    assert [hit for hit in found(*TOLD) if not hit[0].startswith("billing_")] == []
    assert not photo.storage.exists(photo.name)
    assert mailoutbox[-1].to == [EMAIL]
    row = User.objects.get(pk=user.pk)
    assert (row.email, row.full_name, row.is_active) == (f"erased-{user.pk}@invalid", "—", False)
    order.refresh_from_db()
    assert (order.user_id, order.total_amount, order.items.count()) == (user.pk, 60, 1)
    assert {row.kind for row in Consent.objects.filter(user=user)} == {"DOCUMENTS"}
    # Signing in answers as for a stranger, every token is dead, and the e-mail may begin anew.
    answer = api().post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    refusal(answer, 401, "INVALID_CREDENTIALS")
    refusal(
        api().post("/auth/refresh", {"refresh_token": pair.refresh_token}), 401, "TOKEN_INVALID"
    )
    assert client.get(reverse("accounts:profile")).status_code == 302
    again = accounts.register(email=EMAIL, password="gxkq-4-lemons", full_name="Z", now=clock.now())
    assert api(again).get("/orders").json()["data"] == []
    # A copy of before that is restored is told again whom to forget.
    with write_transaction():
        forget_person(user_id=user.pk, now=clock.now())


def test_staff_read_erased_customer_where_a_name_stood(shop: Shop, api: Any, client: Any) -> None:
    user = zelda(shop)
    order = delivered(shop, user)
    erase(user)
    mia = shop.manager()
    told = api(mia).get(f"/ops/orders/{order.pk}", headers={"Accept-Language": "en"}).json()["data"]
    assert told["customer_name"] == "erased customer"
    client.force_login(mia)
    client.cookies["mami_language"] = "he"
    for name, key in (("ops:order", order.order_number), ("ops:customer", user.pk)):
        page = client.get(reverse(name, args=[key])).content.decode()
        assert "לקוח או לקוחה שנמחקו" in page
        assert "@invalid" not in page
        assert "tel:" not in page.split("<main")[1].split("</main>")[0]
    client.force_login(shop.person("ADMIN"))
    people = reverse("admin:accounts_user_changelist")
    assert "לקוח או לקוחה שנמחקו" in client.get(people).content.decode()


def test_what_is_open_refuses_it_and_nothing_is_changed(shop: Shop, api: Any, client: Any) -> None:
    user = zelda(shop)
    order = shop.order(user)
    before = found(NAME, STREET)
    answer = api(user).post("/me/erase", {"current_password": PASSWORD})
    details = refusal(answer, 409, "OPEN_ORDERS")
    assert details == {"order_numbers": [order.order_number]}
    client.force_login(user)
    client.cookies["mami_language"] = "en"
    page = client.post(reverse("accounts:erase"), {"current_password": PASSWORD})
    assert page.status_code == 422
    assert order.order_number in page.content.decode()
    assert found(NAME, STREET) == before
    assert user.payment_tokens.exists()
    Order.objects.update(status="DELIVERED")
    apps.get_model("payments", "ReconciliationCase").objects.create(
        payment=order.payment, kind="PAYMENT_CAPTURED_NOT_COMMITTED"
    )
    with pytest.raises(OpenOrders):
        erase(user)
    apps.get_model("payments", "ReconciliationCase").objects.all().delete()
    assert client.post(reverse("accounts:erase"), {"current_password": PASSWORD}).status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_of_two_erasures_at_once_one_finds_nobody(shop: Shop) -> None:
    user = zelda(shop)
    results = race([lambda: erase(User.objects.get(pk=user.pk))] * 2)
    assert sorted(codes(results)) in (["TOKEN_INVALID", "ok"], ["INVALID_CREDENTIALS", "ok"])


@pytest.mark.parametrize("round_", range(3))
def test_beside_an_order_one_of_the_two_is_refused(shop: Shop, round_: int) -> None:
    user = zelda(shop)
    shop.fill(user, {shop.product(): 1})
    ordered, erased = race([lambda: shop.confirm(user), lambda: erase(user)])
    if isinstance(erased, Exception):
        assert isinstance(erased, OpenOrders)
        assert Order.objects.get().delivery.line1 == STREET
    else:
        assert isinstance(ordered, TokenInvalid)
        assert not Order.objects.exists()
        assert not Reservation.objects.filter(status="ACTIVE").exists()
        assert found("Zorblat", "Quennixovar") == []


def test_control_an_order_that_does_not_look_stays_with_an_erased_person(shop: Shop) -> None:
    """What the keys and the basket are for: a basket that survived would still be ordered."""
    user = zelda(shop)
    erase(user)
    carts.add_item(actor=user, product_id=shop.product().pk, quantity=None)
    user.addresses.create(line1=STREET, city="Haifa", is_default=True)
    apps.get_model("payments", "PaymentToken").objects.create(
        user=user, provider="sandbox", token="tok_visa", brand="visa", last4="4242", is_default=True
    )
    shop.confirm(user)
    assert found("Zorblat")


def test_a_copy_of_it_all_is_made_once_for_its_owner_and_is_over_after_a_week(
    shop: Shop, api: Any, client: Any
) -> None:
    user, now = zelda(shop), clock.now()
    order = delivered(shop, user)
    shop.fill(user, {shop.product(name_en="Rye bread", name_he="לחם שיפון"): 1})
    User.objects.filter(pk=user.pk).update(language="en")
    stranger = shop.order()
    owner = shop.customer()
    User.objects.filter(pk=owner.pk).update(full_name="Olga Otherova")
    shared = lists.create_list(actor=owner, name="Home")
    link = lists.share_list(actor=owner, list_id=shared.pk, now=now)
    lists.join_list(actor=user, token=link.token, now=now)
    assert api(user).get("/me/export").json()["data"]["state"] == "NONE"
    wrong = api(user).post("/me/export", {"current_password": "no"})
    refusal(wrong, 401, "INVALID_CREDENTIALS")
    refusal(api(user).get("/me/export/file"), 404, "NOT_FOUND")
    for _ in range(5):  # asked while it is made: the same one, and no try of the three a day
        assert api(user).post("/me/export", {"current_password": PASSWORD}).status_code == 202
    export = DataExport.objects.get()
    assert accounts.prepare_export(export_id=export.pk, now=now)
    assert not accounts.prepare_export(export_id=export.pk, now=now)
    assert api(user).get("/me/export").json()["data"]["state"] == "READY"
    answer = api(user).get("/me/export/file")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        names = set(archive.namelist())
        text = archive.read("data.json").decode()
        read_me = archive.read("READ-ME.txt").decode()
    assert {"data.json", "READ-ME.txt", f"photos/{order.order_number}.webp"} <= names
    assert "This is all that Mami holds" in read_me
    assert "מאמי" in read_me
    data = json.loads(text)
    assert data["accounts"]["addresses"][0]["line1"] == STREET
    assert data["orders"]["orders"][0]["order_number"] == order.order_number
    assert data["cart"]["items"][0]["product_name"] == "Rye bread", "what it is, as they read"
    assert stranger.order_number not in text
    assert [one["name"] for one in data["lists"]["lists"][-1]["members"]] == ["Olga", "Zelda"]
    for secret in (user.password, "tok_visa", "password", "audit", "Otherova", owner.email):
        assert secret not in text
    for _ in range(20):  # within a day of a ready one: that one, and no try of the three a day
        assert api(user).post("/me/export", {"current_password": PASSWORD}).status_code == 202
    assert DataExport.objects.get() == export
    client.force_login(shop.customer())
    assert client.get(reverse("accounts:export_file")).status_code == 404
    assert accounts.expire_exports(now=now + dt.timedelta(days=7)) == 1
    assert api(user).get("/me/export").json()["data"]["state"] == "EXPIRED"
    refusal(api(user).get("/me/export/file"), 404, "NOT_FOUND")
    assert (
        not export.file.storage.exists("exports") or not export.file.storage.listdir("exports")[1]
    )


def test_a_restored_copy_is_erased_again(shop: Shop, settings: Any, tmp_path: Any) -> None:
    settings.ERASED_LIST = tmp_path / "erased.list"
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    user, other = zelda(shop), shop.customer()
    order = delivered(shop, user)
    erase(user)
    assert settings.ERASED_LIST.read_text() == f"{user.pk}\n"
    settings.ERASED_LIST.unlink()  # another machine has no such list, and reaches the uploads
    rule = next(one for one in ALL if one.name == "who left is named nowhere")
    assert list(rule.check(None)) == []
    OrderDelivery.objects.filter(order=order).update(recipient="Zelda", phone="+972541234567")
    Order.objects.filter(pk=order.pk).update(notes="ring twice")
    assert len(list(rule.check(None))) == 2
    User.objects.filter(pk=user.pk).update(erased_at=None, full_name="Zelda")  # as the copy has it
    call_command("erase_again", stdout=io.StringIO())
    user.refresh_from_db()
    assert (user.full_name, user.erased_at is None) == ("—", False)
    assert list(rule.check(None)) == []
    said = io.StringIO()
    call_command("erase_again", stdout=said)
    assert said.getvalue() == "1 looked at, 0 erased again, 0 left\n"
    shop.order(other)
    with pytest.raises(CommandError):
        call_command("erase_again", str(other.pk), stdout=said, stderr=said)
    assert User.objects.get(pk=other.pk).erased_at is None
