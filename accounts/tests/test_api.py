"""Accounts through the JSON API: every success, every refusal, nothing changed by a refusal."""

from __future__ import annotations

import datetime as dt
import uuid

import jwt
import pytest
from django.apps import apps
from django.conf import settings

from accounts import services, tokens
from accounts.models import PasswordReset, RefreshToken, Role, User
from accounts.services import reset_secret
from accounts.tests.factories import PASSWORD, person, with_password
from core import clock
from core.limits import LOGIN_PER_STRANGERS
from tests.api_client import refusal

pytestmark = pytest.mark.django_db
NEW = {"email": "Noa@Mami.test", "password": "gxkq-4-lemons", "full_name": "Noa Levi"}


def audit(**wanted):
    return apps.get_model("audit", "AuditEntry").objects.filter(**wanted)


def login(api, user, password=PASSWORD):
    return api().post("/auth/login", {"email": user.email, "password": password})


class TestRegister:
    def test_makes_a_customer_and_signs_in(self, api):
        response = api().post("/auth/register", {**NEW, "role": "ADMIN", "is_active": False})
        assert response.status_code == 201
        data = response.json()["data"]
        assert data["user"]["role"] == "CUSTOMER"
        assert data["user"]["email"] == "noa@mami.test"
        user = User.objects.get()
        assert (user.role, user.is_active, user.language) == ("CUSTOMER", True, "en")
        claims = jwt.decode(data["access_token"], options={"verify_signature": False})
        assert set(claims) == {"sub", "role", "type", "jti", "iat", "exp", "ver", "sid"}
        assert (claims["sub"], claims["type"]) == (str(user.pk), "access")
        assert jwt.get_unverified_header(data["access_token"]).keys() >= {"kid", "alg"}
        assert data["expires_at"].endswith("Z")
        row = audit(entity_type="user", action="CREATE").get()
        assert "noa" not in str([row.new_value, row.context]).lower()

    def test_email_taken_in_any_case(self, api):
        person(email="noa@mami.test")
        refusal(api().post("/auth/register", NEW), 409, "EMAIL_TAKEN")
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "noa"), ("email", "noa@mami.test\x00"), ("email", None), ("email", ["x"]),
            ("password", "short"), ("password", "password123"), ("password", "x" * 129),
            ("password", "noa@mami.test"), ("full_name", ""), ("full_name", "  "),
            ("full_name", "a\x07b"), ("full_name", "a\u202eb"), ("full_name", "x" * 121),
            ("phone", "12"), ("phone", "050-123"),
        ],
    )  # fmt: skip
    def test_bad_input_names_the_field(self, api, field, value):
        details = refusal(
            api().post("/auth/register", {**NEW, field: value}), 400, "VALIDATION_ERROR"
        )
        assert list(details["fields"]) == [field]
        assert not User.objects.exists()

    def test_messages_speak_the_callers_language(self, api):
        response = api(language="he").post("/auth/register", {})
        assert "דרוש" in str(response.json()) or "שדה" in str(response.json())

    def test_limit_per_address(self, api):
        for n in range(30):
            api().post("/auth/register", {**NEW, "email": f"n{n}@mami.test", "password": "x"})
        response = api().post("/auth/register", NEW)
        refusal(response, 429, "RATE_LIMITED")
        assert int(response["Retry-After"]) > 0


class TestLogin:
    def test_answers_tokens_and_is_audited(self, api):
        user = with_password()
        response = login(api, user)
        assert response.status_code == 200
        assert response.json()["data"]["user"]["id"] == user.pk
        assert audit(action="LOGIN_SUCCESS", entity_id=user.pk, actor=user).count() == 1

    def test_refusals_are_alike(self, api):
        user = with_password()
        closed = with_password(is_active=False)
        answers = [
            login(api, user, "wrong-password").content,
            login(api, closed).content,
            api().post("/auth/login", {"email": "x@y.test", "password": PASSWORD}).content,
        ]
        assert len(set(answers)) == 1
        assert b"INVALID_CREDENTIALS" in answers[0]
        rows = audit(action="LOGIN_FAILURE")
        assert sorted(rows.values_list("entity_id", flat=True)) == [0, user.pk, closed.pk]
        assert not any("y.test" in str([r.context, r.new_value, r.old_value]) for r in rows)

    def test_account_is_locked_after_ten_failures(self, api):
        user = with_password()
        for _ in range(10):
            refusal(login(api, user, "wrong"), 401, "INVALID_CREDENTIALS")
        details = refusal(login(api, user), 429, "RATE_LIMITED")
        assert 0 < details["retry_after"] <= 900

    def test_success_forgets_failures(self, api):
        user = with_password()
        for _ in range(9):
            login(api, user, "wrong")
        assert login(api, user).status_code == 200
        for _ in range(9):
            refusal(login(api, user, "wrong"), 401, "INVALID_CREDENTIALS")

    def test_address_is_limited_over_all_accounts(self, api):
        for n in range(100):
            api().post("/auth/login", {"email": f"{n}@y.test", "password": "x"})
        refusal(login(api, with_password()), 429, "RATE_LIMITED")

    def test_forwarded_addresses_count_only_from_trusted_proxies(self, api, settings):
        for n in range(100):
            api().post(
                "/auth/login",
                {"email": f"{n}@y.test", "password": "x"},
                headers={"X-Forwarded-For": f"10.0.0.{n}"},
            )
        user = with_password()
        refusal(login(api, user), 429, "RATE_LIMITED")
        settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
        body = {"email": user.email, "password": PASSWORD}
        response = api().post("/auth/login", body, headers={"X-Forwarded-For": "1.2.3.4, 10.9.9.9"})
        assert response.status_code == 200

    def test_an_expired_token_beside_it_is_no_obstacle(self, api):
        user = with_password()
        old = clock.now() - dt.timedelta(days=1)
        token = tokens.encode(
            user_id=user.pk, role="CUSTOMER", version=7, kind="access", jti=uuid.uuid4(),
            issued_at=old, expires_at=old,
        )  # fmt: skip
        body = {"email": user.email, "password": PASSWORD}
        headers = {"Authorization": f"Bearer {token}"}
        assert api().post("/auth/login", body, headers=headers).status_code == 200
        headers = {"Authorization": "Bearer nonsense"}
        refusal(api().post("/auth/login", body, headers=headers), 401, "TOKEN_INVALID")


class TestAccessToken:
    def encoded(self, user, **changes):
        now = clock.now()
        values = {
            "user_id": user.pk, "role": user.role, "version": user.token_version,
            "kind": "access", "jti": uuid.uuid4(), "issued_at": now,
            "expires_at": now + dt.timedelta(minutes=5), **changes,
        }  # fmt: skip
        return tokens.encode(**values)

    def me(self, api, token):
        return api().get("/me", headers={"Authorization": f"Bearer {token}"})

    def test_good(self, api):
        assert self.me(api, self.encoded(person())).status_code == 200

    def test_expired_after_the_leeway(self, api):
        user, now = person(), clock.now()
        late = self.encoded(user, expires_at=now - dt.timedelta(seconds=25))
        assert self.me(api, late).status_code == 200
        late = self.encoded(user, expires_at=now - dt.timedelta(seconds=35))
        refusal(self.me(api, late), 401, "TOKEN_EXPIRED")

    def test_refused(self, api):
        user = person()
        key_id, secret = next(iter(tokens._keys().items()))
        good = jwt.decode(self.encoded(user), options={"verify_signature": False})
        bad = [
            self.encoded(user, kind="refresh"),
            self.encoded(user, version=1),
            self.encoded(user, user_id=user.pk + 1),
            self.encoded(user)[:-3] + "abc",
            jwt.encode(good, "another-secret-that-is-long-enough-for-it", headers={"kid": key_id}),
            jwt.encode(good, secret, algorithm="HS256", headers={"kid": "unknown"}),
            jwt.encode(good, secret, algorithm="HS256"),
            jwt.encode(good, secret, algorithm="HS512", headers={"kid": key_id}),
            jwt.encode(good, None, algorithm="none", headers={"kid": key_id}),
            jwt.encode({**good, "sub": "1 OR 1=1"}, secret, headers={"kid": key_id}),
            jwt.encode(
                {k: v for k, v in good.items() if k != "exp"}, secret, headers={"kid": key_id}
            ),
            "a.b.c",
            "שלום",
        ]
        for token in bad:
            response = self.me(api, token)
            refusal(response, 401, "TOKEN_INVALID")
            assert response["WWW-Authenticate"].startswith("Bearer")

    def test_other_schemes_are_refused(self, api):
        response = api().get("/me", headers={"Authorization": "Basic dXNlcjpwYXNz"})
        refusal(response, 401, "TOKEN_INVALID")

    def test_a_broken_token_is_refused_on_public_calls(self, api):
        response = api().get("/branches", headers={"Authorization": "Bearer nonsense"})
        refusal(response, 401, "TOKEN_INVALID")

    def test_deactivation_and_role_change_count_at_once(self, api):
        user = person(Role.ADMIN)
        client = api(user)
        assert client.get("/admin/users").status_code == 200
        User.objects.filter(pk=user.pk).update(role=Role.CUSTOMER)
        refusal(client.get("/admin/users"), 403, "PERMISSION_DENIED")
        User.objects.filter(pk=user.pk).update(is_active=False)
        refusal(client.get("/me"), 401, "TOKEN_INVALID")

    def test_keys_rotate(self, api, settings):
        user = person()
        settings.JWT_KEYS = ["old:first-secret-of-at-least-thirty-two-bytes"]
        old = self.encoded(user)
        settings.JWT_KEYS = ["new:second-secret-of-at-least-thirty-two-bytes", *settings.JWT_KEYS]
        assert jwt.get_unverified_header(self.encoded(user))["kid"] == "new"
        assert self.me(api, old).status_code == 200
        settings.JWT_KEYS = settings.JWT_KEYS[:1]
        refusal(self.me(api, old), 401, "TOKEN_INVALID")


class TestRefresh:
    def tokens(self, api):
        user = with_password()
        return user, login(api, user).json()["data"]["refresh_token"]

    def refresh(self, api, token):
        return api().post("/auth/refresh", {"refresh_token": token})

    def test_rotates(self, api):
        _user, first = self.tokens(api)
        second = self.refresh(api, first)
        assert second.status_code == 200
        data = second.json()["data"]
        assert set(data) == {"access_token", "refresh_token", "expires_at", "device_token"}
        third = self.refresh(api, data["refresh_token"])
        assert third.status_code == 200
        assert third.json()["data"]["device_token"] == data["device_token"], "one device a sign-in"

    def test_reuse_kills_the_family_and_only_it(self, api):
        user, first = self.tokens(api)
        other = login(api, user).json()["data"]["refresh_token"]
        second = self.refresh(api, first).json()["data"]["refresh_token"]
        RefreshToken.objects.exclude(used_at=None).update(
            used_at=clock.now() - services.REUSE_GRACE
        )
        refusal(self.refresh(api, first), 401, "TOKEN_INVALID")
        refusal(self.refresh(api, second), 401, "TOKEN_INVALID")
        assert self.refresh(api, other).status_code == 200

    @pytest.mark.parametrize("token", ["", "nonsense", None, 7, "a" * 3000])
    def test_nonsense(self, api, token):
        assert self.refresh(api, token).status_code in {400, 401}

    def test_an_access_token_is_no_refresh_token(self, api):
        user = with_password()
        access = login(api, user).json()["data"]["access_token"]
        refusal(self.refresh(api, access), 401, "TOKEN_INVALID")

    def test_expired(self, api):
        _user, first = self.tokens(api)
        RefreshToken.objects.update(expires_at=clock.now() - dt.timedelta(minutes=1))
        refusal(self.refresh(api, first), 401, "TOKEN_INVALID")

    def test_deactivated(self, api):
        user, first = self.tokens(api)
        User.objects.filter(pk=user.pk).update(is_active=False)
        refusal(self.refresh(api, first), 401, "TOKEN_INVALID")

    def test_logout_ends_the_family(self, api):
        user, first = self.tokens(api)
        second = self.refresh(api, first).json()["data"]["refresh_token"]
        stranger = api(person())
        assert stranger.post("/auth/logout", {"refresh_token": second}).status_code == 204
        third = self.refresh(api, second).json()["data"]["refresh_token"]
        response = api(user).post("/auth/logout", {"refresh_token": third})
        assert (response.status_code, response.content) == (204, b"")
        refusal(self.refresh(api, third), 401, "TOKEN_INVALID")
        assert api(user).post("/auth/logout", {"refresh_token": "nonsense"}).status_code == 204


class TestPasswords:
    def test_change_ends_every_token(self, api):
        user = with_password()
        first = login(api, user).json()["data"]
        client = api(user)
        body = {"current_password": PASSWORD, "new_password": "kq7-blue-lemon"}
        response = client.post("/auth/change-password", body)
        assert response.status_code == 200
        refusal(client.get("/me"), 401, "TOKEN_INVALID")
        refusal(
            api().post("/auth/refresh", {"refresh_token": first["refresh_token"]}),
            401,
            "TOKEN_INVALID",
        )
        fresh = response.json()["data"]["access_token"]
        assert api().get("/me", headers={"Authorization": f"Bearer {fresh}"}).status_code == 200
        assert audit(action="PASSWORD_CHANGE", entity_id=user.pk).count() == 1

    def test_wrong_current_password(self, api):
        user = with_password()
        body = {"current_password": "wrong", "new_password": "kq7-blue-lemon"}
        refusal(api(user).post("/auth/change-password", body), 401, "INVALID_CREDENTIALS")
        assert login(api, user).status_code == 200

    def test_bad_new_password(self, api):
        user = with_password()
        body = {"current_password": PASSWORD, "new_password": "123"}
        details = refusal(api(user).post("/auth/change-password", body), 400, "VALIDATION_ERROR")
        assert list(details["fields"]) == ["new_password"]
        assert login(api, user).status_code == 200

    def test_forgot_never_tells(self, api, django_capture_on_commit_callbacks):
        user = with_password()
        known = api().post("/auth/forgot-password", {"email": user.email})
        unknown = api().post("/auth/forgot-password", {"email": "nobody@mami.test"})
        assert (known.status_code, known.content) == (202, b"")
        assert (unknown.status_code, unknown.content) == (202, b"")
        rows = PasswordReset.objects.order_by("pk")
        assert [row.user for row in rows] == [user, None], "the same statements for both"

    def test_forgot_is_limited_per_account(self, api):
        for _ in range(5):
            api().post("/auth/forgot-password", {"email": "nobody@mami.test"})
        response = api().post("/auth/forgot-password", {"email": "nobody@mami.test"})
        refusal(response, 429, "RATE_LIMITED")

    def test_thirty_an_hour_of_an_address(self, api):
        """Made-up links as well as forgotten passwords, whosever they are."""
        for number in range(30):
            asked = {"email": f"nobody{number}@mami.test"}
            assert api().post("/auth/forgot-password", asked).status_code == 202
            refusal(self.reset(api, "x" * 43), 400, "RESET_TOKEN_INVALID")
        asked = {"email": "nobody30@mami.test"}
        refusal(api().post("/auth/forgot-password", asked), 429, "RATE_LIMITED")
        answer = self.reset(api, "x" * 43)
        refusal(answer, 429, "RATE_LIMITED")
        assert 3000 < int(answer["Retry-After"]) <= 3600

    def reset(self, api, token, password="kq7-blue-lemon"):
        return api().post("/auth/reset-password", {"token": token, "new_password": password})

    def test_reset_once(self, api):
        user = with_password()
        client = api(user)
        api().post("/auth/forgot-password", {"email": user.email})
        token = reset_secret(reset=PasswordReset.objects.get())
        refusal(self.reset(api, token, "123"), 400, "VALIDATION_ERROR")
        assert self.reset(api, token).status_code == 204
        refusal(client.get("/me"), 401, "TOKEN_INVALID")
        refusal(self.reset(api, token), 400, "RESET_TOKEN_INVALID")
        assert login(api, user, "kq7-blue-lemon").status_code == 200
        assert audit(action="PASSWORD_RESET", entity_id=user.pk).count() == 1

    def test_reset_expires(self, api):
        user = with_password()
        api().post("/auth/forgot-password", {"email": user.email})
        reset = PasswordReset.objects.get()
        token = reset_secret(reset=reset)
        PasswordReset.objects.update(expires_at=clock.now())
        refusal(self.reset(api, token), 400, "RESET_TOKEN_INVALID")
        refusal(self.reset(api, "nonsense"), 400, "RESET_TOKEN_INVALID")
        assert login(api, user).status_code == 200

    def test_reset_opens_a_locked_account(self, api):
        user = with_password()
        for _ in range(10):
            LOGIN_PER_STRANGERS.hit(user.email)
        api().post("/auth/forgot-password", {"email": user.email})
        self.reset(api, reset_secret(reset=PasswordReset.objects.get()))
        assert login(api, user, "kq7-blue-lemon").status_code == 200


def test_settings_of_tokens():
    assert settings.ACCESS_TOKEN_MINUTES == 30
    assert settings.REFRESH_TOKEN_DAYS == 30
