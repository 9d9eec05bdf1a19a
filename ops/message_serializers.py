"""The log of messages as the JSON API tells it: neither address nor text."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Whole, instant
from api.queries import CursorPaging
from notifications.models import Channel, Message
from ops.message_log import Logged


class MessageOut(serializers.Serializer[Any]):
    id = Id()
    event = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.values)
    state = serializers.ChoiceField(choices=Message.State.values)
    user_id = Id()
    order_number = serializers.CharField(allow_null=True)
    attempts = Whole()
    created_at = Instant()
    send_after = Instant(allow_null=True)
    sent_at = Instant(allow_null=True)
    delivered_at = Instant(allow_null=True)
    failure = serializers.CharField()

    def to_representation(self, logged: Logged) -> dict[str, Any]:
        row = logged.message
        return {
            "id": row.pk,
            "event": row.kind,
            "channel": row.channel,
            "state": row.state,
            "user_id": row.user_id,
            "order_number": logged.order_number,
            "attempts": row.attempts,
            "created_at": instant(row.created_at),
            "send_after": instant(row.send_after),
            "sent_at": instant(row.sent_at),
            "delivered_at": instant(row.delivered_at),
            "failure": row.failure,
        }


class MessagesQuery(CursorPaging):
    event = serializers.CharField(max_length=40, required=False)
    channel = serializers.ChoiceField(choices=Channel.values, required=False)
    state = serializers.ChoiceField(choices=Message.State.values, required=False)
    userId = Id(required=False, source="user_id")  # noqa: N815
