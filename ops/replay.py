"""Answers that were given on a phone without network, carried out when it is back."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import DomainError, InvalidInput
from ops.forms import PickForm, SwapForm
from ops.picking_screen import refusal_words
from ops.services import SWAP, record_pick, swap
from orders.models import Order

MAX_REPLAYED = 500
FIELDS = (
    "client_id", "picked_status", "picked_quantity", "reason", "seen_status", "seen_version",
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
        or len(answers) > MAX_REPLAYED
        or not all(isinstance(one, dict) for one in answers)
    ):
        raise InvalidInput(fields={"answers": [_("That is not a list of answers.")]})
    return answers


def _one(actor: User, order: Order, given: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    data = QueryDict(mutable=True)
    data.update({name: str(given.get(name) or "") for name in FIELDS})
    form, service = (
        (SwapForm(data), swap) if data["picked_status"] == SWAP else (PickForm(data), record_pick)
    )
    item_id = given.get("item_id")
    client_id = str(given.get("client_id"))
    if not form.is_valid() or not isinstance(item_id, int) or not form.cleaned_data["client_id"]:
        return {"client_id": client_id, "refused": _("This answer could not be read.")}
    try:
        service(actor=actor, order=order, item_id=item_id, was_kept=True, now=now,
                **form.arguments())  # fmt: skip
    except DomainError as refusal:
        return {"client_id": client_id, "refused": refusal_words(refusal)}
    return {"client_id": client_id, "refused": ""}
