"""Answers that were given on a phone without network, carried out when it is back."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from mami.errors import DomainError, InvalidInput
from ops.forms import AnswerForm, SwapForm
from ops.screens import refusal_words
from ops.services import SWAP, answer, swap
from orders.models import Order

MOST = 500
FIELDS = (
    "client_id", "picked_status", "picked_quantity", "reason", "seen_status",
    "product", "barcode", "quantity", "agreed",
)  # fmt: skip


def replayed(*, actor: User, order: Order, body: bytes, now: dt.datetime) -> list[dict[str, Any]]:
    """Carry out each answer by itself and in order; a refused one does not stop the next.

    Returns for each its `client_id`, and `refused` in words or "". Raises InvalidInput for a body
    that is not a list of at most 500 answers.
    """
    return [_one(actor, order, given, now) for given in _answers(body)]


def _answers(body: bytes) -> list[dict[str, Any]]:
    try:
        answers = json.loads(body)["answers"]
    except (ValueError, TypeError, KeyError, RecursionError):
        answers = None
    if (
        not isinstance(answers, list)
        or len(answers) > MOST
        or not all(isinstance(one, dict) for one in answers)
    ):
        raise InvalidInput(fields={"answers": [_("That is not a list of answers.")]})
    return answers


def _one(actor: User, order: Order, given: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    data = QueryDict(mutable=True)
    data.update({name: str(given.get(name) or "") for name in FIELDS})
    is_swap = data["picked_status"] == SWAP
    form = SwapForm(data) if is_swap else AnswerForm(data)
    item_id = given.get("item_id")
    client_id = str(given.get("client_id"))
    if not form.is_valid() or not isinstance(item_id, int) or not form.cleaned_data["client_id"]:
        return {"client_id": client_id, "refused": _("This answer could not be read.")}
    values = form.cleaned_data
    kept: dict[str, Any] = {
        "actor": actor,
        "order": order,
        "item_id": item_id,
        "client_id": values["client_id"],
        "seen_status": values["seen_status"],
        "was_kept": True,
        "now": now,
    }
    try:
        if is_swap:
            swap(
                product_id=values["product"],
                barcode=values["barcode"],
                quantity=values["quantity"],
                agreed=values["agreed"],
                **kept,
            )
        else:
            answer(
                picked_status=values["picked_status"],
                quantity=values["picked_quantity"],
                reason=values["reason"],
                **kept,
            )
    except DomainError as refusal:
        return {"client_id": client_id, "refused": refusal_words(refusal)}
    return {"client_id": client_id, "refused": ""}
