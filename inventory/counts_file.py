"""A file of counts: reading it row by row, and judging each row against the shelves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import InvalidInput
from core.spreadsheets import decoded, is_formula, read_header, read_rows, unquoted
from inventory.models import StockImport
from inventory.selectors import StockForCount, branch_codes, shelves_by_sku
from inventory.services.counting import PROBLEMS, quantity_problem

BATCH = 500
MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 100_000
NEEDED = ("sku", "on_hand")
KNOWN = ("sku", "branch", "on_hand", "expected_on_hand", "reorder_point")
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
VALUE_LENGTH = 60
TEXTS: Mapping[str, Any] = {
    **PROBLEMS,
    "UNREADABLE": gettext_lazy("The file cannot be read from this line on."),
    "COLUMNS": gettext_lazy("This row has more cells than there are columns."),
    "NO_SKU": gettext_lazy("The sku is missing."),
    "NO_BRANCH": gettext_lazy("The branch is missing, and none was chosen for the file."),
    "UNKNOWN_BRANCH": gettext_lazy("No branch has this code."),
    "UNKNOWN_PRODUCT": gettext_lazy("No product of this branch has this sku."),
    "TWO_PRODUCTS": gettext_lazy(
        "Two products could be meant: the sku with the ' in front, and the one without it."
    ),
    "NOT_A_NUMBER": gettext_lazy("This is not a number."),
    "FORMULA": gettext_lazy("This cell would be a formula in a spreadsheet."),
    "TWICE": gettext_lazy("An earlier row of the file counts the same shelf."),
    "STALE": gettext_lazy("The count has changed since the file was made; it is now:"),
    "TOO_MANY": gettext_lazy("A file has at most 100,000 rows."),
    "FAULT": gettext_lazy("A fault on our side stopped the work on this file. Import it again."),
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a row cannot be applied: a key of TEXTS, and the cell (or the count) it is about."""

    line: int
    code: str
    value: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "code": self.code, "value": self.value[:VALUE_LENGTH]}


@dataclass(frozen=True, kw_only=True)
class Count:
    """One good row: what the shelf `stock_id` holds from now on, in units or kg.

    `place` (branch, product) is where it stands in the order of the locks.
    """

    line: int
    stock_id: int
    place: tuple[int, int]
    on_hand: Decimal
    expected: Decimal | None
    reorder_point: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Cells:
    """One row as written."""

    line: int
    sku: str
    branch: str
    on_hand: str
    expected_on_hand: str
    reorder_point: str


def readable(content: bytes) -> str:
    """The text of an uploaded file of counts. Raises InvalidInput for anything else."""
    if len(content) > MOST_BYTES:
        raise InvalidInput(fields={"file": [_("A file has at most 10 MB.")]})
    text = decoded(content)
    read_header(text, needed=NEEDED, known=KNOWN)
    return text


def judged(
    text: str, *, default_branch_id: int | None, skip: int = 0
) -> Iterator[list[Count | Problem]]:
    """The rows of the file in batches of BATCH, each as a count or as what is wrong with it.

    `skip` rows from the beginning are passed over, but still count as seen. Two queries a batch.
    """
    codes, seen = branch_codes(), set[int]()
    done = 0
    rows = _rows(text)
    while batch := list(islice(rows, BATCH)):
        found = _judge(batch, codes, default_branch_id, seen)
        done += len(found)
        if done > skip:
            yield found[max(0, len(found) - (done - skip)) :]


def stale(*, count: Count, on_hand: Decimal) -> Problem | None:
    """The refusal of a count that was made against another number than the shelf's present one."""
    if count.expected is None or count.expected == on_hand:
        return None
    return Problem(line=count.line, code="STALE", value=f"{on_hand.normalize():f}")


def problem_texts(file: StockImport) -> list[dict[str, Any]]:
    """The stored problems in the reader's language."""
    return [{**one, "text": TEXTS.get(one["code"], one["code"])} for one in file.problems]


def _rows(text: str) -> Iterator[Cells | Problem]:
    for number, row in enumerate(read_rows(text, known=KNOWN), start=1):
        if not row.is_readable:
            yield Problem(line=row.line, code="UNREADABLE")
        elif number > MOST_ROWS:
            yield Problem(line=row.line, code="TOO_MANY")
            return
        elif row.surplus is not None:
            yield Problem(line=row.line, code="COLUMNS", value=row.surplus)
        else:
            yield Cells(line=row.line, **row.cells)


def _judge(
    batch: list[Cells | Problem], codes: dict[str, int], default: int | None, seen: set[int]
) -> list[Count | Problem]:
    rows = [row for row in batch if isinstance(row, Cells)]
    named = {codes.get(unquoted(row.branch).lower()) for row in rows if row.branch} | {default}
    skus = {row.sku for row in rows if row.sku}
    shelves = shelves_by_sku(
        skus=skus | {unquoted(sku) for sku in skus}, branch_ids=[key for key in named if key]
    )
    return [
        row if isinstance(row, Problem) else _count(row, codes, default, shelves, seen)
        for row in batch
    ]


def _count(
    row: Cells,
    codes: dict[str, int],
    default: int | None,
    shelves: Mapping[tuple[str, int], StockForCount],
    seen: set[int],
) -> Count | Problem:
    def wrong(code: str, value: str = "") -> Problem:
        return Problem(line=row.line, code=code, value=value)

    for text in (row.sku, row.branch):
        if is_formula(text):
            return wrong("FORMULA", text)
    if not row.sku:
        return wrong("NO_SKU")
    branch = codes.get(unquoted(row.branch).lower()) if row.branch else default
    if branch is None:
        return wrong("UNKNOWN_BRANCH" if row.branch else "NO_BRANCH", row.branch)
    meant = {sku: shelves.get((sku.upper(), branch)) for sku in (row.sku, unquoted(row.sku))}
    found = [shelf for shelf in meant.values() if shelf is not None]
    if len(found) != 1:
        return wrong("TWO_PRODUCTS" if found else "UNKNOWN_PRODUCT", row.sku)
    shelf = found[0]
    numbers: dict[str, Decimal | None] = {}
    for name in ("on_hand", "expected_on_hand", "reorder_point"):
        text = unquoted(getattr(row, name))
        problem, numbers[name] = _number(text, shelf.sold_by, needed=name == "on_hand")
        if problem:
            return wrong(problem, text)
    if shelf.pk in seen:
        return wrong("TWICE", row.sku)
    seen.add(shelf.pk)
    count = Count(
        line=row.line,
        stock_id=shelf.pk,
        place=(shelf.branch_id, shelf.product_id),
        on_hand=numbers["on_hand"] or Decimal(0),
        expected=numbers["expected_on_hand"],
        reorder_point=numbers["reorder_point"],
    )
    return stale(count=count, on_hand=shelf.on_hand) or count


def _number(text: str, sold_by: str, *, needed: bool) -> tuple[str, Decimal | None]:
    """What is wrong with a cell (or nothing), and its value."""
    if not text and not needed:
        return "", None
    if not NUMBER.fullmatch(text):
        return "FORMULA" if is_formula(text) else "NOT_A_NUMBER", None
    value = Decimal(text)
    return quantity_problem(sold_by, value), value
