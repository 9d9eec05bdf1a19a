"""D1: shoppers order while whatever serves them is killed, at each named point of confirm.

Two acts. In the first the worker is stopped and nobody asks again: afterwards something must be left
open, else there was nothing to recover and the drill proves nothing. In the second the worker works
and shoppers ask until they are answered; after each strike the next order must come soon. Then
nobody touches anything, and within a minute nothing may be pending.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from runtime.run.tests.conftest import patience, until
from tests.drills.running_shop import RunningShop, WholeShop
from tests.drills.shoppers import Crowd, DrillData, Ledger
from tests.drills.verdicts import pending

# From after_commit_1 to before_commit_2 a request leaves something open when it dies.
HALFWAY = (
    "after_commit_1",
    "before_provider_call",
    "after_provider_call_before_record",
    "after_authorised_recorded",
    "before_commit_2",
)
WHOLE = (
    "after_key_claimed",
    "after_stock_locked",
    "before_commit_1",
    "after_commit_2_before_response",
    "during_response",
)
# What happens to an order that stands: its change, another card, its way out of the shop, its papers.
LATER = (
    "after_change_reserved",
    "before_change_committed",
    "payment_between_record_and_call",
    "payment_between_call_and_record",
    "leaving_between_record_and_charge",
    "leaving_between_charge_and_move",
    "paper_between_agreed_and_note",
)
# What jobs do to an order's money days later; `tests.drills.ageing` lets the days pass.
AGED = (
    "hold_between_record_and_call",
    "hold_between_call_and_record",
    "renewal_between_record_and_call",
    "renewal_between_call_and_record",
)
JOB, REFUND = "job_between_ask_and_finish", "refund_between_record_and_call"
KINDS = ("kill", "raise", "sleep5", "database-kill", "postgres-kill")
WEB_SECONDS, DATABASE_SECONDS = 5.0, 10.0


@dataclass(kw_only=True)
class Blow:
    """One strike: what became of it. Times in seconds."""

    name: str
    struck: bool
    back_after: float | None
    limit: float

    @property
    def is_good(self) -> bool:
        return self.struck and self.back_after is not None and self.back_after <= self.limit

    def __str__(self) -> str:
        back = "never" if self.back_after is None else f"{self.back_after:5.1f} s"
        return f"  {self.name:50} {'next order after ' + back if self.struck else 'nobody passed'}"


@dataclass(kw_only=True)
class Drill:
    running: RunningShop
    data: DrillData
    ledger: Ledger
    shoppers: int
    blows: list[Blow] = field(default_factory=list)

    def crowd(self, *, retries: bool, thinks_again: bool = False) -> Crowd:
        return Crowd(
            port=self.running.port,
            data=self.data,
            ledger=self.ledger,
            shoppers=self.shoppers,
            retries=retries,
            thinks_again=thinks_again,
        )

    def strike(self, point: str, kind: str, *, within: float = 20.0) -> None:
        """Arm, wait for somebody to pass, and for the next order after it."""
        self.running.arm(point, kind)
        struck = self.running.was_struck(within=within * patience())
        self._note(f"{kind} at {point}", kind == "postgres-kill", struck=struck)

    def harm(self, name: str, what: Callable[[], None], *, database: bool = False) -> None:
        what()
        self._note(name, database, struck=True)

    def _note(self, name: str, database: bool, *, struck: bool) -> None:
        limit = DATABASE_SECONDS if database else WEB_SECONDS
        instant, back = time.monotonic(), None
        longest = limit * max(6, 2 * patience())
        while struck and back is None and time.monotonic() - instant < longest:
            time.sleep(0.02)
            back = self.ledger.first_after(instant)
        blow = Blow(name=name, struck=struck, back_after=back, limit=limit * patience())
        self.blows.append(blow)
        print(blow, flush=True)

    @property
    def wrong(self) -> list[str]:
        return [f"{blow.name}: too late, or never" for blow in self.blows if not blow.is_good]


def control(drill: Drill, points: Iterable[str] = HALFWAY) -> list[str]:
    """Die halfway with nobody to recover: what is left open then, which must be something."""
    (worker,) = drill.running.worker()
    os.kill(worker, signal.SIGSTOP)
    crowd = drill.crowd(retries=False)
    crowd.start()
    try:
        for point in points:
            drill.strike(point, "kill")
    finally:
        crowd.stop()
        left = pending()
        os.kill(worker, signal.SIGCONT)
    return left


def short(drill: Drill) -> None:
    """Each other point once."""
    crowd = drill.crowd(retries=True)
    crowd.start()
    try:
        for point, kind in zip(WHOLE, ("kill", "raise", "database-kill") * 2, strict=False):
            drill.strike(point, kind)
        drill.strike(REFUND, "kill")
    finally:
        crowd.stop()
    _job_dies(drill, "raise")


def _job_dies(drill: Drill, kind: str) -> None:
    """Leave a checkout open that nobody asks about again: the job has to, and dies at it.

    The worker stands still until that is armed: it passes `before_commit_2` as well, with what
    earlier strikes left, and might settle everything while the shoppers go home.
    """
    until(
        lambda: len(drill.running.worker()) == 1, seconds=30 * patience()
    )  # one may have just died
    (worker,) = drill.running.worker()
    os.kill(worker, signal.SIGSTOP)
    crowd = drill.crowd(retries=False)
    crowd.start()
    try:
        drill.strike("before_commit_2", "kill")
    finally:
        crowd.stop()
        drill.running.arm(JOB, kind)
        os.kill(worker, signal.SIGCONT)
    # The request's lease is 20 s and the job comes every ten; what a killed worker held is put back
    # after another thirty.
    struck = drill.running.was_struck(within=90 * patience())
    name = f"{kind} at {JOB}"
    drill.blows.append(Blow(name=name, struck=struck, back_after=0.0, limit=WEB_SECONDS))
    print(f"  {name:50} {'the next run finishes it' if struck else 'nobody passed'}", flush=True)


def whole(drill: Drill) -> None:
    """Every kind at every point, and everything killed from outside as well."""
    running = drill.running
    assert isinstance(running, WholeShop)
    crowd = drill.crowd(retries=True, thinks_again=True)
    crowd.start()
    try:
        for kind in KINDS:
            for point in (*WHOLE, *HALFWAY, *LATER, *AGED, REFUND):
                drill.strike(point, kind, within=60)
        for _ in range(3):
            drill.harm("a process of the web server killed", lambda: _kill(running.web()[-1]))
            drill.harm("three database sessions ended", end_sessions)
            drill.harm("all of PostgreSQL killed", running.kill_postgres, database=True)
        drill.harm("the worker killed", lambda: _kill(running.worker()[0]))
        drill.harm("the web server killed", lambda: _kill(running.web()[0]))
    finally:
        crowd.stop()
    for kind in KINDS:  # whoever asks again would leave the job nothing
        _job_dies(drill, kind)


def later(drill: Drill) -> None:
    """What comes after the button only: killed at each point, and there once without its session,
    once without all of PostgreSQL where somebody waits for the answer. A few minutes on two quiet cores."""
    crowd = drill.crowd(retries=True, thinks_again=True)
    crowd.start()
    try:
        for kind, points in (
            ("kill", (*LATER, REFUND, *AGED)),
            ("database-kill", (*LATER, REFUND)),
            ("postgres-kill", LATER),
        ):
            for point in points:
                drill.strike(point, kind, within=60)
    finally:
        crowd.stop()


def end_sessions() -> None:
    from django.db import connection

    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname"
            " = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3) AS few"
        )
    connection.close()


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def summary(drill: Drill) -> dict[str, Any]:
    """Figures to report."""
    times = sorted(blow.back_after for blow in drill.blows if blow.back_after is not None)
    return {
        "strikes": len(drill.blows),
        "slowest return": f"{times[-1]:.1f} s" if times else "none",
        "orders acknowledged": len(drill.ledger.rows("order")),
        "refunds acknowledged": len(drill.ledger.rows("refund")),
        "refusals seen": dict(sorted(drill.ledger.refusals.items())),
    }
