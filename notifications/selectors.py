"""Questions about messages: what a person chose, and what became of those that were owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value

from accounts.models import Consent, User
from accounts.services.consents import CHOSEN
from core.long_lists import InTurn
from notifications.events import EVENTS, Event
from notifications.models import Choice, Enquiry, Message, News, QuietHours
from notifications.quiet import DEFAULT, Hours


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An event as one person has it: each of its channels, on or off."""

    event: Event
    channels: dict[str, bool]


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """All events as one person has them, and when they want to be left alone (None: never),
    Shabbat and holidays apart."""

    hours: Hours | None
    on_shabbat: bool
    events: list[Wanted]


def preferences_of(*, actor: User) -> Preferences:
    """What the actor chose, the shop's defaults where they did not. Two queries."""
    own = _own_words(actor)
    row = QuietHours.objects.filter(user_id=actor.pk).first()
    hours: Hours | None = DEFAULT
    if row is not None:
        hours = None if row.begins is None or row.ends is None else (row.begins, row.ends)
    return Preferences(
        hours=hours,
        on_shabbat=row is not None and row.on_shabbat,
        events=[
            Wanted(
                event=event,
                channels={
                    channel: event.is_duty(channel) or own.get(_word_of(event, channel), default)
                    for channel, default in event.channels.items()
                },
            )
            for event in EVENTS.values()
        ],
    )


def _own_words(actor: User) -> dict[tuple[str, str], bool]:
    """What they said of an event's channel, and the newest of each consent, whose channel is "". One
    query."""
    said = (
        Choice.objects.filter(user_id=actor.pk).order_by().values_list("event", "channel", "is_on")
    )
    newest = Consent.objects.filter(user_id=actor.pk).order_by("kind", "-id").distinct("kind")
    agreed = Consent.objects.filter(pk__in=newest.values("pk")).order_by()
    rows = said.union(agreed.values_list("kind", Value(""), "given"), all=True)
    return {(name, channel): is_on for name, channel, is_on in rows}


def _word_of(event: Event, channel: str) -> tuple[str, str]:
    """Under which name a person's word on an event's channel is kept."""
    kind = event.consents.get(channel)
    return (kind, "") if kind else (event.name, channel)


def news() -> QuerySet[News]:
    """Letters of offers, newest first; slice it."""
    return News.objects.order_by("-id")


def readers_of_offers() -> dict[str, int]:
    """How many agreed to be sent offers, by kind of consent. One query."""
    newest = Consent.objects.filter(kind__in=CHOSEN).order_by("user_id", "kind", "-id")
    rows = Consent.objects.filter(
        pk__in=newest.distinct("user_id", "kind").values("pk"), given=True
    )
    return dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))


def messages(
    *, event: str = "", channel: str = "", state: str = "", user_id: int | None = None
) -> QuerySet[Message]:
    """Messages for the managers' log, newest first; slice it."""
    found: QuerySet[Message] = Message.objects.order_by("-id")
    wanted: dict[str, Any] = {"kind": event, "channel": channel, "state": state}
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    return found if user_id is None else found.filter(user_id=user_id)


def enquiries(*, answered: bool | None = None) -> QuerySet[Enquiry]:
    """What people asked on the contact page: what waits for an answer first, each newest first."""
    found = Enquiry.objects.order_by(F("answered_at").desc(nulls_first=True), "-id")
    return found if answered is None else found.filter(answered_at__isnull=not answered)


def failures_first(found: QuerySet[Message]) -> InTurn:
    """As a manager reads them: what failed, then the rest, each newest first."""
    failed = Q(state__in=["FAILED", "UNKNOWN"])
    return InTurn(found.filter(failed), found.exclude(failed))
