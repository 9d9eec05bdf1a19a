"""The list of localities: read from a file, again and again without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from branches.area_models import Locality
from branches.locks import lock_localities
from branches.place_names import beginnings, keys_of
from core.transactions import write_transaction

COLUMNS = ("code", "name_he", "name_en", "aliases", "population")
LARGEST = 2**31 - 1


class UnreadableLocalities(Exception):
    """The file is no list of localities; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """How many rows came anew, and how many got other spellings or another number of people."""

    added: int
    changed: int


def import_localities(*, path: Path) -> Imported:
    """Add the localities of a CSV file: `code, name_he, name_en, aliases` (joined by `;`),
    `population`.

    One that is there keeps its names; other spellings become its aliases, and the number of people
    is the file's. Raises UnreadableLocalities, and then nothing is changed.
    """
    rows = list(_read(path))
    with write_transaction():
        there = {one.pk: one for one in lock_localities()}
        new = [row for row in rows if row.pk not in there]
        changed = [there[row.pk] for row in rows if row.pk in there and _merge(there[row.pk], row)]
        Locality.objects.bulk_create([_prepared(row) for row in new])
        Locality.objects.bulk_update(
            [_prepared(row) for row in changed], ["aliases", "population", "keys", "beginnings"]
        )
    return Imported(added=len(new), changed=len(changed))


def _merge(known: Locality, row: Locality) -> bool:
    """Whether the row says anything new."""
    names = [known.name_he, known.name_en, *known.aliases]
    keys = set(keys_of(names))
    more = []
    for name in (row.name_he, row.name_en, *row.aliases):
        if not set(keys_of([name])) <= keys:
            more.append(name)
            keys |= set(keys_of([name]))
    differs = bool(more) or known.population != row.population
    known.aliases, known.population = [*known.aliases, *more], row.population
    return differs


def _prepared(row: Locality) -> Locality:
    names = [row.name_he, row.name_en, *row.aliases]
    row.keys, row.beginnings = keys_of(names), beginnings(names)
    return row


def _read(path: Path) -> Iterator[Locality]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableLocalities(f"{path}: {error}") from error
    table = csv.DictReader(text.splitlines())
    if missing := set(COLUMNS) - set(table.fieldnames or ()):
        raise UnreadableLocalities(f"{path}: no column {', '.join(sorted(missing))}")
    seen: set[int] = set()
    for row in table:
        found = _locality(row, f"{path}, line {table.line_num}")
        if found.pk in seen:
            raise UnreadableLocalities(f"{path}, line {table.line_num}: {found.pk} comes twice")
        seen.add(found.pk)
        yield found


def _locality(row: dict[str, str], where: str) -> Locality:
    name_he, name_en = (row["name_he"] or "").strip(), (row["name_en"] or "").strip()
    aliases = [one.strip() for one in (row["aliases"] or "").split(";") if one.strip()]
    code, people = row["code"] or "", row["population"] or "0"
    numbers = [int(text) if text.isascii() and text.isdigit() else -1 for text in (code, people)]
    if not (0 < numbers[0] <= LARGEST and 0 <= numbers[1] <= LARGEST):
        raise UnreadableLocalities(f"{where}: code and population are whole numbers")
    names = [name_he or name_en, name_en or name_he, *aliases]
    if not names[0] or any(len(name) > 80 for name in names):
        raise UnreadableLocalities(f"{where}: a name of 1 to 80 characters")
    return Locality(
        code=numbers[0], name_he=names[0], name_en=names[1], aliases=aliases, population=numbers[1]
    )
