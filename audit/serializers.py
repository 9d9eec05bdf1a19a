"""The audit trail as the JSON API tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Whole, instant
from api.queries import CursorPaging, DateRange
from audit.models import AuditEntry


class AuditQuery(CursorPaging, DateRange):
    entityType = serializers.CharField(  # noqa: N815
        required=False, max_length=40, source="entity_type", help_text="E.g. `order`."
    )
    entityId = Whole(  # noqa: N815
        required=False, min_value=0, max_value=2**63 - 1, source="entity_id"
    )
    action = serializers.ChoiceField(required=False, choices=AuditEntry.Action.values)
    actorId = Id(required=False, source="actor_id")  # noqa: N815


class AuditOut(serializers.Serializer[Any]):
    id = Id()
    entity_type = serializers.CharField()
    entity_id = Whole(help_text="0 for a sign-in with an unknown e-mail.")
    action = serializers.ChoiceField(choices=AuditEntry.Action.values)
    old_value = serializers.DictField()
    new_value = serializers.DictField()
    context = serializers.DictField()
    actor_user_id = Id(allow_null=True, help_text="null: the shop's own jobs.")
    actor_email = serializers.CharField(allow_null=True)
    created_at = Instant()

    def to_representation(self, row: AuditEntry) -> dict[str, Any]:
        return {
            "id": row.pk,
            "entity_type": row.entity_type,
            "entity_id": row.entity_id,
            "action": row.action,
            "old_value": row.old_value,
            "new_value": row.new_value,
            "context": row.context,
            "actor_user_id": row.actor_id,
            "actor_email": row.actor.email if row.actor else None,
            "created_at": instant(row.created_at),
        }
