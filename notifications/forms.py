"""The table of what a person is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.events import EVENTS
from notifications.services.preferences import Wishes


def name_of(event: str, channel: str) -> str:
    """A box's name in the form."""
    return f"{event}-{channel}"


class PreferencesForm(forms.Form):
    """A box for each event and channel, and the quiet hours; boxes of duties are not read."""

    quiet = forms.BooleanField(label=_("Leave me alone at night"), required=False)
    begins = forms.TimeField(label=_("from"), required=False)
    ends = forms.TimeField(label=_("to"), required=False)
    on_shabbat = forms.BooleanField(
        label=_("Leave me alone on Shabbat and holidays, from entry to exit"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for event in EVENTS.values():
            for channel in event.channels:
                self.fields[name_of(event.name, channel)] = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("quiet") and not (data.get("begins") and data.get("ends")):
            self.add_error("begins", _("Write a time as 22:00."))
        return data

    def wishes(self, *, now: dict[str, dict[str, bool]]) -> Wishes:
        """What differs from what is so `now`."""
        data = self.cleaned_data
        choices: dict[str, dict[str, bool]] = {}
        for event in EVENTS.values():
            for channel in event.channels:
                wanted = bool(data[name_of(event.name, channel)])
                if not event.is_duty(channel) and wanted != now[event.name][channel]:
                    choices.setdefault(event.name, {})[channel] = wanted
        hours: tuple[dt.time, dt.time] | None = None
        if data["quiet"]:
            hours = (data["begins"], data["ends"])
        return Wishes(choices=choices, sets_hours=True, hours=hours, on_shabbat=data["on_shabbat"])
