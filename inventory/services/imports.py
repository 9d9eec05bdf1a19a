"""Counts from a file: looked at first, then applied as the manager chooses.

`ALL` applies every row in one transaction, or nothing when one row is refused; it holds the shelves
it has reached until its end. `GOOD` applies the good rows, a batch at a time, each batch in a
transaction of its own together with how far the file has come, so that a killed job goes on where
it stood and never sets a shelf twice. Either way each change is a stocktake: under the stock
locks, with its movement and its audit row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from procrastinate.contrib.django import app

from accounts.models import User
from audit.services import Action
from core.errors import PermissionRefused
from core.transactions import write_transaction
from inventory.counts_file import BATCH, Count, Problem, judged, readable, stale
from inventory.errors import ImportNotReady
from inventory.ledger import Move, Reason, move
from inventory.locks import lock_import, lock_rows
from inventory.models import StockImport
from inventory.selectors import import_content
from inventory.services.corrections import forget_corrections
from inventory.services.counting import write_reorder_points

MOST_PROBLEMS = 500
Status, Mode = StockImport.Status, StockImport.Mode


@dataclass(kw_only=True)
class Progress:
    """What one pass over a file has found so far."""

    seen: int = 0
    changes: int = 0
    refused: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)

    def refuse(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.refused += 1
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.append(problem.as_json())

    def values(self) -> dict[str, object]:
        return {"seen": self.seen, "changes": self.changes, "refused": self.refused,
                "problems": self.problems}  # fmt: skip


class _Refused(Exception):
    """Ends a transaction of all or nothing."""


def upload_counts(
    *,
    actor: User,
    file_name: str,
    content: bytes,
    branch_id: int | None = None,
    note: str = "",
    now: dt.datetime,
) -> StockImport:
    """Keep a file of counts, and have it checked in the background. Raises PermissionRefused, InvalidInput."""
    if not actor.is_manager:
        raise PermissionRefused
    readable(content)
    with write_transaction():
        file = StockImport.objects.create(
            file_name=file_name[-100:],
            content=content,
            branch_id=branch_id,
            note=note[:200],
            status=Status.CHECKING,
            actor=actor,
            created_at=now,
        )
        app.configure_task("inventory.check_counts").defer(import_id=file.pk)
    return file


def check_counts(*, import_id: int) -> None:
    """Judge every row; nothing of the stock changes. Repeatable until the file is applied."""
    with write_transaction():
        file = lock_import(import_id=import_id)
    if file.status != Status.CHECKING:
        return
    progress = Progress()
    text = readable(import_content(import_id=import_id))
    for batch in judged(text, default_branch_id=file.branch_id):
        counts = [one for one in batch if isinstance(one, Count)]
        progress.seen += len(batch)
        progress.refuse(one for one in batch if isinstance(one, Problem))
        progress.changes += len(counts)
        _keep(import_id, seen=progress.seen)
    values = {**progress.values(), "rows": progress.seen}
    StockImport.objects.filter(pk=import_id, status=Status.CHECKING).update(
        status=Status.CHECKED, **values
    )


def choose_mode(*, actor: User, import_id: int, mode: str) -> StockImport:
    """A manager has seen what the check found and has it applied in the background.

    Raises PermissionRefused, NotFound, ImportNotReady (not checked yet, or applied before).
    """
    if not actor.is_manager:
        raise PermissionRefused
    with write_transaction():
        file = lock_import(import_id=import_id)
        if file.status != Status.CHECKED or mode not in Mode.values:
            raise ImportNotReady
        file.status, file.mode, file.actor = Status.APPLYING, Mode(mode), actor
        for name, value in Progress().values().items():
            setattr(file, name, value)
        file.save(
            update_fields=["status", "mode", "actor", "seen", "changes", "refused", "problems"]
        )
        app.configure_task("inventory.apply_counts").defer(import_id=file.pk)
    return file


def apply_counts(*, import_id: int, now: dt.datetime) -> None:
    """Apply a file whose mode was chosen; does nothing for any other. Raises Busy.

    Safe to repeat after a crash at any line.
    """
    file = StockImport.objects.select_related("actor").defer("content").get(pk=import_id)
    if file.status != Status.APPLYING:
        return
    text = readable(import_content(import_id=import_id))
    if file.mode == Mode.ALL:
        _apply_all(file, text, now)
    else:
        _apply_good(file, text, now)


def give_up(*, import_id: int, now: dt.datetime) -> None:
    """End a file whose work broke and is not tried again, so that nobody waits for it.

    Its problems say so. What batches of good rows have changed before stays changed: DONE; else
    REFUSED. Does nothing for a file that waits for nobody.
    """
    with write_transaction():
        file = lock_import(import_id=import_id)
        if not file.is_working:
            return
        progress = Progress(
            seen=file.seen, changes=file.changes, refused=file.refused, problems=file.problems
        )
        progress.refuse([Problem(line=0, code="FAULT")])
        status = Status.DONE if file.changes and file.mode == Mode.GOOD else Status.REFUSED
        _finish(file, progress, now, status=status)


def _apply_all(file: StockImport, text: str, now: dt.datetime) -> None:
    progress, counts = Progress(), list[Count]()
    for batch in judged(text, default_branch_id=file.branch_id):
        progress.seen += len(batch)
        progress.refuse(one for one in batch if isinstance(one, Problem))
        counts += [one for one in batch if isinstance(one, Count)]
    if not progress.refused:
        try:
            with write_transaction(durable=True):
                if lock_import(import_id=file.pk).status != Status.APPLYING:
                    return
                _write_all(file, counts, progress)
                _finish(file, progress, now, status=Status.DONE)
                return
        except _Refused:
            progress.changes = 0
    _finish(file, progress, now, status=Status.REFUSED)


def _write_all(file: StockImport, counts: Sequence[Count], progress: Progress) -> None:
    """Batches in the order of the locks, so that two files cannot wait for each other in a circle."""
    rows = iter(sorted(counts, key=lambda count: count.place))
    while batch := list(islice(rows, BATCH)):
        _write(file, batch, progress)
        if progress.refused:
            raise _Refused


def _apply_good(file: StockImport, text: str, now: dt.datetime) -> None:
    progress = Progress(
        seen=file.seen, changes=file.changes, refused=file.refused, problems=file.problems
    )
    for batch in judged(text, default_branch_id=file.branch_id, skip=file.seen):
        with write_transaction(durable=True):
            held = lock_import(import_id=file.pk)
            if held.status != Status.APPLYING or held.seen != progress.seen:
                return  # another worker has taken over
            progress.seen += len(batch)
            progress.refuse(one for one in batch if isinstance(one, Problem))
            _write(file, [one for one in batch if isinstance(one, Count)], progress)
            _keep(file.pk, **progress.values())
    _finish(file, progress, now, status=Status.DONE)


def _write(file: StockImport, counts: Sequence[Count], progress: Progress) -> None:
    """Set the shelves of a batch, in the caller's transaction. A count that went stale is refused."""
    rows = lock_rows(stock_ids=[count.stock_id for count in counts])
    refused = [stale(count=count, on_hand=rows[count.stock_id].on_hand) for count in counts]
    good = [count for count, problem in zip(counts, refused, strict=True) if problem is None]
    progress.refuse(problem for problem in refused if problem is not None)
    reference = f"import:{file.pk}"
    points = [
        (rows[count.stock_id], count.reorder_point)
        for count in good
        if count.reorder_point is not None
    ]
    moves = [
        Move(stock=rows[count.stock_id], on_hand=count.on_hand - rows[count.stock_id].on_hand)
        for count in good
    ]
    changed = {one.stock.pk for one in moves if one.on_hand}
    changed |= {stock.pk for stock, point in points if stock.reorder_point != point}
    progress.changes += len(changed)
    write_reorder_points(actor=file.actor, wanted=points, reference=reference)
    forget_corrections(stock_ids=[one.stock.pk for one in moves])
    move(
        actor=file.actor,
        moves=moves,
        reason=Reason.STOCKTAKE,
        action=Action.UPDATE,
        reference=reference,
        context={"note": file.note} if file.note else None,
    )


def _finish(
    file: StockImport, progress: Progress, now: dt.datetime, *, status: StockImport.Status
) -> None:
    _keep(file.pk, **progress.values(), status=status, finished_at=now, content=b"")


def _keep(import_id: int, **values: object) -> None:
    StockImport.objects.filter(pk=import_id).update(**values)
