"""Payout rows: from the provider itself, or from a file a manager uploads; and explanations."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from audit import services as audit
from core.clock import shop_date, shop_instant
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.money import ZERO, shekels
from core.numbers import is_plain
from core.transactions import write_transaction
from payments.payout_models import PayoutNote, PayoutRow
from payments.payouts import MATCHED, TYPES, SettledRow, settled_day
from payments.provider import ProviderFailure
from payments.providers import ADAPTERS, provider
from payments.tariffs import tariff_of

COLUMNS = ["date", "reference", "type", "gross", "fee", "net"]
MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 20_000
NOTE = (3, 500)
REFERENCE = 100
LARGEST_SUM = Decimal("9999999999.99")


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What a file came to; nothing of it was taken where `refused` is not empty."""

    dry_run: bool
    read: int
    matched: int
    unmatched: int
    refused: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class _PayoutRow:
    reference: str
    type: str
    gross: Decimal
    fee: Decimal
    net: Decimal


def check_day(*, date: dt.date, now: dt.datetime) -> None:
    """Raises InvalidInput for a day to come."""
    if date > shop_date(now):
        raise InvalidInput(fields={"date": [_("That day is still to come.")]})


def sync_payouts(*, date: dt.date, names: Iterable[str]) -> int:
    """Ask providers for their rows of a shop day; what a file said stands. The rows written."""
    start = shop_instant(date, dt.time(0))
    end = shop_instant(date + dt.timedelta(days=1), dt.time(0))
    written = 0
    for name in set(names) & set(ADAPTERS):
        try:
            found = provider(name).payouts(start=start, end=end)
        except ProviderFailure:
            continue
        tariff = tariff_of(name)
        sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        for one in found:
            fee = one.fee
            if fee is None:
                is_charge = one.type == "CAPTURE"
                fee = tariff.fee(amount=one.gross, charges=1) if is_charge else ZERO
            before = sums.get((one.reference, one.type), (ZERO, ZERO))
            sums[(one.reference, one.type)] = (before[0] + one.gross, before[1] + fee)
        with write_transaction():
            for (reference, kind), (gross, fee) in sums.items():
                row, made = PayoutRow.objects.get_or_create(
                    provider=name,
                    date=date,
                    reference=reference,
                    type=kind,
                    defaults={"gross": gross, "fee": fee, "net": gross - fee},
                )
                if not made and not row.is_from_file and (row.gross, row.fee) != (gross, fee):
                    row.gross, row.fee, row.net = gross, fee, gross - fee
                    row.save(update_fields=["gross", "fee", "net"])
                written += made
    return written


def upload_payouts(
    *,
    actor: Any,
    date: dt.date,
    provider_name: str,
    content: bytes,
    dry_run: bool,
    now: dt.datetime,
) -> Uploaded:
    """Read a provider's file of a day; where no line is refused and it is no dry run, take it.

    A line replaces what was known of the same reference and type, so the same file twice is the
    same day. Raises PermissionRefused, InvalidInput (no such provider, no file, other columns).
    """
    if not actor.is_manager:
        raise PermissionRefused
    check_day(date=date, now=now)
    if provider_name not in ADAPTERS:
        raise InvalidInput(fields={"provider": [_("There is no such provider.")]})
    lines, refused = _read(content, date)
    expected = {(row.provider, row.reference): row for row in settled_day(date=date).rows}
    matched = sum(_meets(line, provider_name, lines, expected) for line in lines)
    if not dry_run and not refused:
        _take(actor, date, provider_name, lines)
    return Uploaded(
        dry_run=dry_run,
        read=len(lines) + len(refused),
        matched=matched,
        unmatched=len(lines) - matched,
        refused=refused,
    )


def explain(
    *, actor: Any, date: dt.date, reference: str, note: str, now: dt.datetime
) -> SettledRow:
    """Say why a reference of a day does not meet. Returns its row.

    Raises PermissionRefused, InvalidInput (note), NotFound (no such row that day).
    """
    if not actor.is_manager:
        raise PermissionRefused
    text = note.strip()
    if not NOTE[0] <= len(text) <= NOTE[1]:
        raise InvalidInput(fields={"note": [_("Between 3 and 500 characters.")]})
    row = next((one for one in settled_day(date=date).rows if one.reference == reference), None)
    if row is None:
        raise NotFound
    with write_transaction():
        PayoutNote.objects.update_or_create(
            provider=row.provider,
            date=date,
            reference=reference,
            defaults={"note": text, "actor_id": actor.pk, "at": now},
        )
        audit.record(
            actor=actor,
            entity_type="settlement",
            entity_id=date.toordinal(),
            action=audit.Action.UPDATE,
            new={"explained": reference},
            context={"date": date},
        )
    return next(one for one in settled_day(date=date).rows if one.reference == reference)


def _take(actor: Any, date: dt.date, name: str, lines: list[_PayoutRow]) -> None:
    with write_transaction():
        for line in lines:
            PayoutRow.objects.update_or_create(
                provider=name,
                date=date,
                reference=line.reference,
                type=line.type,
                defaults={
                    "gross": line.gross, "fee": line.fee, "net": line.net, "is_from_file": True,
                },
            )  # fmt: skip
        audit.record(
            actor=actor,
            entity_type="settlement",
            entity_id=date.toordinal(),
            action=audit.Action.UPDATE,
            new={"provider": name, "rows": len(lines)},
            context={"date": date},
        )


def _meets(
    line: _PayoutRow,
    name: str,
    lines: list[_PayoutRow],
    expected: Mapping[tuple[str, str], SettledRow],
) -> bool:
    """Whether what the file says of a reference is what the shop expects, its own fee aside."""
    if line.type in ("FEE", "PAYOUT"):
        return True
    row = expected.get((name, line.reference))
    if row is None or row.order_number is None:
        return False
    if row.state == MATCHED and row.paid == line.net:
        return True
    same = [one for one in lines if one.reference == line.reference]
    told = sum((one.net for one in same), ZERO)
    charges = [one for one in same if one.type == "CAPTURE"]
    own = sum((one.fee for one in charges), ZERO)
    usual = sum((tariff_of(name).fee(amount=one.gross, charges=1) for one in charges), ZERO)
    return told + own in (row.expected + own, row.expected + usual)


def _read(content: bytes, date: dt.date) -> tuple[list[_PayoutRow], list[dict[str, Any]]]:
    """The lines that can be taken, and those that cannot with the reason. Raises InvalidInput."""
    bad = InvalidInput(
        fields={"file": [_("A CSV file with the columns date, reference, type, gross, fee, net.")]}
    )
    if not content or len(content) > MAX_BYTES:
        raise bad
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise bad from None
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS or len(rows) > MAX_LINES:
        raise bad
    lines: list[_PayoutRow] = []
    refused: list[dict[str, Any]] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        why, line = _line(row, date)
        if line is None:
            refused.append({"line": number, "why": why})
        else:
            lines.append(line)
    return lines, refused


def _line(row: list[str], date: dt.date) -> tuple[str, _PayoutRow | None]:
    if len(row) != len(COLUMNS):
        return str(_("That is not six columns.")), None
    day, reference, kind = row[0].strip(), row[1].strip(), row[2].strip()
    if day != date.isoformat():
        return str(_("A line of another day.")), None
    if not 1 <= len(reference) <= REFERENCE or "\x00" in reference:
        return str(_("The reference is missing or too long.")), None
    if kind not in TYPES:
        return str(_("There is no such type.")), None
    amounts = [_amount(text) for text in row[3:]]
    if any(amount is None for amount in amounts):
        return str(_("An amount cannot be read.")), None
    gross, fee, net = (amount or ZERO for amount in amounts)
    if gross - fee != net:
        return str(_("Net is not gross less fee.")), None
    return "", _PayoutRow(reference=reference, type=kind, gross=gross, fee=fee, net=net)


def _amount(text: str) -> Decimal | None:
    plain = text.strip()
    if not is_plain(plain):
        return None
    amount = Decimal(plain)
    fits = abs(amount) <= LARGEST_SUM and amount == shekels(amount)
    return shekels(amount) if fits else None
