"""What orders know about a person: what was bought, and where it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.fields.files import FieldFile

from accounts.models import User
from core.append_only import trigger_ignored
from orders import selectors
from orders.change_models import OrderChange, OrderQuestion
from orders.models import DeliveryProof, Order, OrderDelivery, OrderItem, OrderStatusChange
from orders.problem_models import ProblemItem, ProblemReport, ProblemStatus
from orders.serializers import order_body
from orders.staff_models import LineEdit, StaffNote
from orders.status import OPEN

PEOPLE = {
    "orders.Order.user": "stays: the books; name, phone, address and words are emptied",
    "orders.Order.picker": "stays: staff only",
    "orders.Order.leaving_actor": "stays: staff only",
    "orders.Order.placed_by": "stays: staff only",
    "orders.OrderStatusChange.actor": "stays: the timeline, by key",
    "orders.DeliveryProof.actor": "stays: staff only",
    "orders.OrderChange.actor": "stays: by key; its plan is emptied",
    "orders.OrderQuestion.asked_by": "stays: staff only",
    "orders.StaffNote.customer": "goes",
    "orders.StaffNote.author": "stays: staff only",
    "orders.ProblemReport.user": "stays: what was given back; its words and photographs go",
    "orders.ProblemReport.decided_by": "stays: staff only",
}
NOBODY = "—"


def take_out(*, user_id: int) -> dict[str, Any]:
    actor = User.objects.get(pk=user_id)
    notes = selectors.notes_about(customer_id=user_id)
    return {
        "orders": [order_body(order) for order in selectors.orders_of(actor=actor)],
        "staff_notes": [{"at": note.at.isoformat(), "text": note.text} for note in notes],
    }


def photos(*, user_id: int) -> Iterator[tuple[str, bytes]]:
    """What the person photographed, and what was at their door, as file names and bytes."""
    proofs = DeliveryProof.objects.filter(order__user_id=user_id).exclude(photo="")
    named: list[tuple[str, FieldFile]] = [
        (f"{proof.order.order_number}.webp", proof.photo)
        for proof in proofs.select_related("order").order_by("pk")
    ]
    shown = ProblemItem.objects.filter(report__user_id=user_id).exclude(photo="")
    named += [
        (f"{row.report.order.order_number}-{row.pk}.webp", row.photo)
        for row in shown.select_related("report__order").order_by("pk")
    ]
    for name, photo in named:
        try:
            with photo.open("rb") as file:
                yield name, file.read()
        except FileNotFoundError:
            continue


def open_numbers(*, user_id: int) -> list[str]:
    rows = Order.objects.filter(user_id=user_id, status__in=OPEN)
    cases = ProblemReport.objects.filter(user_id=user_id, status=ProblemStatus.RECEIVED)
    return [
        *rows.values_list("order_number", flat=True),
        *cases.values_list("order__order_number", flat=True),
    ]


def erase(*, user_id: int, now: dt.datetime) -> None:
    mine = Order.objects.filter(user_id=user_id)
    StaffNote.objects.filter(customer_id=user_id).delete()
    OrderDelivery.objects.filter(order__in=mine).update(
        recipient=NOBODY,
        line1=NOBODY,
        city=NOBODY,
        **dict.fromkeys(
            ("phone", "line2", "postal_code", "floor", "door_code", "instructions", "note"), ""
        ),
    )
    shown = ProblemItem.objects.filter(report__user_id=user_id)
    proofs = DeliveryProof.objects.filter(order__in=mine)
    pictures = [row.photo for row in proofs.exclude(photo="")]
    pictures += [row.photo for row in shown.exclude(photo="")]
    for photo in pictures:
        remove = partial(photo.storage.delete, str(photo.name))
        transaction.on_commit(remove, robust=True)
    shown.update(text="", photo="")
    ProblemReport.objects.filter(user_id=user_id).update(note="")
    proofs.update(note="", photo="")
    OrderItem.objects.filter(order__in=mine).exclude(note="").update(note="")
    OrderChange.objects.filter(order__in=mine).update(plan={}, reason="")
    OrderQuestion.objects.filter(order__in=mine).update(proposal={})
    LineEdit.objects.filter(order__in=mine).update(reason="")
    with trigger_ignored("orders.OrderStatusChange:append_only"):
        OrderStatusChange.objects.filter(order__in=mine).exclude(reason="").update(reason="")
    mine.update(notes="", business_name="", vat_id="")
