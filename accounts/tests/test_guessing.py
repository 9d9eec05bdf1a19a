"""Guessing at passwords: strangers are stopped, the right person is not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import services
from accounts.callers import Caller, family_of
from accounts.models import Device, KnownPlace, Role, User
from accounts.services import guessing
from accounts.services.devices import MOST_PLACES, PLACE_LIFE, known_device, known_place
from accounts.tests.factories import PASSWORD, with_password
from audit.models import AuditEntry
from core import clock, limits
from core.tests.test_metrics import counted
from notifications.tests.account_jobs import work_off
from tests.api_client import refusal

pytestmark = pytest.mark.django_db
HOME = "203.0.113.7"
NEW = {"email": "noa@mami.test", "password": "gxkq-4-lemons", "full_name": "Noa Levi"}


@pytest.fixture
def from_(api, settings):
    """Call the API from an address, with a device."""
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]

    def client(address, device=""):
        made = api()
        made.headers["X-Forwarded-For"] = address
        if device:
            made.headers["X-Device-Token"] = device
        return made

    return client


def sign_in(client, email, password):
    return client.post("/auth/login", {"email": email, "password": password})


def guess(from_, email, times, first=1):
    for n in range(first, first + times):
        refusal(sign_in(from_(f"198.51.100.{n}"), email, "wrong"), 401, "INVALID_CREDENTIALS")


@pytest.fixture
def noa(from_):
    """Noa, registered at home, and her device."""
    data = from_(HOME).post("/auth/register", NEW).json()["data"]
    return data["user"]["email"], data["device_token"]


def altered(token):
    return token[:10] + ("A" if token[10] != "A" else "B") + token[11:]


class TestWorkedExample:
    def test_ten_strangers_guard_the_account_and_the_right_person_passes(self, from_, noa):
        email, device = noa
        figures = ("mami_sign_ins_total", "wrong"), ("mami_sign_ins_total", "limited")
        before = [counted(name, outcome=outcome) for name, outcome in figures]
        guarded = counted("mami_accounts_became_guarded_total")
        guess(from_, email, 10)
        for password in ("wrong", NEW["password"]):
            details = refusal(sign_in(from_("192.0.2.1"), email, password), 429, "RATE_LIMITED")
            assert 0 < details["retry_after"] <= 900
        after = [counted(name, outcome=outcome) for name, outcome in figures]
        assert after == [before[0] + 10, before[1] + 2]
        assert counted("mami_accounts_became_guarded_total") > guarded
        assert sign_in(from_(HOME), email, NEW["password"]).status_code == 200
        assert sign_in(from_("192.0.2.2", device), email, NEW["password"]).status_code == 200
        other = from_("192.0.2.9").post("/auth/register", {**NEW, "email": "x@y.test"})
        for strange in (altered(device), other.json()["data"]["device_token"], "nonsense"):
            for place in ("192.0.2.2", "192.0.2.3"):  # where the device was, and a new one
                answer = sign_in(from_(place, strange), email, NEW["password"])
                refusal(answer, 429, "RATE_LIMITED")

    def test_control_counted_by_name_alone_the_right_person_is_locked_out(
        self, from_, noa, monkeypatch
    ):
        """As most libraries count: whoever knows an e-mail shuts its owner out, device or not."""
        for known in ("known_device", "known_place"):
            monkeypatch.setattr(guessing, known, lambda **_: None)
        email, device = noa
        guess(from_, email, 10)
        answer = sign_in(from_(HOME, device), email, NEW["password"])
        refusal(answer, 429, "RATE_LIMITED")

    def test_a_known_device_has_ten_tries_of_its_own(self, from_, noa):
        email, device = noa
        for _ in range(10):
            answer = sign_in(from_("192.0.2.4", device), email, "wrong")
            refusal(answer, 401, "INVALID_CREDENTIALS")
        answer = sign_in(from_("192.0.2.4", device), email, NEW["password"])
        refusal(answer, 429, "RATE_LIMITED")
        assert sign_in(from_(HOME), email, NEW["password"]).status_code == 200

    def test_a_known_place_has_ten_tries_of_its_own(self, from_, noa):
        email, device = noa
        for _ in range(10):
            refusal(sign_in(from_(HOME), email, "wrong"), 401, "INVALID_CREDENTIALS")
        refusal(sign_in(from_(HOME), email, NEW["password"]), 429, "RATE_LIMITED")
        assert sign_in(from_(HOME, device), email, NEW["password"]).status_code == 200

    def test_a_right_password_empties_its_own_counter_only(self, from_, noa):
        email, device = noa
        guess(from_, email, 10)
        assert sign_in(from_(HOME, device), email, NEW["password"]).status_code == 200
        refusal(sign_in(from_("192.0.2.5"), email, NEW["password"]), 429, "RATE_LIMITED")

    def test_staff_alike(self, from_):
        mia = with_password(Role.MANAGER)
        guess(from_, mia.email, 10)
        refusal(sign_in(from_("192.0.2.6"), mia.email, PASSWORD), 429, "RATE_LIMITED")

    def test_an_unknown_account_is_counted_alike(self, from_):
        guess(from_, "nobody@mami.test", 10)
        refusal(sign_in(from_("192.0.2.7"), "nobody@mami.test", "x"), 429, "RATE_LIMITED")


class TestTheWayIn:
    def test_the_link_by_mail_makes_the_browser_known(self, from_, noa, client, settings):
        email, _device = noa
        guess(from_, email, 10)
        client.cookies["mami_language"] = "en"
        page = client.post("/account/login/", {"email": email, "password": NEW["password"]})
        assert page.status_code == 429
        assert 'href="/account/forgot/"' in page.content.decode()
        user = User.objects.get(email=email)
        services.forgot_password(email=email, now=clock.now())
        secret = services.reset_secret(reset=user.password_resets.get())
        fresh = "violin under seven moons"
        client.post(f"/account/reset/{secret}/", {"new_password": fresh})
        cookie = client.cookies["mami_device"]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
            True,
            "Lax",
            31536000,
        )
        settings.TRUSTED_PROXIES = ["127.0.0.0/8"]  # the browser travels on
        answer = client.post(
            "/account/login/",
            {"email": email, "password": fresh},
            headers={"X-Forwarded-For": "192.0.2.8"},
        )
        assert answer.status_code == 302

    def test_one_mail_a_day_and_none_to_nobody(self, from_, noa):
        email, _device = noa
        guess(from_, email, 10)
        guess(from_, "nobody@mami.test", 10, first=20)
        for _ in range(3):
            refusal(sign_in(from_("192.0.2.1"), email, "wrong"), 429, "RATE_LIMITED")
            refusal(sign_in(from_("192.0.2.1"), "nobody@mami.test", "x"), 429, "RATE_LIMITED")
        waiting = ProcrastinateJob.objects.filter(task_name="accounts.send_guarded")
        assert waiting.count() == 2, "the same for both"
        work_off()
        (letter,) = [m for m in mail.outbox if "trying your password" in m.subject]
        assert letter.to == [email]
        assert "/account/forgot/" in letter.body


class TestWhatIsKept:
    def test_no_address_and_no_secret_in_the_tables(self, from_, noa):
        _email, device = noa
        kept = str([*Device.objects.values(), *KnownPlace.objects.values()])
        assert HOME not in kept
        assert device.split(".")[1] not in kept

    def test_the_same_device_stays_one_row(self, from_, noa):
        email, device = noa
        again = sign_in(from_("192.0.2.1", device), email, NEW["password"]).json()["data"]
        assert again["device_token"] == device
        assert Device.objects.count() == 1

    def test_the_last_ten_places_for_ninety_days(self):
        user, now = with_password(), clock.now()
        for n in range(MOST_PLACES + 2):
            caller = Caller(address=f"192.0.2.{n}")
            services.remember_device(user=user, caller=caller, now=now + dt.timedelta(minutes=n))
        known = [
            known_place(user_id=user.pk, caller=Caller(address=f"192.0.2.{n}"), now=now)
            for n in (0, 1, 2, 11)
        ]
        assert known == [False, False, True, True]
        late = now + PLACE_LIFE + dt.timedelta(hours=1)
        assert not known_place(user_id=user.pk, caller=Caller(address="192.0.2.11"), now=late)

    def test_known_after_the_key_was_changed(self, settings):
        user, now = with_password(), clock.now()
        token = services.remember_device(user=user, caller=Caller(address=HOME), now=now)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-key-for-tests-which-is-long-enough-for-every-check"
        caller = Caller(address=HOME, device=token)
        assert known_place(user_id=user.pk, caller=caller, now=now)
        assert known_device(user_id=user.pk, caller=caller) is not None
        assert services.remember_device(user=user, caller=caller, now=now) != token

    @pytest.mark.parametrize(
        ("address", "place"),
        [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1"), ("", ""), ("unix", "unix"),
        ],
    )  # fmt: skip
    def test_places(self, address, place):
        assert Caller(address=address).place == place

    @pytest.mark.parametrize(
        ("agent", "family"),
        [
            ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/120.0 Mobile Safari/537",
             "Chrome on Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604",
             "Safari on iPhone"),
            ("curl/8", ""),
            ("", ""),
        ],
    )  # fmt: skip
    def test_kinds_of_browser(self, agent, family):
        assert family_of(agent) == family


class TestRegistered:
    def test_ten_addresses_an_hour_may_be_learned(self, from_, noa):
        email, _device = noa
        for _ in range(10):
            answer = from_("192.0.2.1").post("/auth/register", {**NEW, "email": email})
            refusal(answer, 409, "EMAIL_TAKEN")
        answer = from_("192.0.2.1").post("/auth/register", {**NEW, "email": email})
        refusal(answer, 429, "RATE_LIMITED")
        answer = from_("192.0.2.2").post("/auth/register", {**NEW, "email": email})
        refusal(answer, 409, "EMAIL_TAKEN")
        assert User.objects.count() == 1

    def test_a_line_with_a_whole_net_of_addresses_is_one_place(self, from_, noa):
        email, _device = noa
        codes = [
            from_(f"2001:db8:1:2::{n:x}").post("/auth/register", {**NEW, "email": email})
            for n in range(11)
        ]
        assert [answer.status_code for answer in codes] == [409] * 10 + [429]
        answer = from_("2001:db8:1:3::1").post("/auth/register", {**NEW, "email": email})
        refusal(answer, 409, "EMAIL_TAKEN")


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.endswith("_PER_ADDRESS")])
def test_every_limit_of_an_address_is_one_of_a_home(name: str) -> None:
    limit = getattr(limits, name)
    neighbours = {limit._key(f"2001:db8:1:2::{n}") for n in range(9)}
    assert len(neighbours) == 1
    assert limit._key("::ffff:192.0.2.1") == limit._key("192.0.2.1") != limit._key("192.0.2.2")
    assert limit._key("2001:db8:1:3::1") not in neighbours


class TestChangingThePassword:
    def test_is_counted_by_person_apart_from_signing_in(self, api, from_):
        user = with_password()
        body = {"current_password": "wrong", "new_password": "kq7-blue-lemon"}
        for _ in range(10):
            refusal(api(user).post("/auth/change-password", body), 401, "INVALID_CREDENTIALS")
        body["current_password"] = PASSWORD
        refusal(api(user).post("/auth/change-password", body), 429, "RATE_LIMITED")
        assert sign_in(from_(HOME), user.email, PASSWORD).status_code == 200
        assert not AuditEntry.objects.filter(action="PASSWORD_CHANGE").exists()


def test_counters_hold_no_address_and_no_mail(from_, noa):
    email, _device = noa
    guess(from_, email, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(key, ' ') FROM mami_cache")
        keys = cursor.fetchone()[0]
    assert "limit:login-strangers:" in keys
    assert "noa" not in keys
    assert "198.51" not in keys
