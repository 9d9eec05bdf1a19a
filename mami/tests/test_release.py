"""The release list: every point holds in a shop that is ready, and says why where it does not."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD
from core import clock
from devtools import smoke
from mami import job_runs, release, switching
from mami.models import JobRun, Release
from orders.models import Order
from tests.shop import Shop, open_shop, open_with_sandbox

pytestmark = pytest.mark.django_db


def seen_worker(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (clock_timestamp() - make_interval(secs => %s))", [seconds],
        )  # fmt: skip


def hours_ago(hours: float) -> dt.datetime:
    return clock.now() - dt.timedelta(hours=hours)


def test_a_shop_that_is_ready() -> None:
    shop = open_shop(capacity=5)
    shop.person(Role.ADMIN)
    seen_worker(3)
    for name in ("mami.backup", "mami.restore_drill", "checkout.check_books"):
        job_runs.note(name=name, seconds=1, succeeded=True)
    found = {line.name: line for line in release.lines(url=None)}
    assert list(found) == [
        "migrations", "models", "shop", "settings", "switches", "worker", "jobs", "copy", "restore drill", "books",
    ]  # fmt: skip
    wrong = {line.name: line.said for line in found.values() if not line.holds}
    assert wrong.keys() == {"settings"}  # of tests, which are no production's
    assert "security.W" in wrong["settings"]


def test_every_point_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="points do not hold") as refused:
        call_command("release_check", "--before-serving")
    assert not Release.objects.exists()
    assert refused.value.returncode == 1
    said = capsys.readouterr().out
    for reason in ("no branch is the source", "no worker was seen", "run `manage.py backup`"):
        assert reason in said
    shop = open_shop(capacity=5)
    with pytest.raises(release.NotReady, match="nobody is an admin"):
        release.shop()
    shop.slot.branch.slots.update(is_active=False)
    with pytest.raises(release.NotReady, match="no window"):
        release.shop()


@pytest.mark.parametrize(
    ("name", "hours", "ready"),
    [("mami.backup", 25, True), ("mami.backup", 27, False),
     ("mami.restore_drill", 7 * 24, True), ("mami.restore_drill", 9 * 24, False)],
)  # fmt: skip
def test_copies_and_proofs_grow_old(name: str, hours: int, ready: bool) -> None:
    JobRun.objects.create(
        name=name, started_at=hours_ago(hours), last_success_at=hours_ago(hours), outcome="OK"
    )
    if ready:
        assert release.young(name) == f"{hours} hours old"
    else:
        with pytest.raises(release.NotReady, match=f"{hours} hours old: run"):
            release.young(name)


def test_jobs_and_workers_fall_silent() -> None:
    seen_worker(70)
    with pytest.raises(release.NotReady, match="no worker"):
        release.worker()
    JobRun.objects.create(
        name="checkout.check_books", started_at=hours_ago(80), last_success_at=hours_ago(80)
    )
    with pytest.raises(release.NotReady, match=r"checkout\.check_books"):
        release.periodic_jobs()


@pytest.mark.django_db(transaction=True)
class TestSwitches:
    def test_are_compared_with_the_last_release(self, settings: Settings) -> None:
        settings.CAPABILITIES_ASKED = True
        caches["switches"].clear()
        assert release.switches() == "no release was noted yet; all as this version has them"
        root = open_shop(capacity=5).person(Role.ADMIN)
        switching.switch(actor=root, name="questions", on=False)
        assert release.switches() == "no release was noted yet; questions OFF"
        noted = release.note_release()
        assert release.switches().startswith("questions still OFF since 1.")
        switching.switch(actor=root, name="questions", on=True)
        switching.switch(actor=root, name="order_change", on=False)
        noted.switches.pop("waiting_list")
        noted.switches["gravity"] = True
        noted.save()
        said = release.switches()
        for word in (
            "order_change OFF, was on",
            "questions on, was OFF",
            "waiting_list on, new",
            "gravity is gone",
        ):
            assert word in said

    def test_nothing_changed(self) -> None:
        release.note_release()
        assert release.switches().startswith(f"nothing changed since {settings.VERSION} of ")


def test_a_list_that_holds_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    held = release.CheckedLine(name="books", holds=True, said="kept")
    monkeypatch.setattr(release, "lines", lambda url: iter([held]))
    call_command("release_check", "--before-serving")
    assert not Release.objects.exists()
    call_command("release_check", "--url", "https://shop.example")
    assert Release.objects.get().switches["waiting_list"] is True


class TestSmoke:
    def test_an_address_where_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.named(monkeypatch, "ada@mami.test")
        with pytest.raises(release.NotReady, match="health: no answer from"):
            release.walk("http://127.0.0.1:9")

    def test_nobody_is_named_and_no_address(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        monkeypatch.delenv("SMOKE_EMAIL", raising=False)
        settings.MAMI_DEMO = False
        with pytest.raises(release.NotReady, match="SMOKE_EMAIL and SMOKE_PASSWORD"):
            release.walk("http://127.0.0.1:9")
        with pytest.raises(release.NotReady, match="--url"):
            release.walk("")

    def named(self, monkeypatch: pytest.MonkeyPatch, email: str) -> None:
        monkeypatch.setenv("SMOKE_EMAIL", email)
        monkeypatch.setenv("SMOKE_PASSWORD", PASSWORD)
        monkeypatch.delenv("SMOKE_ORIGIN", raising=False)


@pytest.mark.django_db(transaction=True)
class TestOrderOfTheSmoke:
    def test_is_placed_and_canceled(
        self, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_with_sandbox() as shop:
            ada, milk = self.customer(shop, monkeypatch), shop.product()
            assert re.fullmatch(r"http\S+: order \S+, canceled", release.walk(live_server.url))
            assert [order.status for order in Order.objects.filter(user=ada)] == ["CANCELED"]
            assert shop.stock(milk) == (100, 0)

    def test_pays_with_the_saved_card(
        self, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_with_sandbox() as shop:
            self.customer(shop, monkeypatch)
            shop.product()
            monkeypatch.setenv("SMOKE_CARD", smoke.SAVED_CARD)
            assert release.walk(live_server.url).endswith(", canceled")
            monkeypatch.setenv("SMOKE_CARD", "tok_declined")
            with pytest.raises(release.NotReady, match="order: POST /checkout/confirm answered 4"):
                release.walk(live_server.url)

    def test_an_order_that_is_left_is_taken_back(
        self, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(walk: smoke.Walk) -> str:
            raise smoke.Failed("no")

        with open_with_sandbox() as shop:
            ada = self.customer(shop, monkeypatch)
            shop.product()
            monkeypatch.setattr(smoke, "STEPS", [*smoke.STEPS[:-1], fails])
            with pytest.raises(release.NotReady, match=r"fails: no$"):
                release.walk(live_server.url)
            assert [order.status for order in Order.objects.filter(user=ada)] == ["CANCELED"]

    def customer(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> User:
        ada = shop.customer()
        ada.set_password(PASSWORD)
        ada.save()
        TestSmoke().named(monkeypatch, ada.email)
        return ada
