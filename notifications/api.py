"""What I am told, on which way and when, in the JSON API."""

from __future__ import annotations

from typing import Any

from accounts.errors import EmailNotVerified, PhoneNotVerified
from api.operations import operation
from api.views import ApiView
from core import clock
from core.errors import Busy
from core.typed_requests import PersonApiRequest
from notifications import errors, selectors, services
from notifications.selectors import Preferences
from notifications.serializers import PreferencesIn, PreferencesOut
from notifications.services.preferences import Wishes

TAG = "Accounts"


class MyNotifications(ApiView):
    @operation(tag=TAG, summary="What I am told, and how", answer=PreferencesOut)
    def get(self, request: PersonApiRequest) -> Preferences:
        return selectors.preferences_of(actor=request.user)

    @operation(
        tag=TAG,
        summary="Change what I am told, and how",
        description="`events` may name some of them; the answer has all.",
        body=PreferencesIn,
        partial=True,
        answer=PreferencesOut,
        refusals=[errors.DutyMessage, PhoneNotVerified, EmailNotVerified, Busy],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any]) -> Preferences:
        services.change_preferences(
            actor=request.user, wishes=wishes_of(body), now=clock.now(), face="API"
        )
        return selectors.preferences_of(actor=request.user)


def wishes_of(body: dict[str, Any]) -> Wishes:
    """A checked body as what is to change."""
    hours = body.get("quiet_hours")
    return Wishes(
        choices={row["event"]: row["channels"] for row in body.get("events", ())},
        sets_hours="quiet_hours" in body,
        hours=(hours["from"], hours["to"]) if hours else None,
        on_shabbat=body.get("quiet_on_shabbat"),
    )
