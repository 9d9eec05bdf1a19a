"""The second factor's pages, and what a manager without one can see."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, SignInChallenge
from accounts.tests.factories import PASSWORD, person, with_password
from accounts.tests.test_second_factor import enrolled, totp
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.STAFF_SECOND_FACTOR = "required"

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
    def test_who_has_none_can_only_set_one_up(self, api, client, role):
        user = with_password(role)
        client.force_login(user)
        for path in ("/ops/", "/ops/board/", "/admin/", "/admin/accounts/user/"):
            assert client.get(path)["Location"] == reverse("accounts:second_factor"), path
        htmx = client.get("/ops/", headers={"HX-Request": "true"})
        assert (htmx.status_code, htmx["HX-Redirect"]) == (403, reverse("accounts:second_factor"))
        for path in ("/", "/account/", "/account/second-factor/", "/account/password/"):
            assert client.get(path).status_code == 200, path
        for path in ("/ops/orders", "/admin/audit"):
            refusal(api(user).get(path), 403, "SECOND_FACTOR_SETUP_REQUIRED")
        assert api(user).get("/me").status_code == 200
        assert api(user).get("/me/second-factor").json()["data"]["required"] is True

    def test_with_one_everything_opens(self, api, client):
        user, _secret, _codes = enrolled(Role.MANAGER)
        client.force_login(user)
        assert client.get("/ops/").status_code == 200
        assert api(user).get("/ops/orders").status_code == 200

    @pytest.mark.parametrize("role", [Role.CUSTOMER, Role.EMPLOYEE])
    def test_others_are_not_asked(self, client, role):
        client.force_login(person(role))
        assert client.get("/account/").status_code == 200
        assert client.get("/ops/").status_code == (200 if role == Role.EMPLOYEE else 403)


class TestPages:
    @pytest.fixture
    def visitor(self, client: Client) -> Client:
        client.cookies["mami_language"] = "en"
        return client

    def test_set_up_confirm_and_sign_in_again(self, visitor):
        mia = with_password(Role.MANAGER)
        visitor.force_login(mia)
        page = reverse("accounts:second_factor")
        wrong = visitor.post(page, {"current_password": "x"})
        assert wrong.status_code == 422
        html = visitor.post(page, {"current_password": PASSWORD}).content.decode()
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", html)[1].replace(" ", "")
        assert 'src="data:image/svg+xml' in html
        confirm = reverse("accounts:second_factor_confirm")
        wrong = visitor.post(confirm, {"code": "000000"})
        assert wrong.status_code == 422
        assert secret[:4] in wrong.content.decode(), "the same secret, and nothing to do over"
        shown = visitor.post(confirm, {"code": totp(secret)})
        codes = re.findall(r"<li><code>([a-z2-9-]{11})</code></li>", shown.content.decode())
        assert len(codes) == 10
        assert visitor.get("/ops/").status_code == 200, "this browser stays signed in"
        assert shown["Cache-Control"] == "no-store"
        visitor.post(reverse("accounts:logout"))
        first = visitor.post(
            reverse("accounts:login"),
            {"email": mia.email, "password": PASSWORD, "next": "/account/profile/"},
        )
        assert first["Location"] == reverse("accounts:code")
        assert visitor.get("/ops/").status_code == 302, "nobody is signed in yet"
        asked = visitor.get(reverse("accounts:code"))
        assert 'value="/account/profile/"' in asked.content.decode()
        wrong = visitor.post(
            reverse("accounts:code"), {"code": "000000", "next": "/account/profile/"}
        )
        assert wrong.status_code == 422
        done = visitor.post(
            reverse("accounts:code"), {"code": codes[0], "next": "/account/profile/"}
        )
        assert done["Location"] == "/account/profile/"
        assert visitor.get("/account/profile/").status_code == 200

    def test_a_challenge_that_ended_leads_to_the_sign_in(self, visitor):
        assert visitor.get(reverse("accounts:code"))["Location"] == reverse("accounts:login")
        user, _secret, _codes = enrolled()
        visitor.post(reverse("accounts:login"), {"email": user.email, "password": PASSWORD})
        SignInChallenge.objects.update(wrong=5)
        over = visitor.post(reverse("accounts:code"), {"code": "123456"}, follow=True)
        assert "sign in again" in over.content.decode()

    def test_off_and_new_codes(self, visitor):
        user, secret, _codes = enrolled()
        visitor.force_login(user)
        wrong = visitor.post(reverse("accounts:second_factor_codes"), {"codes-code": "000000"})
        assert wrong.status_code == 422
        fresh = visitor.post(reverse("accounts:second_factor_codes"), {"codes-code": totp(secret)})
        assert fresh.content.decode().count("<li><code>") == 10
        typed = {"remove-current_password": PASSWORD, "remove-code": totp(secret, steps=1)}
        done = visitor.post(reverse("accounts:second_factor_remove"), typed, follow=True)
        assert "The second factor is off." in done.content.decode()
