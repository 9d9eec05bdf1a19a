"""The second factor: set up, asked for, spent once, lost, and needed by managers."""

from __future__ import annotations

import datetime as dt
import re

import pyotp
import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.callers import Caller
from accounts.models import RecoveryCode, Role, SecondFactor, SignInChallenge, User
from accounts.services import answer_challenge, second_factor
from accounts.services.challenges import challenge
from accounts.services.devices import remember
from accounts.tests.factories import PASSWORD, person, with_password
from audit.models import AuditEntry
from core import clock
from core.errors import DomainError
from notifications.tests.account_jobs import work_off
from tests.api_client import refusal
from tests.races import codes as outcomes
from tests.races import race

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 29, 12, 0, 10, tzinfo=dt.UTC)


def totp(secret: str, *, steps: int = 0, at: dt.datetime | None = None) -> str:
    return pyotp.TOTP(secret).at((at or clock.now()) + dt.timedelta(seconds=30 * steps))


def enrolled(
    role: str = Role.CUSTOMER, *, now: dt.datetime | None = None
) -> tuple[User, str, list]:
    """A person with a second factor that was turned on an hour ago, its secret and codes."""
    user, then = with_password(role), (now or clock.now()) - dt.timedelta(hours=1)
    secret = second_factor.begin(actor=user, current_password=PASSWORD, now=then).secret
    user, codes = second_factor.confirm(actor=user, code=totp(secret, at=then), now=then)
    return user, secret, codes


def said(user: User) -> list[str]:
    rows = AuditEntry.objects.filter(entity_type="user", entity_id=user.pk, action="UPDATE")
    return [row.new_value["second_factor"] for row in rows.order_by("pk")]


class TestSetUp:
    def test_nothing_is_on_before_the_first_code(self, api):
        user = with_password()
        client = api(user)
        body = {"current_password": PASSWORD}
        first = client.post("/me/second-factor", body)
        assert first.status_code == 201
        second = client.post("/me/second-factor", body).json()["data"]
        assert second["secret"] != first.json()["data"]["secret"]
        assert second["otpauth_uri"].startswith("otpauth://totp/Mami:")
        assert second["secret"] in second["otpauth_uri"]
        state = client.get("/me/second-factor").json()["data"]
        assert state == {
            "enabled": False, "required": False, "since": None, "recovery_codes_left": 0
        }  # fmt: skip
        assert (
            api().post("/auth/login", {"email": user.email, "password": PASSWORD}).status_code
            == 200
        )

    def test_the_first_code_turns_it_on_and_ends_earlier_sign_ins(self, api):
        user = with_password()
        client = api(user)
        secret = client.post("/me/second-factor", {"current_password": PASSWORD}).json()["data"][
            "secret"
        ]
        refusal(
            client.post("/me/second-factor/confirm", {"code": "000000"}),
            400,
            "SECOND_FACTOR_INVALID",
        )
        done = client.post("/me/second-factor/confirm", {"code": totp(secret)})
        data = done.json()["data"]
        assert len(set(data["recovery_codes"])) == 10
        assert all(
            re.fullmatch(r"[a-z2-9]{5}-[a-z2-9]{5}", code) for code in data["recovery_codes"]
        )
        refusal(client.get("/me"), 401, "TOKEN_INVALID")
        headers = {"Authorization": f"Bearer {data['access_token']}"}
        state = api().get("/me/second-factor", headers=headers).json()["data"]
        assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
        assert said(user) == ["on"]

    def test_refusals(self, api):
        user = with_password()
        client = api(user)
        wrong = client.post("/me/second-factor", {"current_password": "x"})
        refusal(wrong, 401, "INVALID_CREDENTIALS")
        refusal(
            client.post("/me/second-factor/confirm", {"code": "123456"}),
            409,
            "SECOND_FACTOR_NOT_STARTED",
        )
        assert not SecondFactor.objects.exists()
        on, _secret, _codes = enrolled()
        body = {"current_password": PASSWORD}
        refusal(api(on).post("/me/second-factor", body), 409, "SECOND_FACTOR_ENABLED")

    def test_neither_secret_nor_codes_lie_readable(self):
        _user, secret, codes = enrolled()
        kept = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values()])
        assert secret not in kept
        assert not any(code.replace("-", "") in kept for code in codes)

    def test_it_survives_a_new_secret_key(self, settings):
        user, secret, _codes = enrolled()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-key-for-tests-which-is-long-enough-for-every-check"
        now = clock.now()
        token = challenge(user=user, now=now)
        assert answer_challenge(challenge=token, code=totp(secret), now=now) == user


class TestSignIn:
    def wanted(self, api, user):
        answer = api().post("/auth/login", {"email": user.email, "password": PASSWORD})
        details = refusal(answer, 401, "SECOND_FACTOR_REQUIRED")
        assert details["expires_in"] == 300
        return details["challenge"]

    def test_the_code_signs_in_and_nothing_before_it(self, api):
        user, secret, _codes = enrolled()
        token = self.wanted(api, user)
        assert not AuditEntry.objects.filter(action="LOGIN_SUCCESS").exists()
        done = api().post("/auth/second-factor", {"challenge": token, "code": totp(secret)})
        assert done.json()["data"]["user"]["id"] == user.pk
        assert done.json()["data"]["device_token"]
        assert AuditEntry.objects.filter(action="LOGIN_SUCCESS", entity_id=user.pk).count() == 1
        again = api().post(
            "/auth/second-factor", {"challenge": token, "code": totp(secret, steps=1)}
        )
        refusal(again, 401, "CHALLENGE_INVALID")

    def test_the_password_is_judged_first(self, api):
        user, _secret, _codes = enrolled()
        answer = api().post("/auth/login", {"email": user.email, "password": "wrong"})
        refusal(answer, 401, "INVALID_CREDENTIALS")
        assert not SignInChallenge.objects.exists()

    def test_five_wrong_codes_end_the_challenge(self, api):
        user, secret, _codes = enrolled()
        token = self.wanted(api, user)
        for _ in range(5):
            wrong = api().post("/auth/second-factor", {"challenge": token, "code": "000000"})
            refusal(wrong, 400, "SECOND_FACTOR_INVALID")
        late = api().post("/auth/second-factor", {"challenge": token, "code": totp(secret)})
        refusal(late, 401, "CHALLENGE_INVALID")
        assert AuditEntry.objects.filter(action="LOGIN_FAILURE", entity_id=user.pk).count() == 5

    @pytest.mark.parametrize("why", ["unknown", "over", "closed", "password changed"])
    def test_a_challenge_that_is_none(self, why):
        user, secret, _codes = enrolled()
        now = clock.now()
        token = challenge(user=user, now=now)
        if why == "unknown":
            token = "x" * 43
        elif why == "over":
            now += dt.timedelta(minutes=5)
        elif why == "closed":
            User.objects.filter(pk=user.pk).update(is_active=False)
        else:
            User.objects.filter(pk=user.pk).update(token_version=7)
        with pytest.raises(Exception, match="CHALLENGE_INVALID"):
            answer_challenge(challenge=token, code=totp(secret, at=now), now=now)

    def test_sixty_tries_of_an_address(self, api):
        for _ in range(60):
            wrong = api().post("/auth/second-factor", {"challenge": "x", "code": "1"})
            refusal(wrong, 401, "CHALLENGE_INVALID")
        refusal(
            api().post("/auth/second-factor", {"challenge": "x", "code": "1"}), 429, "RATE_LIMITED"
        )

    def test_another_challenge_gives_no_more_tries(self):
        """Whoever has the password gets challenges from wherever they like; the right person is let in."""
        user, secret, _codes = enrolled()
        now = clock.now()
        home = Caller(address="203.0.113.7")
        answer_challenge(
            challenge=challenge(user=user, now=now), code=totp(secret, at=now), caller=home, now=now
        )
        remember(user=user, caller=home, now=now)

        def guess(number: int, code: str = "000000", caller: Caller | None = None) -> str:
            token = challenge(user=user, now=now)
            caller = caller or Caller(address=f"198.51.100.{number}")
            try:
                answer_challenge(challenge=token, code=code, caller=caller, now=now)
            except DomainError as refused:
                return refused.code
            return "in"

        assert [guess(number) for number in range(10)] == ["SECOND_FACTOR_INVALID"] * 10
        assert guess(11) == "RATE_LIMITED"
        right = totp(secret, steps=1, at=now)
        assert guess(12, right) == "RATE_LIMITED", "without a look at the code"
        assert guess(0, right, home) == "in"

    def test_the_api_refuses_an_eleventh_guess_of_an_account(self, api):
        user, secret, _codes = enrolled()
        for token in (self.wanted(api, user), self.wanted(api, user)):
            for _ in range(5):
                wrong = api().post("/auth/second-factor", {"challenge": token, "code": "000000"})
                refusal(wrong, 400, "SECOND_FACTOR_INVALID")
        body = {"challenge": self.wanted(api, user), "code": totp(secret)}
        late = api().post("/auth/second-factor", body)
        refusal(late, 429, "RATE_LIMITED")
        assert int(late.headers["Retry-After"]) > 0
        assert not AuditEntry.objects.filter(action="LOGIN_SUCCESS", entity_id=user.pk).exists()

    def test_a_recovery_code_works_once_however_it_is_typed(self):
        user, _secret, codes = enrolled()
        now = clock.now()
        typed = codes[3].upper().replace("-", " ")
        for expected in ("ok", "SECOND_FACTOR_INVALID"):
            token = challenge(user=user, now=now)
            try:
                answer_challenge(challenge=token, code=typed, now=now)
                found = "ok"
            except Exception as error:
                found = error.code
            assert found == expected
        assert RecoveryCode.objects.filter(user=user, used_at=None).count() == 9
        assert said(user) == ["on", "recovery_used"]


class TestSteps:
    @pytest.mark.parametrize(
        ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
    )
    def test_one_step_either_side(self, steps, right):
        user, secret, _codes = enrolled(now=NOW)
        token = challenge(user=user, now=NOW)
        code = totp(secret, steps=steps, at=NOW)
        if right:
            assert answer_challenge(challenge=token, code=code, now=NOW) == user
        else:
            with pytest.raises(Exception, match="SECOND_FACTOR_INVALID"):
                answer_challenge(challenge=token, code=code, now=NOW)

    def test_each_step_once_and_none_before_it(self):
        user, secret, _codes = enrolled(now=NOW)
        answer_challenge(
            challenge=challenge(user=user, now=NOW), code=totp(secret, steps=1, at=NOW), now=NOW
        )
        for steps in (1, 0):
            with pytest.raises(Exception, match="SECOND_FACTOR_INVALID"):
                answer_challenge(
                    challenge=challenge(user=user, now=NOW),
                    code=totp(secret, steps=steps, at=NOW),
                    now=NOW,
                )

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("kind", ["app", "recovery"])
    def test_of_two_at_once_one_wins(self, kind):
        user, secret, codes = enrolled()
        now = clock.now()
        code = totp(secret) if kind == "app" else codes[0]
        tokens = [challenge(user=user, now=now) for _ in range(2)]
        results = race(
            [lambda token=t: answer_challenge(challenge=token, code=code, now=now) for t in tokens]
        )
        assert sorted(outcomes(results)) == ["SECOND_FACTOR_INVALID", "ok"]


class TestOffAndNewCodes:
    def test_new_codes_kill_the_old_ones(self, api):
        user, secret, codes = enrolled()
        fresh = api(user).post("/me/second-factor/recovery-codes", {"code": totp(secret)})
        assert len(fresh.json()["data"]["recovery_codes"]) == 10
        assert second_factor.recovery_code_of(user_id=user.pk, code=codes[0]) is None

    def test_off_needs_both(self, api):
        user, secret, _codes = enrolled()
        client = api(user)
        path, good = "/me/second-factor", {"current_password": PASSWORD, "code": totp(secret)}
        refusal(
            client.call("DELETE", path, {**good, "current_password": "x"}),
            401,
            "INVALID_CREDENTIALS",
        )
        refusal(
            client.call("DELETE", path, {**good, "code": "000000"}), 400, "SECOND_FACTOR_INVALID"
        )
        assert client.call("DELETE", path, good).status_code == 204, "the code was not used up"
        assert said(user) == ["on", "off"]
        assert not SecondFactor.objects.exists()
        assert not RecoveryCode.objects.exists()

    def test_the_role_may_need_it(self, api, settings):
        settings.STAFF_SECOND_FACTOR = "required"
        user, secret, _codes = enrolled(Role.MANAGER)
        body = {"current_password": PASSWORD, "code": totp(secret)}
        refusal(
            api(user).call("DELETE", "/me/second-factor", body),
            403,
            "SECOND_FACTOR_REQUIRED_BY_ROLE",
        )

    def test_guessing_at_it_while_signed_in_is_counted(self, api):
        user, _secret, _codes = enrolled()
        client = api(user)
        for _ in range(10):
            wrong = client.post("/me/second-factor/recovery-codes", {"code": "000000"})
            refusal(wrong, 400, "SECOND_FACTOR_INVALID")
        wrong = client.post("/me/second-factor/recovery-codes", {"code": "000000"})
        refusal(wrong, 429, "RATE_LIMITED")


class TestReset:
    def test_an_admin_takes_it_from_a_person_who_lost_it(self, api):
        user, _secret, _codes = enrolled(Role.MANAGER)
        theirs = api(user)
        root = person(Role.ADMIN)
        path = f"/admin/users/{user.pk}/second-factor/reset"
        assert api(root).post(path).status_code == 204
        refusal(theirs.get("/me"), 401, "TOKEN_INVALID")
        assert User.objects.get(pk=user.pk).second_factor_since is None
        assert said(user) == ["on", "reset"]
        work_off()
        told = [letter for letter in mail.outbox if "second factor" in letter.subject]
        assert [letter.to for letter in told] == [[user.email]]

    def test_refusals(self, api):
        user, _secret, _codes = enrolled(Role.ADMIN)
        path = f"/admin/users/{user.pk}/second-factor/reset"
        refusal(api(user).post(path), 403, "CANNOT_MODIFY_SELF")
        refusal(api(person(Role.MANAGER)).post(path), 403, "PERMISSION_DENIED")
        refusal(
            api(person(Role.ADMIN)).post("/admin/users/999999/second-factor/reset"),
            404,
            "NOT_FOUND",
        )
        assert said(user) == ["on"]

    def test_the_operator_helps_the_last_admin(self):
        user, _secret, _codes = enrolled(Role.ADMIN)
        call_command("second_factor", "reset", user.email.upper(), verbosity=0)
        assert User.objects.get(pk=user.pk).second_factor_since is None
        assert said(user) == ["on", "reset"]
        with pytest.raises(CommandError):
            call_command("second_factor", "reset", "nobody@mami.test")
