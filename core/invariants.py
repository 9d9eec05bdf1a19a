"""What a rule of the books is. Each app states its own in `<app>/invariants.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place where the books disagree, and what a person could do about it."""

    what: str
    repair: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A sentence that must be true. `check` lists where it is not.

    A `historic` rule can also be asked about an instant in the past; the others only about now.
    """

    name: str
    check: Callable[[dt.datetime | None], Iterable[Finding]]
    historic: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """What became of a rule. `skipped` when it could not be asked about the past."""

    rule: Rule
    findings: Sequence[Finding] = field(default_factory=tuple)
    skipped: bool = False

    @property
    def is_kept(self) -> bool:
        return not self.findings


def judge(rules: Iterable[Rule], *, as_of: dt.datetime | None = None) -> list[RuleResult]:
    """Ask every rule, all of them about the same instant of the database. Reads only."""
    with _one_instant():
        return [
            RuleResult(rule=rule, skipped=True)
            if as_of is not None and not rule.historic
            else RuleResult(rule=rule, findings=tuple(rule.check(as_of)))
            for rule in rules
        ]


@contextmanager
def _one_instant() -> Iterator[None]:
    """A snapshot, so that orders placed while we count do not look like mistakes."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout TO '600s'")  # of a million orders
        yield
