"""The review page's one form: which rows were decided about, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.templatetags.shop import number
from core.errors import InvalidInput
from stockrequests.forms import DecisionForm
from stockrequests.selectors import ReviewRow
from stockrequests.services import Decision, DecisionResult, Status


@dataclass(kw_only=True)
class Results:
    """How many decisions were carried out, and the refusals by request."""

    approved: int = 0
    rejected: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """A row of the review page with what was typed into it, and why it was refused."""

    row: ReviewRow
    quantity: str
    reason: str = ""
    is_chosen: bool = False
    refusal: str = ""


def lines(
    *, rows: Sequence[ReviewRow], data: QueryDict | None = None, results: Results | None = None
) -> list[ReviewLine]:
    """The rows as they are shown: after a post with everything that was typed into them."""
    refusals = {one["id"]: one["text"] for one in results.refused} if results else {}
    return [_line(row, data or QueryDict(), refusals) for row in rows]


def _line(row: ReviewRow, data: QueryDict, refusals: dict[int, str]) -> ReviewLine:
    key = row.request.pk
    return ReviewLine(
        row=row,
        quantity=data.get(f"approved_quantity-{key}") or number(row.request.quantity),
        reason=data.get(f"rejection_reason-{key}", ""),
        is_chosen=str(key) in data.getlist("id"),
        refusal=refusals.get(key, ""),
    )


def decisions_from(*, data: QueryDict) -> tuple[list[Decision], list[DecisionResult]]:
    """The decisions of a posted page, and the rows whose cells cannot be read.

    `approve=ID` or `reject=ID` means that row, `approve=all` and `reject=all` every ticked one.
    Raises InvalidInput when no row was meant.
    """
    status = Status.APPROVED if "approve" in data else Status.REJECTED
    one = data.get("approve") or data.get("reject") or ""
    ids = data.getlist("id") if one in {"", "all"} else [one]
    keys = [int(key) for key in ids if key.isascii() and key.isdecimal() and len(key) < 18]
    if not keys:
        raise InvalidInput(fields={"id": [_("Choose at least one request.")]})
    read = [_decision(data, key, status) for key in dict.fromkeys(keys)]
    return (
        [one for one in read if isinstance(one, Decision)],
        [one for one in read if isinstance(one, DecisionResult)],
    )


def results_of(*, outcomes: Sequence[DecisionResult]) -> Results:
    """Counts for the summary, and each refusal in words."""
    results = Results()
    for outcome in outcomes:
        if outcome.refusal is not None:
            fields = outcome.refusal.details.get("fields", {})
            words = [str(text) for texts in fields.values() for text in texts]
            text = " ".join(words) or str(outcome.refusal.message)
            results.refused.append({"id": outcome.request_id, "text": text})
        elif outcome.request is not None and outcome.request.status == Status.APPROVED:
            results.approved += 1
        else:
            results.rejected += 1
    return results


def _decision(data: QueryDict, key: int, status: str) -> Decision | DecisionResult:
    form = DecisionForm(
        {
            "approved_quantity": data.get(f"approved_quantity-{key}", ""),
            "rejection_reason": data.get(f"rejection_reason-{key}") or data.get("reason", ""),
        }
    )
    if not form.is_valid():
        fields = {name: list(texts) for name, texts in form.errors.items()}
        return DecisionResult(request_id=key, refusal=InvalidInput(fields=fields))
    return Decision(
        request_id=key,
        status=status,
        approved_quantity=(
            form.cleaned_data["approved_quantity"] if status == Status.APPROVED else None
        ),
        rejection_reason=form.cleaned_data["rejection_reason"],
    )
