"""What messages know about a person: that they were owed; the text is made when it is sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from accounts.models import User
from notifications.models import Choice, Enquiry, Message, QuietHours

PEOPLE = {
    "notifications.Message.user": "open ones: deleted; sent ones stay, by key",
    "notifications.Choice.user": "deleted",
    "notifications.QuietHours.user": "deleted",
    "notifications.Enquiry.user": "deleted, those of the same e-mail address too",
}
_OPEN = (Message.State.QUEUED, Message.State.SENDING)


def take_out(*, user_id: int) -> dict[str, Any]:
    rows = Message.objects.filter(user_id=user_id).order_by("pk")
    return {
        "messages": list(rows.values("kind", "channel", "state", "created_at", "sent_at")),
        "choices": list(Choice.objects.filter(user_id=user_id).values("event", "channel", "is_on")),
        "enquiries": list(
            Enquiry.objects.filter(user_id=user_id)
            .order_by("pk")
            .values("topic", "order_number", "email", "text", "created_at")
        ),
        "quiet_hours": list(
            QuietHours.objects.filter(user_id=user_id).values("begins", "ends", "on_shabbat")
        ),
    }


def erase(*, user_id: int, now: dt.datetime) -> None:
    Message.objects.filter(user_id=user_id, state__in=_OPEN).delete()
    address = User.objects.filter(pk=user_id).values_list("email", flat=True).first() or ""
    Enquiry.objects.filter(Q(user_id=user_id) | Q(email__iexact=address)).delete()
    Choice.objects.filter(user_id=user_id).delete()
    QuietHours.objects.filter(user_id=user_id).delete()
