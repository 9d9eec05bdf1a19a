"""The release list: every point holds in a shop that is ready, and says why where it does not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Role
from core import clock
from mami import job_runs, release
from mami.models import JobRun
from tests.shop import open_shop

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
    found = {line.name: line for line in release.lines(url="")}
    assert list(found) == [
        "migrations", "models", "shop", "settings", "switches", "worker", "jobs", "copy", "restore drill", "books",
    ]  # fmt: skip
    wrong = {line.name: line.said for line in found.values() if not line.holds}
    assert wrong.keys() == {"settings"}  # of tests, which are no production's
    assert "security.W" in wrong["settings"]


def test_every_point_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="points do not hold") as refused:
        call_command("release_check")
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


def test_an_address_where_nobody_answers() -> None:
    with pytest.raises(release.NotReady, match="no answer from"):
        release.walk("http://127.0.0.1:9")
