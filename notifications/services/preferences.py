"""What a person wants to be told, on which way, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from accounts.errors import PhoneNotVerified
from accounts.locks import lock_user
from accounts.models import User
from accounts.services.consents import set_consent
from audit.services import Action, record
from core.errors import InvalidInput
from core.transactions import write_transaction
from notifications.errors import DutyMessage
from notifications.events import EMAIL, EVENTS, SMS
from notifications.models import Choice, QuietHours
from notifications.quiet import DEFAULT, Hours


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to change: choices by event and channel; hours where `sets_hours`, None for none;
    whether Shabbat and holidays are quiet, None: as it is.
    """

    choices: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    sets_hours: bool = False
    hours: Hours | None = None
    on_shabbat: bool | None = None


def change_preferences(*, actor: User, wishes: Wishes, now: dt.datetime, face: str = "") -> None:
    """Keep what the actor chose; all of it or nothing. Where the law asks for a consent, that is given
    or withdrawn.

    Raises InvalidInput (unknown event or channel, hours that end as they begin), DutyMessage (mail
    of a duty switched off), PhoneNotVerified (an SMS switched on without a proved phone),
    EmailNotVerified (offers for an address that nobody proved).
    """
    if wishes.hours is not None and wishes.hours[0] == wishes.hours[1]:
        raise InvalidInput(fields={"quiet_hours": [_("They end at another time than they begin.")]})
    for name, channels in wishes.choices.items():
        event = EVENTS.get(name)
        if event is None or not set(channels) <= set(event.channels):
            raise InvalidInput(fields={"events": [_("There is no such message.")]})
        if event.duty and channels.get(EMAIL) is False:
            raise DutyMessage(event=name)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        turned_on = any(channels.get(SMS) for channels in wishes.choices.values())
        if turned_on and not user.phone_verified:
            raise PhoneNotVerified
        for kind, given in _consents(wishes):
            set_consent(actor=actor, kind=kind, given=given, now=now, face=face)
        _write(user, wishes)
        record(
            actor=actor,
            entity_type="user",
            entity_id=user.pk,
            action=Action.UPDATE,
            new={"messages": {name: dict(ways) for name, ways in wishes.choices.items()}},
        )


def switch_off(*, user_id: int, event: str, channel: str, now: dt.datetime) -> bool:
    """What the link of a mail does: safe to repeat. False where there is nothing to switch off."""
    known = EVENTS.get(event)
    if known is None or channel not in known.channels or known.is_duty(channel):
        return False
    person = User.objects.filter(pk=user_id, erased_at=None).first()
    if person is None:
        return False
    if channel in known.consents:
        kind = known.consents[channel]
        set_consent(actor=person, kind=kind, given=False, now=now, face="PAGES")
        return True
    with write_transaction():
        Choice.objects.update_or_create(
            user_id=user_id, event=event, channel=channel, defaults={"is_on": False}
        )
    return True


def _consents(wishes: Wishes) -> list[tuple[str, bool]]:
    return [
        (kind, channels[channel])
        for name, channels in sorted(wishes.choices.items())
        for channel, kind in EVENTS[name].consents.items()
        if channel in channels
    ]


def _write(user: User, wishes: Wishes) -> None:
    Choice.objects.bulk_create(
        [
            Choice(user=user, event=name, channel=channel, is_on=is_on)
            for name, channels in sorted(wishes.choices.items())
            for channel, is_on in sorted(channels.items())
            if channel not in EVENTS[name].consents
        ],
        update_conflicts=True,
        unique_fields=["user", "event", "channel"],
        update_fields=["is_on"],
    )
    quiet: dict[str, object] = {}
    if wishes.sets_hours:
        quiet["begins"], quiet["ends"] = wishes.hours or (None, None)
    if wishes.on_shabbat is not None:
        quiet["on_shabbat"] = wishes.on_shabbat
    if quiet:
        usual = {"begins": DEFAULT[0], "ends": DEFAULT[1]}
        QuietHours.objects.update_or_create(
            user=user, defaults=quiet, create_defaults={**usual, **quiet}
        )
