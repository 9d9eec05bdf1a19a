"""The review page's one form: which rows were decided about, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from mami.errors import InvalidInput
from stockrequests.forms import DecisionForm
from stockrequests.services import Decision, Outcome, Status


@dataclass(kw_only=True)
class Results:
    """How many decisions were carried out, and the refusals by request."""

    approved: int = 0
    rejected: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def decisions_from(*, data: QueryDict) -> list[Decision]:
    """The decisions of a posted page: `approve=ID` or `reject=ID` for a row, else the ticked ones.

    `approve=all` and `reject=all` mean every ticked row. Raises InvalidInput: nothing ticked, or
    a number that cannot be read.
    """
    status = Status.APPROVED if "approve" in data else Status.REJECTED
    one = data.get("approve") or data.get("reject") or ""
    ids = data.getlist("id") if one in {"", "all"} else [one]
    keys = [int(key) for key in ids if key.isascii() and key.isdecimal() and len(key) < 18]
    if not keys:
        raise InvalidInput(fields={"id": [_("Choose at least one request.")]})
    return [_decision(data, key, status) for key in dict.fromkeys(keys)]


def results_of(*, outcomes: Sequence[Outcome], decisions: Sequence[Decision]) -> Results:
    """Counts for the summary, and each refusal in words."""
    results = Results()
    for outcome, decision in zip(outcomes, decisions, strict=True):
        if outcome.refusal is not None:
            fields = outcome.refusal.details.get("fields", {})
            words = [str(text) for texts in fields.values() for text in texts]
            text = " ".join(words) or str(outcome.refusal.message)
            results.refused.append({"id": outcome.request_id, "text": text})
        elif decision.status == Status.APPROVED:
            results.approved += 1
        else:
            results.rejected += 1
    return results


def _decision(data: QueryDict, key: int, status: str) -> Decision:
    form = DecisionForm(
        {
            "approved_quantity": data.get(f"approved_quantity-{key}", ""),
            "rejection_reason": data.get(f"rejection_reason-{key}") or data.get("reason", ""),
        }
    )
    if not form.is_valid():
        raise InvalidInput(fields={name: list(texts) for name, texts in form.errors.items()})
    return Decision(
        request_id=key,
        status=status,
        approved_quantity=(
            form.cleaned_data["approved_quantity"] if status == Status.APPROVED else None
        ),
        rejection_reason=form.cleaned_data["rejection_reason"],
    )
