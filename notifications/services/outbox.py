"""Messages to people: queued in the transaction of what they tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app
from psycopg.types.json import Jsonb

from accounts.models import ConsentKind, EmailState
from core.transactions import require_transaction
from notifications.events import EVENTS
from notifications.models import Channel, Message

Key = int | str
AWAITED, AFTER_ALL_ELSE = "account:", -10
# One row for each channel that is on: a person's own choice, else the event's. Mail of a duty always
# is; an SMS needs a phone that was proved and that takes one, and stands in for mail that comes back.
_TAKES_SMS = (
    "(person.phone_verified AND (person.phone LIKE '+9725%%' OR person.phone NOT LIKE '+972%%'))"
)
_INTO = """
INSERT INTO notifications_message
    (user_id, channel, kind, context, dedupe_key, state, attempts, created_at)
"""
_OWE = f"""{_INTO}
SELECT %(user)s::bigint, way.channel, %(kind)s::text, %(context)s::jsonb, %(key)s::text, '{Message.State.QUEUED}', 0,
       statement_timestamp()
  FROM (VALUES ('{Channel.EMAIL}', %(email)s::boolean, %(duty)s::boolean),
               ('{Channel.SMS}', %(sms)s::boolean, false)) AS way (channel, is_on, is_duty)
  JOIN accounts_user AS person ON person.id = %(user)s::bigint AND person.erased_at IS NULL
  LEFT JOIN notifications_choice AS own
    ON own.user_id = person.id AND own.event = %(kind)s::text AND own.channel = way.channel
 WHERE way.is_on IS NOT NULL
   AND %(only)s::text IN ('', way.channel)
   AND (way.is_duty
        OR CASE WHEN person.email_state = '{EmailState.BOUNCING}'
                THEN way.channel = '{Channel.SMS}' AND coalesce(own.is_on, way.is_on OR %(email)s::boolean)
                ELSE coalesce(own.is_on, way.is_on) END)
   AND (way.channel = '{Channel.EMAIL}' OR {_TAKES_SMS})
ON CONFLICT (dedupe_key, kind, channel) DO NOTHING
"""  # noqa: S608 - words of ours
# A letter of offers, for everybody whose newest word on a channel is that they agree.
_OWE_NEWS = f"""{_INTO}
SELECT person.id, way.channel, 'news', jsonb_build_object('news_id', %(news)s::bigint, 'user_id', person.id,
                                           'channel', way.channel),
       'news-' || %(news)s::bigint || '-' || person.id, '{Message.State.QUEUED}', 0, statement_timestamp()
  FROM (VALUES ('{Channel.EMAIL}', '{ConsentKind.MARKETING_EMAIL}'),
               ('{Channel.SMS}', '{ConsentKind.MARKETING_SMS}')) AS way (channel, kind)
  JOIN LATERAL (SELECT DISTINCT ON (said.user_id) said.user_id, said.given FROM accounts_consent AS said
                 WHERE said.kind = way.kind ORDER BY said.user_id, said.id DESC) AS word ON word.given
  JOIN accounts_user AS person ON person.id = word.user_id AND person.erased_at IS NULL AND person.is_active
 WHERE CASE way.channel
       WHEN '{Channel.EMAIL}' THEN person.email_verified AND person.email_state <> '{EmailState.BOUNCING}'
       ELSE {_TAKES_SMS} END
ON CONFLICT (dedupe_key, kind, channel) DO NOTHING
"""  # noqa: S608 - words of ours


def queue(
    *, user_id: int, kind: str, context: Mapping[str, Key], dedupe_key: str, only: str = ""
) -> None:
    """Owe a person an event's messages, in the caller's transaction, one on each channel that is on.

    `only` one channel, where another event tells the same on the others.

    The same `dedupe_key` of an event is sent once on each. `context` holds keys (ids, order
    numbers), never personal data: the text is made when it is sent, in the person's language. Two
    statements, one where no channel is on. Raises KeyError for an unknown event, RuntimeError
    outside a transaction, because a message without its change would be a lie, and for offers, which
    go to those who agreed: see `owe_news`.
    """
    event = EVENTS[kind]
    if event.consents:
        raise RuntimeError("offers are owed to all who agreed to them, and to nobody else")
    if not connection.in_atomic_block:
        raise RuntimeError("a message belongs to the transaction of what it tells")
    values: dict[str, Any] = {
        "user": user_id,
        "kind": kind,
        "context": Jsonb(dict(context)),
        "key": dedupe_key,
        "email": event.email,
        "sms": event.sms,
        "duty": event.duty,
        "only": only,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OWE, values)
        owed = cursor.rowcount
    if owed:
        defer(dedupe_key)


def owe_news(*, news_id: int) -> int:
    """Owe a letter of offers to all who agreed, in the caller's transaction; how many messages.

    The sweep hands them out by and by: they are many, and in no hurry. One statement.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_OWE_NEWS, {"news": news_id})
        return int(cursor.rowcount)


def defer(dedupe_key: str, *, at: dt.datetime | None = None) -> None:
    """A row in the job table, in the caller's transaction. Jobs of one message never overlap."""
    # A letter is sent after whatever else has to be done: thousands of them may wait. Not what its reader waits for.
    priority = 0 if dedupe_key.startswith(AWAITED) else AFTER_ALL_ELSE
    task = app.configure_task(
        "notifications.deliver", lock=f"message:{dedupe_key}", schedule_at=at, priority=priority
    )
    task.defer(dedupe_key=dedupe_key)
