"""Sign-ins: listed, ended one by one or all, and for staff worth a shift."""

from __future__ import annotations

import datetime as dt

import jwt
import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.middleware import SIGN_IN
from accounts.models import Role, SignIn, User
from accounts.tests.factories import PASSWORD, person, with_password
from core import clock
from core.limits import REFRESH_PER_ADDRESS
from tests.api_client import refusal

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/120.0 Mobile Safari/537"


def bearer(pair):
    return {"Authorization": f"Bearer {pair['access_token']}"}


def app(api, user):
    return api().post("/auth/login", {"email": user.email, "password": PASSWORD}).json()["data"]


def browser(user, language="en"):
    made = Client(headers={"User-Agent": CHROME})
    made.cookies["mami_language"] = language
    made.post(reverse("accounts:login"), {"email": user.email, "password": PASSWORD})
    return made


class TestList:
    def test_each_browser_and_app_is_one(self, api):
        user = with_password()
        browser(user)
        pair = app(api, user)
        rows = api().get("/me/sessions", headers=bearer(pair)).json()["data"]
        assert [(r["kind"], r["device"], r["is_current"]) for r in rows] == [
            ("APP", "", True), ("WEB", "Chrome on Android", False),
        ]  # fmt: skip
        refreshed = api().post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
        again = api().get("/me/sessions", headers=bearer(refreshed.json()["data"])).json()["data"]
        assert [r["id"] for r in again] == [r["id"] for r in rows]

    def test_those_that_are_over_are_not_listed(self, api):
        user = with_password()
        pair = app(api, user)
        app(api, user)
        SignIn.objects.filter(user=user).order_by("-pk")[:1].get()
        SignIn.objects.filter(pk=SignIn.objects.last().pk).update(expires_at=clock.now())
        assert len(api().get("/me/sessions", headers=bearer(pair)).json()["data"]) == 1


class TestEnding:
    def test_an_apps_tokens_are_refused_from_then_on(self, api):
        user = with_password()
        one, other = app(api, user), app(api, user)
        rows = api().get("/me/sessions", headers=bearer(one)).json()["data"]
        theirs = next(row["id"] for row in rows if not row["is_current"])
        path = f"/me/sessions/{theirs}"
        assert api().delete(path, headers=bearer(one)).status_code == 204
        refusal(api().get("/me", headers=bearer(other)), 401, "TOKEN_INVALID")
        refusal(
            api().post("/auth/refresh", {"refresh_token": other["refresh_token"]}),
            401,
            "TOKEN_INVALID",
        )
        assert api().get("/me", headers=bearer(one)).status_code == 200
        refusal(api().delete(path, headers=bearer(one)), 404, "NOT_FOUND")

    def test_a_browsers_cookie_too(self):
        user = with_password()
        one, other = browser(user), browser(user)
        html = one.get(reverse("accounts:security")).content.decode()
        assert html.count("Chrome on Android") == 2
        row = SignIn.objects.exclude(pk=one.session[SIGN_IN]["id"]).get()
        one.post(reverse("accounts:session_end", args=[row.pk]))
        assert other.get(reverse("accounts:home")).status_code == 302
        assert one.get(reverse("accounts:home")).status_code == 200

    def test_strangers_get_404(self, api):
        row = services.sessions.open_web(user=person(), session_key="x", now=clock.now())
        refusal(api(person()).delete(f"/me/sessions/{row.pk}"), 404, "NOT_FOUND")
        visitor = browser(with_password())
        assert visitor.post(reverse("accounts:session_end", args=[row.pk])).status_code == 404
        assert SignIn.objects.get(pk=row.pk).ended_at is None

    def test_everywhere_the_callers_own_too(self, api):
        user = with_password()
        web, one, other = browser(user), app(api, user), app(api, user)
        assert api().post("/auth/logout-everywhere", headers=bearer(one)).status_code == 204
        for pair in (one, other):
            refusal(api().get("/me", headers=bearer(pair)), 401, "TOKEN_INVALID")
            token = {"refresh_token": pair["refresh_token"]}
            refusal(api().post("/auth/refresh", token), 401, "TOKEN_INVALID")
        assert web.get(reverse("accounts:home")).status_code == 302
        assert not SignIn.objects.filter(ended_at=None).exists()

    def test_signing_out_and_changing_the_password_end_them(self, api):
        user = with_password()
        one, other, pair = browser(user), browser(user), app(api, user)
        other.post(reverse("accounts:logout"))
        assert SignIn.objects.filter(ended_at=None).count() == 2
        one.post(
            reverse("accounts:password"),
            {"current_password": PASSWORD, "new_password": "kq7-blue-lemon"},
        )
        assert one.get(reverse("accounts:home")).status_code == 200
        refusal(api().get("/me", headers=bearer(pair)), 401, "TOKEN_INVALID")
        (left,) = SignIn.objects.filter(ended_at=None)
        assert left.pk == one.session[SIGN_IN]["id"]

    @pytest.mark.parametrize("changes", [{"role": Role.EMPLOYEE}, {"is_active": False}])
    def test_a_role_change_and_a_closed_account_end_all(self, api, changes):
        user = with_password()
        web, pair = browser(user), app(api, user)
        services.change_person(
            actor=person(Role.ADMIN), user_id=user.pk, now=clock.now(), **changes
        )
        refusal(api().get("/me", headers=bearer(pair)), 401, "TOKEN_INVALID")
        assert web.get(reverse("accounts:home")).status_code == 302


class TestAShift:
    LASTING = [
        (Role.MANAGER, dt.timedelta(minutes=30)), (Role.ADMIN, dt.timedelta(minutes=30)),
        (Role.EMPLOYEE, dt.timedelta(hours=4)),
    ]  # fmt: skip

    def later(self, monkeypatch, length):
        then = clock.now() + length
        monkeypatch.setattr(clock, "now", lambda: then)

    @pytest.mark.parametrize(("role", "idle"), LASTING)
    def test_a_browser_left_alone(self, monkeypatch, role, idle):
        left = browser(with_password(role))
        with monkeypatch.context() as patch:
            self.later(patch, idle - dt.timedelta(minutes=1))
            assert left.get(reverse("accounts:home")).status_code == 200
        self.later(monkeypatch, 2 * idle)
        assert left.get(reverse("accounts:home")).status_code == 302
        assert SignIn.objects.get().ended_at is not None

    @pytest.mark.parametrize(("role", "idle"), LASTING)
    def test_a_browser_in_use_ends_with_the_shift(self, monkeypatch, role, idle):
        used, began = browser(with_password(role)), clock.now()
        passed = dt.timedelta()
        while passed + idle / 2 < dt.timedelta(hours=12):
            passed += idle / 2
            monkeypatch.setattr(clock, "now", lambda at=began + passed: at)
            assert used.get(reverse("accounts:home")).status_code == 200, passed
        monkeypatch.setattr(clock, "now", lambda: began + dt.timedelta(hours=12, seconds=1))
        assert used.get(reverse("accounts:home")).status_code == 302

    def test_customers_are_let_alone(self, monkeypatch):
        used = browser(with_password())
        self.later(monkeypatch, dt.timedelta(days=20))
        assert used.get(reverse("accounts:home")).status_code == 200

    @pytest.mark.parametrize(("role", "idle"), LASTING)
    def test_an_apps_refresh_token_is_worth_a_shift(self, role, idle):
        user, now = with_password(role), clock.now()
        pair = services.issue_tokens(user=user, now=now)
        claims = jwt.decode(pair.refresh_token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] <= 12 * 3600
        assert claims["exp"] - claims["iat"] == pytest.approx(idle.total_seconds() + 1800, abs=2)
        SignIn.objects.update(expires_at=now + dt.timedelta(minutes=1))
        last = services.refresh(refresh_token=pair.refresh_token, now=now)
        assert last.expires_at == now + dt.timedelta(minutes=1)

    def test_a_use_is_written_down_once_a_minute(self, monkeypatch, django_assert_num_queries):
        used = browser(with_password(Role.MANAGER))
        used.get(reverse("accounts:home"))
        before = SignIn.objects.get().last_seen_at
        used.get(reverse("accounts:home"))
        assert SignIn.objects.get().last_seen_at == before
        self.later(monkeypatch, dt.timedelta(minutes=2))
        used.get(reverse("accounts:home"))
        assert SignIn.objects.get().last_seen_at > before


class TestRefreshLimits:
    def test_thirty_a_minute_of_one_sign_in(self, api):
        pair = app(api, with_password())
        other = app(api, with_password())
        for _ in range(30):
            answer = api().post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
            assert answer.status_code == 200
            pair = answer.json()["data"]
        late = api().post("/auth/refresh", {"refresh_token": pair["refresh_token"]})
        refusal(late, 429, "RATE_LIMITED")
        token = {"refresh_token": other["refresh_token"]}
        assert api().post("/auth/refresh", token).status_code == 200

    def test_three_hundred_of_an_address(self, api):
        for _ in range(300):
            REFRESH_PER_ADDRESS.hit("127.0.0.1")
        late = api().post("/auth/refresh", {"refresh_token": "x"})
        refusal(late, 429, "RATE_LIMITED")


def test_old_keys_are_forgotten_in_batches():
    user, now = person(), clock.now()
    for n in range(5):
        services.sessions.open_web(user=user, session_key=f"k{n}", now=now - dt.timedelta(days=60))
    services.sessions.open_web(user=user, session_key="kept", now=now)
    from accounts.services.tidying import forget_old_keys

    assert forget_old_keys(now=now, batch=2) == 5
    assert forget_old_keys(now=now, batch=2) == 0
    assert [row.session_key for row in SignIn.objects.all()] == ["kept"]
    assert User.objects.filter(pk=user.pk).exists()
