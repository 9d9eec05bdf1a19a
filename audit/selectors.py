"""Reading the audit trail."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.db.models.functions import Lower

from audit.models import AuditEntry
from core.email_identity import known_identity


def entries(
    *,
    entity_type: str = "",
    entity_id: int | None = None,
    action: str = "",
    actor_id: int | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Rows that match every given filter, in [start, end), newest first, with their actors.

    The order (-created_at, -id) is total, and an index serves it with each filter alone.
    """
    rows = AuditEntry.objects.select_related("actor").order_by("-created_at", "-id")
    if entity_type:
        rows = rows.filter(entity_type=entity_type)
    if entity_id is not None:
        rows = rows.filter(entity_id=entity_id)
    if action:
        rows = rows.filter(action=action)
    if actor_id is not None:
        rows = rows.filter(actor_id=actor_id)
    if start is not None:
        rows = rows.filter(created_at__gte=start)
    if end is not None:
        rows = rows.filter(created_at__lt=end)
    return rows


def actor_by_email(*, email: str) -> int | None:
    """The number of the person with this e-mail, None where there is none. One query."""
    people = get_user_model()._default_manager.annotate(lower_email=Lower("email"))
    found = people.filter(lower_email=known_identity(email))
    return found.values_list("pk", flat=True).first()
