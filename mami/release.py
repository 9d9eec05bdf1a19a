"""The release list: what must hold before and after a new version serves, each told in one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Role, User
from branches import selectors as branches
from checkout.invariants import ALL
from core import clock
from core.errors import DomainError
from core.invariants import judge
from devtools import smoke
from mami.models import JobRun, Release
from mami.state_figures import periods
from mami.switching import states
from runtime import production

BACKUP_HOURS, DRILL_DAYS, HEARTBEAT_SECONDS, WINDOW_DAYS = 26, 8, 60, 14
GRACE_SECONDS, PERIODS = 60, 3  # as the alert JobMissing has it
HAND_MADE = {"mami.backup": BACKUP_HOURS * 3600, "mami.restore_drill": DRILL_DAYS * 86_400}


class NotReady(Exception):
    """One sentence about what does not hold."""


@dataclass(frozen=True, kw_only=True)
class CheckedLine:
    """What became of one point of the list."""

    name: str
    holds: bool
    said: str


def lines(*, url: str | None) -> Iterator[CheckedLine]:
    """Every point of the list, in its order; the smoke goes to `url`, with None there is none yet."""
    points: list[tuple[str, Callable[[], str]]] = [
        ("migrations", migrations), ("models", models), ("shop", shop), ("settings", safe_settings), ("switches", switches),
        ("worker", worker), ("jobs", periodic_jobs), ("copy", lambda: young("mami.backup")),
        ("restore drill", lambda: young("mami.restore_drill")), ("books", books),
    ]  # fmt: skip
    if url is not None:
        points.append(("smoke", lambda: walk(url)))
    for name, point in points:
        try:
            yield CheckedLine(name=name, holds=True, said=point())
        except NotReady as error:
            yield CheckedLine(name=name, holds=False, said=str(error))


def migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NotReady(f"{len(waiting)} are not applied, first {waiting[0][0]}: run `migrate`.")
    return "all applied"


def models() -> str:
    said = StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=said, verbosity=1)
    except SystemExit as error:
        raise NotReady(f"a migration is missing: {said.getvalue().splitlines()[0]}") from error
    return "say what the tables have"


def shop() -> str:
    try:
        source = branches.delivery_source()
    except DomainError as error:
        raise NotReady("no branch is the source of deliveries.") from error
    now = clock.now()
    windows = branches.available_slots(
        branch_id=None, start=clock.shop_date(now), days=WINDOW_DAYS, now=now
    )
    if not any(window.is_open for window in windows):
        raise NotReady(f"no window of {source.name} is open for two weeks.")
    if not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
        raise NotReady("nobody is an admin.")
    return f"{source.name}, {sum(window.is_open for window in windows)} windows open, an admin"


def safe_settings() -> str:
    faults = production.faults(os.environ)
    if faults:
        raise NotReady(" ".join(fault.sentence for fault in faults))
    try:
        call_command(
            "check", deploy=True, databases=["default"], fail_level="WARNING",
            stdout=StringIO(), stderr=StringIO(),
        )  # fmt: skip
    except (CommandError, SystemExit) as error:
        found = [
            line.strip()
            for line in str(error).splitlines()
            if "mami." in line or "security." in line
        ]
        raise NotReady("; ".join(found) or "`check --deploy` fails.") from error
    rehearsed = production.rehearsed(os.environ)
    return f"safe; a rehearsal, {len(rehearsed)} points let pass" if rehearsed else "safe"


def switches() -> str:
    """Told, never refused: whoever switched something off had a reason."""
    last, now = Release.objects.first(), {one.name: on for one, on in states()}
    if last is None:
        off = [f"{one.name} {_word(on)}" for one, on in states() if on != one.default]
        return f"no release was noted yet; {', '.join(off) or 'all as this version has them'}"
    told = [
        f"{name} {_word(on)}, was {_word(last.switches[name])}"
        for name, on in now.items()
        if name in last.switches and last.switches[name] != on
    ]
    told += [f"{name} {_word(on)}, new" for name, on in now.items() if name not in last.switches]
    told += [f"{name} is gone" for name in last.switches if name not in now]
    told += [
        f"{name} still OFF"
        for name, on in now.items()
        if not on and last.switches.get(name) is False
    ]
    since = f"since {last.version} of {last.checked_at:%Y-%m-%d %H:%M} UTC"
    return f"{', '.join(told) or 'nothing changed'} {since}"


def _word(on: bool) -> str:
    return "on" if on else "OFF"


def note_release() -> Release:
    """Every point held: what the next list is compared with."""
    return Release.objects.create(
        version=settings.VERSION,
        revision=settings.REVISION,
        switches={one.name: on for one, on in states()},
    )


def worker() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - max(last_heartbeat))::float8"
            " FROM procrastinate_workers"
        )
        ((age,),) = cursor.fetchall()
    if age is None or age > HEARTBEAT_SECONDS:
        raise NotReady("no worker was seen for a minute.")
    return f"seen {age:.0f} s ago"


def periodic_jobs() -> str:
    now, late = clock.now(), []
    known = {run.name: run for run in JobRun.objects.all()}
    for name, period in periods().items():
        if (run := known.get(name)) is None:
            continue  # no worker of this version was there yet, which the line above says
        last = run.last_success_at or run.created_at
        if (now - last).total_seconds() > GRACE_SECONDS + PERIODS * period:
            late.append(name)
    if late:
        raise NotReady(f"silent for three periods: {', '.join(sorted(late))}.")
    return f"{len(known)} on time"


def young(name: str) -> str:
    """Whether a command that is run by hand or by night succeeded lately enough."""
    run = JobRun.objects.filter(name=name).first()
    if run is None or run.last_success_at is None:
        raise NotReady(f"never succeeded: run `manage.py {name.partition('.')[2]}`.")
    hours = (clock.now() - run.last_success_at).total_seconds() / 3600
    if hours * 3600 > HAND_MADE[name]:
        raise NotReady(f"{hours:.0f} hours old: run `manage.py {name.partition('.')[2]}`.")
    return f"{hours:.0f} hours old"


def books() -> str:
    verdicts = judge(ALL)
    broken = [verdict.rule.name for verdict in verdicts if not verdict.is_kept]
    if broken:
        raise NotReady(f"{len(broken)} rules are broken: {', '.join(broken)}; see `check_books`.")
    return f"{len(verdicts)} rules kept"


def walk(url: str) -> str:
    """As `make smoke`: an order is placed by the customer who is kept for it, and canceled."""
    if not url:
        raise NotReady("no address to walk through: name it with --url, or set SITE_URL.")
    if not (settings.MAMI_DEMO or {"SMOKE_EMAIL", "SMOKE_PASSWORD"} <= os.environ.keys()):
        raise NotReady("no order was placed: name a customer, SMOKE_EMAIL and SMOKE_PASSWORD.")
    visit, said = smoke.Walk(url=url.rstrip("/")), []
    if "SMOKE_CARD" not in os.environ and settings.PAYMENT_PROVIDER != "sandbox":
        visit.card = smoke.SAVED_CARD
    try:
        for step in smoke.STEPS:
            said.append(step(visit))
    except (smoke.Failed, KeyError, TypeError, ValueError) as error:
        with suppress(smoke.Failed):
            smoke.take_back(visit)
            visit.found.pop("number", None)
        left = visit.found.get("number")
        stands = f" Order {left} stands and has to be canceled." if left else ""
        raise NotReady(f"{url}: {step.__name__}: {error}{stands}") from error
    return f"{url}: order {visit.found['number']}, canceled"
