"""Messages to people: queued in the transaction of what they tell, sent by the worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import connection
from django.db.models import F
from procrastinate.contrib.django import app
from psycopg.types.json import Jsonb

from notifications.errors import MailNotSent, Obsolete
from notifications.kinds import CONTEXTS, context_maker
from notifications.letters import compose
from notifications.models import Message
from notifications.senders import send_mail

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
SWEEP_AFTER = dt.timedelta(minutes=1)
Key = int | str
_OWE = """
INSERT INTO notifications_message
    (user_id, channel, kind, context, dedupe_key, state, attempts, created_at)
VALUES (%s, 'EMAIL', %s, %s, %s, 'QUEUED', 0, statement_timestamp())
ON CONFLICT (dedupe_key) DO NOTHING
"""


def queue(*, user_id: int, kind: str, context: Mapping[str, Key], dedupe_key: str) -> None:
    """Owe a person a message, in the caller's transaction. The same `dedupe_key` is sent once.

    `context` holds keys (ids, order numbers), never personal data: the text is made when it is
    sent, in the person's language. Two statements. Raises KeyError for an unknown kind, RuntimeError
    outside a transaction, because a message without its change would be a lie.
    """
    if kind not in CONTEXTS:
        raise KeyError(kind)
    if not connection.in_atomic_block:
        raise RuntimeError("a message belongs to the transaction of what it tells")
    with connection.cursor() as cursor:
        values: list[Any] = [user_id, kind, Jsonb(dict(context)), dedupe_key]
        cursor.execute(_OWE, values)
    _defer(dedupe_key)


def deliver(*, dedupe_key: str, now: dt.datetime) -> bool:
    """Send one owed message; False when it was sent or given up before.

    Mail that fails raises, with the attempt counted, so that the job tries again later; after
    MOST_ATTEMPTS the message is FAILED. A worker killed between sending and noting it down may
    send twice: a mail too many is better than none.
    """
    message = (
        Message.objects.select_related("user")
        .filter(dedupe_key=dedupe_key, state=Message.State.QUEUED)
        .first()
    )
    return message is not None and _send(message, now)


def sweep(*, now: dt.datetime, limit: int = 200) -> int:
    """Defer again what has waited too long, as after a killed worker. The number deferred."""
    waiting = Message.objects.filter(
        state=Message.State.QUEUED, created_at__lte=now - SWEEP_AFTER
    ).order_by("id")
    keys = list(waiting.values_list("dedupe_key", flat=True)[:limit])
    for key in keys:
        _defer(key)
    return len(keys)


def _send(message: Message, now: dt.datetime) -> bool:
    Message.objects.filter(pk=message.pk).update(attempts=F("attempts") + 1)
    try:
        context = context_maker(message.kind)(**message.context)
    except Obsolete:
        _settle(message, Message.State.FAILED, now)
        log.info("message_obsolete", message_id=message.pk, kind=message.kind)
        return False
    letter = compose(
        kind=message.kind,
        context={**context, "person": message.user},
        language=message.user.language,
        to=message.user.email,
    )
    try:
        send_mail(letter)
    except Exception as error:  # noqa: BLE001
        # Any backend may be configured, each with errors of its own. Only the class is logged:
        # what a mail server says often repeats the address.
        log.warning("message_failed", message_id=message.pk, error=type(error).__name__)
        if message.attempts + 1 >= MOST_ATTEMPTS:
            _settle(message, Message.State.FAILED, now)
            return False
        raise MailNotSent(type(error).__name__) from None
    _settle(message, Message.State.SENT, now)
    return True


def _settle(message: Message, state: str, now: dt.datetime) -> None:
    Message.objects.filter(pk=message.pk).update(
        state=state, sent_at=now if state == Message.State.SENT else None
    )


def _defer(dedupe_key: str) -> None:
    """A row in the job table, in the caller's transaction. Jobs of one message never overlap."""
    app.configure_task("notifications.deliver", lock=f"message:{dedupe_key}").defer(
        dedupe_key=dedupe_key
    )
