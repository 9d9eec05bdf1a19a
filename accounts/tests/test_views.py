"""The account pages: entrance, profile, addresses; every bad input told, nothing typed lost."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, address, person, with_password
from audit.models import AuditEntry
from core import clock

pytestmark = pytest.mark.django_db
LOGIN, REGISTER = reverse("accounts:login"), reverse("accounts:register")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def visitor(client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    return client


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


class TestLogin:
    def test_signs_in_and_goes_where_one_was_going(self, visitor):
        ada = with_password()
        response = visitor.post(
            f"{LOGIN}?next=/checkout/",
            {"email": ada.email.upper(), "password": PASSWORD, "next": "/checkout/"},
        )
        assert response["Location"] == "/checkout/"
        assert signed_in(visitor)
        assert AuditEntry.objects.filter(action="LOGIN_SUCCESS", entity_id=ada.pk).count() == 1

    def test_staff_go_to_their_screens(self, visitor):
        eli = with_password(Role.EMPLOYEE)
        response = visitor.post(LOGIN, {"email": eli.email, "password": PASSWORD})
        assert response["Location"] == "/ops/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:1"])
    def test_never_leads_to_another_site(self, visitor, target):
        ada = with_password()
        response = visitor.post(LOGIN, {"email": ada.email, "password": PASSWORD, "next": target})
        assert response["Location"] == "/"

    def test_same_words_for_unknown_mail_wrong_password_and_closed_account(self, visitor):
        ada, closed = with_password(), with_password(is_active=False)
        pages = []
        for email, password in (
            ("nobody@mami.test", PASSWORD),
            (ada.email, "wrong"),
            (closed.email, PASSWORD),
        ):
            response = visitor.post(LOGIN, {"email": email, "password": password})
            assert response.status_code == 422
            html = response.content.decode()
            assert f'value="{email}"' in html
            assert PASSWORD not in html
            pages.append(re.sub(r'(csrfmiddlewaretoken"|name="email") value="[^"]*"', "", html))
            assert "That e-mail and password do not match" in html
        assert not signed_in(visitor)
        assert len(set(pages)) == 1

    def test_too_many_tries_are_told_when_to_come_back(self, visitor):
        ada = with_password()
        for _ in range(10):
            visitor.post(LOGIN, {"email": ada.email, "password": "wrong"})
        response = visitor.post(LOGIN, {"email": ada.email, "password": PASSWORD})
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 900
        assert "Too many tries" in response.content.decode()
        assert not signed_in(visitor)

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("", ""),
            ("x", "y"),
            ("a" * 300 + "@x.co", "y"),
            ("a\x00@x.co", "\x00"),
            ("עדה@x.co", "x"),
        ],
    )
    def test_nonsense_is_told(self, visitor, email, password):
        response = visitor.post(LOGIN, {"email": email, "password": password})
        assert response.status_code == 422

    def test_the_session_gets_a_new_key(self, visitor):
        ada = with_password()
        session = visitor.session
        session["cart_key"] = "x"
        session.save()
        old = session.session_key
        visitor.cookies["sessionid"] = old
        visitor.post(LOGIN, {"email": ada.email, "password": PASSWORD})
        assert visitor.session.session_key != old

    def test_the_page_decides_the_language_and_this_browser_keeps_it(self, client):
        dana = with_password(language="en")
        typed = {"email": dana.email, "password": PASSWORD}
        client.post(LOGIN, typed, headers={"Accept-Language": "he"})
        assert client.cookies["mami_language"].value == "he"
        dana.refresh_from_db()
        assert dana.language == "en"
        signed = Client()
        signed.force_login(dana)
        signed.post(reverse("accounts:logout"), headers={"Accept-Language": "en"})
        assert signed.cookies["mami_language"].value == "en"
        other = Client()
        other.cookies["mami_language"] = "he"
        response = other.post(LOGIN, {"email": dana.email, "password": PASSWORD})
        assert "mami_language" not in response.cookies

    def test_signed_in_people_need_no_entrance(self, visitor):
        visitor.force_login(person())
        assert visitor.get(LOGIN)["Location"] == "/"
        assert visitor.get(REGISTER)["Location"] == "/"

    def test_signing_out(self, visitor):
        visitor.force_login(person())
        assert visitor.get(reverse("accounts:logout")).status_code == 405
        visitor.post(reverse("accounts:logout"))
        assert not signed_in(visitor)


class TestRegister:
    TYPED = {"full_name": "Ada Lavi", "email": "ada.new@mami.test", "password": "bread and olives"}

    def test_opens_an_account_and_signs_in(self, visitor):
        response = visitor.post(REGISTER, {**self.TYPED, "phone": "054-223-4567", "role": "ADMIN"})
        ada = User.objects.get(email="ada.new@mami.test")
        assert response["Location"] == "/"
        assert signed_in(visitor)
        assert (ada.role, ada.language, str(ada.phone)) == ("CUSTOMER", "en", "+972542234567")

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"password": "short"}, "too short"),
            ({"password": "password123"}, "too common"),
            ({"password": "ada.new@mami.test"}, "too similar"),
            ({"password": "x" * 129}, "at most 128"),
            ({"email": "no-mail"}, "This is not an e-mail address."),
            ({"phone": "12"}, "This is not a phone number."),
            ({"full_name": ""}, "Please fill this in."),
            ({"full_name": "Ada\u202elivE"}, "invisible control characters"),
            ({"full_name": "x" * 121}, "120"),
        ],
    )
    def test_refusals_stand_beside_their_field(self, visitor, changes, told):
        response = visitor.post(REGISTER, {**self.TYPED, **changes})
        html = response.content.decode()
        assert response.status_code == 422
        assert told in html
        field = next(iter(changes))
        assert f'id="id_{field}-error"' in html
        assert not User.objects.exists()
        assert not signed_in(visitor)

    def test_an_address_that_has_an_account(self, visitor):
        person(email="Ada.New@mami.test")
        response = visitor.post(REGISTER, self.TYPED)
        assert "There already is an account" in response.content.decode()
        assert User.objects.count() == 1


class TestForgotten:
    def test_the_answer_tells_nothing_about_accounts(self, visitor):
        ada = with_password()
        pages = [
            visitor.post(reverse("accounts:forgot"), {"email": email}).content
            for email in (ada.email, "nobody@mami.test")
        ]
        assert all(b"Look into your mail" in html for html in pages)
        assert mail.outbox == []  # the worker sends it

    def test_a_link_sets_a_new_password_once(self, visitor):
        ada = with_password()
        services.forgot_password(email=ada.email, now=clock.now())
        secret = services.reset_secret(reset=ada.password_resets.get())
        url = reverse("accounts:reset", args=[secret])
        assert visitor.post(url, {"new_password": "123"}).status_code == 422
        response = visitor.post(url, {"new_password": "fresh bread daily"})
        assert response["Location"] == LOGIN
        ada.refresh_from_db()
        assert ada.check_password("fresh bread daily")
        again = visitor.post(url, {"new_password": "another good one"})
        assert again.status_code == 422
        assert b"expired or was already used" in again.content

    def test_a_made_up_link(self, visitor):
        url = reverse("accounts:reset", args=["x" * 43])
        assert visitor.post(url, {"new_password": "fresh bread daily"}).status_code == 422


class TestProfile:
    def test_language_is_saved_and_remembered(self, visitor):
        ada = person(language="en")
        visitor.force_login(ada)
        url = reverse("accounts:profile")
        assert visitor.get(url).status_code == 200
        response = visitor.post(url, {"full_name": "Ada L", "phone": "", "language": "he"})
        assert response["Location"] == reverse("accounts:home")
        assert visitor.cookies["mami_language"].value == "he"
        ada.refresh_from_db()
        assert (ada.full_name, ada.language) == ("Ada L", "he")

    def test_bad_input(self, visitor):
        ada = person()
        visitor.force_login(ada)
        response = visitor.post(
            reverse("accounts:profile"), {"full_name": "", "phone": "x", "language": "fr"}
        )
        assert response.status_code == 422
        assert User.objects.get(pk=ada.pk).full_name == ada.full_name

    def test_password_keeps_this_device_and_signs_out_others(self, visitor):
        ada = with_password()
        other = Client()
        for client in (visitor, other):
            client.force_login(ada)
        url = reverse("accounts:password")
        wrong = visitor.post(url, {"current_password": "x", "new_password": "fresh bread daily"})
        assert wrong.status_code == 422
        visitor.post(url, {"current_password": PASSWORD, "new_password": "fresh bread daily"})
        assert visitor.get(reverse("accounts:home")).status_code == 200
        assert other.get(reverse("accounts:home")).status_code == 302


class TestAddresses:
    def test_add_change_default_delete(self, visitor):
        ada = person()
        visitor.force_login(ada)
        visitor.post(reverse("accounts:address_add"), {"line1": "5 Herzl", "city": "Haifa"})
        visitor.post(reverse("accounts:address_add"), {"line1": "4 HaNassi", "city": "Haifa"})
        first, second = ada.addresses.order_by("pk")
        assert (first.is_default, second.is_default) == (True, False)
        visitor.post(reverse("accounts:address_default", args=[second.pk]))
        visitor.post(
            reverse("accounts:address", args=[first.pk]), {"line1": "6 Herzl", "city": "Haifa"}
        )
        html = visitor.get(reverse("accounts:addresses")).content.decode()
        assert "6 Herzl" in html
        visitor.post(reverse("accounts:address_delete", args=[second.pk]))
        remaining = ada.addresses.get()
        assert remaining.is_default

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"line1": ""}, "line1"),
            ({"line1": "   "}, "line1"),
            ({"city": ""}, "city"),
            ({"postal_code": "12"}, "postal_code"),
            ({"line1": "x" * 121}, "line1"),
            ({"instructions": "\x07"}, "instructions"),
        ],
    )
    def test_bad_input_keeps_what_was_typed(self, visitor, changes, field):
        ada = person()
        visitor.force_login(ada)
        typed = {"line1": "5 Herzl", "city": "Haifa", "floor": "7b", **changes}
        response = visitor.post(reverse("accounts:address_add"), typed)
        html = response.content.decode()
        assert response.status_code == 422
        assert f'id="id_{field}-error"' in html
        assert 'value="7b"' in html
        assert not ada.addresses.exists()

    def test_strangers_get_404(self, visitor):
        theirs = address(person())
        visitor.force_login(person())
        for name, method in (
            ("address", visitor.get),
            ("address", visitor.post),
            ("address_delete", visitor.post),
            ("address_default", visitor.post),
        ):
            assert method(reverse(f"accounts:{name}", args=[theirs.pk])).status_code == 404

    def test_staff_have_none(self, visitor):
        visitor.force_login(person(Role.MANAGER))
        assert visitor.get(reverse("accounts:addresses")).status_code == 403


def test_a_short_password_is_refused_in_hebrew_too(client):
    """Django's own Hebrew lacks this sentence."""
    client.cookies["mami_language"] = "he"
    typed = {"full_name": "דנה", "email": "dana@mami.test", "password": "9f#q"}
    page = client.post(REGISTER, typed).content.decode()
    assert "הסיסמה קצרה מדי. נדרשים לפחות 8 תווים." in page
    assert "This password" not in page
    assert not User.objects.filter(email="dana@mami.test").exists()
