"""Accounts through the JSON API: every success, every refusal, nothing changed by a refusal."""

from __future__ import annotations

import datetime as dt
import uuid

import jwt
import pytest
from django.apps import apps
from django.conf import settings

from accounts import tokens
from accounts.models import Address, PasswordReset, RefreshToken, Role, User
from accounts.services import reset_secret
from accounts.tests.factories import PASSWORD, address, person, with_password
from mami import clock
from mami.ratelimits import LOGIN_PER_ACCOUNT
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
        assert set(claims) == {"sub", "role", "type", "jti", "iat", "exp", "ver"}
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
            ("phone", "12"), ("phone", "050-123-4567"),
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
        assert set(second.json()["data"]) == {"access_token", "refresh_token", "expires_at"}
        assert self.refresh(api, second.json()["data"]["refresh_token"]).status_code == 200

    def test_reuse_kills_the_family_and_only_it(self, api):
        user, first = self.tokens(api)
        other = login(api, user).json()["data"]["refresh_token"]
        second = self.refresh(api, first).json()["data"]["refresh_token"]
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


class TestMe:
    def test_read_and_change(self, api):
        user = person()
        changed = api(user).patch("/me", {"full_name": "Dana  Bar", "phone": "054-223-4567"})
        assert (
            changed.json()["data"] | {"full_name": "Dana Bar", "phone": "+972542234567"}
            == (changed.json()["data"])
        )
        assert api(user).get("/me").json() == api(user).get("/auth/me").json() == changed.json()
        row = audit(entity_type="user", action="UPDATE").get()
        assert row.new_value == {"changed": ["full_name", "phone"]}

    def test_role_and_email_cannot_be_assigned(self, api):
        user = person()
        body = {"role": "ADMIN", "email": "x@y.test", "is_active": False, "token_version": 5}
        assert api(user).patch("/me", body).status_code == 200
        again = User.objects.get(pk=user.pk)
        assert (again.role, again.email, again.is_active) == (user.role, user.email, True)

    def test_bad_language(self, api):
        details = refusal(api(person()).patch("/me", {"language": "fr"}), 400, "VALIDATION_ERROR")
        assert "language" in details["fields"]

    def test_stranger(self, api):
        refusal(api().get("/me"), 401, "NOT_AUTHENTICATED")

    def test_one_query(self, api, django_assert_num_queries):
        client = api(person())
        client.get("/me")
        with django_assert_num_queries(1):
            client.get("/me")


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
        assert PasswordReset.objects.get().user == user

    def test_forgot_is_limited_per_account(self, api):
        for _ in range(5):
            api().post("/auth/forgot-password", {"email": "nobody@mami.test"})
        response = api().post("/auth/forgot-password", {"email": "nobody@mami.test"})
        refusal(response, 429, "RATE_LIMITED")

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
            LOGIN_PER_ACCOUNT.hit(user.email)
        api().post("/auth/forgot-password", {"email": user.email})
        self.reset(api, reset_secret(reset=PasswordReset.objects.get()))
        assert login(api, user, "kq7-blue-lemon").status_code == 200


class TestAddresses:
    BODY = {"label": "Home", "line1": "3 HaZait", "city": "Haifa", "postal_code": "3100001"}

    def test_life_of_an_address(self, api):
        user = person()
        client = api(user)
        first = client.post("/me/addresses", self.BODY)
        assert first.status_code == 201
        assert first.json()["data"]["is_default"] is True
        second = client.post("/me/addresses", {**self.BODY, "label": "Work"}).json()["data"]
        assert second["is_default"] is False
        assert client.post(f"/me/addresses/{second['id']}/default").status_code == 204
        changed = client.patch(f"/me/addresses/{second['id']}", {"floor": "4"})
        assert changed.json()["data"]["floor"] == "4"
        listed = client.get("/me/addresses").json()["data"]
        assert [(a["label"], a["is_default"]) for a in listed] == [("Work", True), ("Home", False)]
        assert client.delete(f"/me/addresses/{second['id']}").status_code == 204
        assert [a["is_default"] for a in client.get("/me/addresses").json()["data"]] == [True]
        rows = audit(entity_type="address")
        assert set(rows.values_list("action", flat=True)) == {
            "CREATE", "UPDATE", "DELETE", "SET_DEFAULT"
        }  # fmt: skip
        assert not any("HaZait" in str([r.old_value, r.new_value, r.context]) for r in rows)

    @pytest.mark.parametrize("field", ["label", "line1", "city", "postal_code"])
    def test_required(self, api, field):
        body = {k: v for k, v in self.BODY.items() if k != field}
        details = refusal(api(person()).post("/me/addresses", body), 400, "VALIDATION_ERROR")
        assert list(details["fields"]) == [field]
        assert not Address.objects.exists()

    def test_strangers_addresses_are_not_found(self, api):
        theirs = address(person(), is_default=True)
        client = api(person())
        for response in (
            client.patch(f"/me/addresses/{theirs.pk}", {"city": "X"}),
            client.delete(f"/me/addresses/{theirs.pk}"),
            client.post(f"/me/addresses/{theirs.pk}/default"),
            client.patch("/me/addresses/99999999999999999999999", {"city": "X"}),
        ):
            refusal(response, 404, "NOT_FOUND")
        theirs.refresh_from_db()
        assert theirs.city == "Haifa"

    def test_at_most_fifty(self, api):
        user = person()
        for _ in range(50):
            address(user)
        refusal(api(user).post("/me/addresses", self.BODY), 409, "TOO_MANY_ADDRESSES")

    def test_staff_have_none(self, api):
        refusal(api(person(Role.EMPLOYEE)).get("/me/addresses"), 403, "PERMISSION_DENIED")


class TestPeople:
    def test_list_and_filters(self, api):
        admin = person(Role.ADMIN)
        person(full_name="Gal", is_active=False)
        client = api(admin)
        page = client.get("/admin/users?limit=1").json()
        cursor = page["pagination"].pop("next_cursor")
        assert page["pagination"] == {"total": 2, "limit": 1, "offset": 0, "has_next": True}
        (older,) = client.get(f"/admin/users?limit=1&cursor={cursor}").json()["data"]
        assert older["id"] == admin.pk
        found = client.get("/admin/users?q=gal&isActive=false&role=CUSTOMER").json()["data"]
        assert [p["full_name"] for p in found] == ["Gal"]
        assert client.get("/admin/users?offset=7").json()["data"] == []

    def test_role_and_activity(self, api):
        admin, user = person(Role.ADMIN), person()
        client, theirs = api(admin), api(user)
        changed = client.patch(f"/admin/users/{user.pk}", {"role": "EMPLOYEE"})
        assert changed.json()["data"]["role"] == "EMPLOYEE"
        client.patch(f"/admin/users/{user.pk}", {"is_active": False})
        refusal(theirs.get("/me"), 401, "TOKEN_INVALID")
        client.patch(f"/admin/users/{user.pk}", {"is_active": True})
        refusal(theirs.get("/me"), 401, "TOKEN_INVALID")
        rows = audit(entity_type="user", entity_id=user.pk).order_by("id")
        assert list(rows.values_list("action", flat=True)) == ["UPDATE", "DEACTIVATE", "ACTIVATE"]

    def test_nobody_changes_themselves(self, api):
        admin = person(Role.ADMIN)
        for body in ({"role": "CUSTOMER"}, {"is_active": False}):
            refusal(api(admin).patch(f"/admin/users/{admin.pk}", body), 403, "CANNOT_MODIFY_SELF")
        admin.refresh_from_db()
        assert admin.is_admin
        assert not audit(entity_type="user").exists()

    def test_unknown(self, api):
        client = api(person(Role.ADMIN))
        refusal(client.get("/admin/users/0"), 404, "NOT_FOUND")
        refusal(client.patch("/admin/users/123456789", {"role": "ADMIN"}), 404, "NOT_FOUND")

    def test_managers_may_not(self, api):
        refusal(api(person(Role.MANAGER)).get("/admin/users"), 403, "PERMISSION_DENIED")


def test_settings_of_tokens():
    assert settings.ACCESS_TOKEN_MINUTES == 30
    assert settings.REFRESH_TOKEN_DAYS == 30
