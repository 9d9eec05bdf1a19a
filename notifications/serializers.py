"""Messages as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import TimeOfDay, time_of_day
from notifications.events import EVENTS
from notifications.selectors import Preferences


class QuietOut(serializers.Serializer[Any]):
    to = TimeOfDay()

    def get_fields(self) -> dict[str, Any]:
        return {"from": TimeOfDay(), **super().get_fields()}


class ChannelsOut(serializers.Serializer[Any]):
    EMAIL = serializers.BooleanField(required=False)
    SMS = serializers.BooleanField(required=False)


class EventOut(serializers.Serializer[Any]):
    event = serializers.ChoiceField(choices=sorted(EVENTS))
    group = serializers.CharField()
    duty = serializers.BooleanField(help_text="Its e-mail cannot be switched off.")
    channels = ChannelsOut(help_text="A channel it does not have is absent.")


class PreferencesOut(serializers.Serializer[Any]):
    quiet_hours = QuietOut(allow_null=True, help_text="On the shop's clock; null: none.")
    quiet_on_shabbat = serializers.BooleanField(
        help_text="Also from entry to exit of Shabbat and holidays."
    )
    events = EventOut(many=True)

    def to_representation(self, found: Preferences) -> dict[str, Any]:
        hours = found.hours
        return {
            "quiet_hours": hours and {"from": time_of_day(hours[0]), "to": time_of_day(hours[1])},
            "quiet_on_shabbat": found.on_shabbat,
            "events": [
                {
                    "event": one.event.name,
                    "group": one.event.group,
                    "duty": one.event.duty,
                    "channels": one.channels,
                }
                for one in found.events
            ],
        }


class EventIn(serializers.Serializer[Any]):
    event = serializers.CharField(max_length=40)
    channels = serializers.DictField(child=serializers.BooleanField())


class PreferencesIn(serializers.Serializer[Any]):
    quiet_hours = QuietOut(allow_null=True, required=False)
    quiet_on_shabbat = serializers.BooleanField(required=False)
    events = EventIn(many=True, required=False, max_length=100)
