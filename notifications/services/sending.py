"""Sending what is owed: claimed, handed over, noted down; nothing is told twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from django.db import connection
from django.db.models import Q
from django.utils import translation

from accounts.models import User
from core import metrics
from core.transactions import write_transaction
from notifications import events
from notifications.errors import MailNotSent, Obsolete
from notifications.letters import compose, short_text
from notifications.models import Message, QuietHours
from notifications.quiet import DEFAULT, Hours, quiet_until
from notifications.senders import send_mail
from notifications.services.outbox import defer
from notifications.sms import gateway
from notifications.sms.port import Sms, SmsNotSent, SmsRefused

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
SWEEP_AFTER = dt.timedelta(minutes=1)
LEASE = dt.timedelta(minutes=2)
"""Longer than any provider may take: a claim that is older belongs to a worker that died."""
State = Message.State
_CLAIM = f"""
UPDATE notifications_message
   SET state = '{State.SENDING}', lease_until = %s::timestamptz, attempts = attempts + 1
 WHERE id = %s::bigint AND state = '{State.QUEUED}'
   AND (send_after IS NULL OR send_after <= %s::timestamptz)
"""  # noqa: S608 - words of ours


def deliver(*, dedupe_key: str, now: dt.datetime) -> bool:
    """Send what is owed under this key, on each of its channels; whether anything was sent.

    One UPDATE claims a message, so that of two workers one has it. A way out that fails raises
    MailNotSent, with the attempt counted, so that the job tries again later; after MOST_ATTEMPTS
    the message is FAILED. A worker that died with a message in hand: see `sweep`.
    """
    rows = Message.objects.select_related("user").filter(dedupe_key=dedupe_key, state=State.QUEUED)
    sent, failed = False, ""
    for message in rows.order_by("pk"):
        try:
            sent = _deliver(message, now) or sent
        except MailNotSent as failure:  # the other channel is tried all the same
            failed = str(failure)
    if failed:
        raise MailNotSent(failed)
    return sent


def sweep(*, now: dt.datetime, limit: int = 200) -> int:
    """Take up what has waited too long: a lost job, quiet hours that ended, a worker that died.

    Of a dead worker's messages an SMS is handed over again, because its gateway knows the key, and
    mail of a duty with the same Message-ID; other mail is closed as UNKNOWN. The number taken up.
    """
    dead = Message.objects.filter(state=State.SENDING, lease_until__lte=now).order_by("id")
    for message in dead[:limit]:
        again = message.channel == events.SMS or events.EVENTS[message.kind].duty
        mine = Message.objects.filter(
            pk=message.pk, state=State.SENDING, lease_until=message.lease_until
        )
        mine.update(state=State.QUEUED if again else State.UNKNOWN, lease_until=None)
    waiting = Message.objects.filter(
        Q(send_after=None) | Q(send_after__lte=now),
        state=State.QUEUED,
        created_at__lte=now - SWEEP_AFTER,
    ).order_by("id")
    keys = list(dict.fromkeys(waiting.values_list("dedupe_key", flat=True)[:limit]))
    for key in keys:
        defer(key)
    return len(keys)


def hours_of(*, user_id: int) -> Hours | None:
    """The hours in which this person wants to be left alone; None: never. One query."""
    return _quiet_of(user_id)[0]


def _quiet_of(user_id: int) -> tuple[Hours | None, bool]:
    """The quiet hours, and whether Shabbat and holidays are quiet. One query."""
    row = QuietHours.objects.filter(user_id=user_id).first()
    if row is None:
        return DEFAULT, False
    hours = None if row.begins is None or row.ends is None else (row.begins, row.ends)
    return hours, row.on_shabbat


def _deliver(message: Message, now: dt.datetime) -> bool:
    event = events.EVENTS.get(message.kind)
    if event is None:  # written by a newer or an older shop
        _close(message, State.FAILED, failure="UNKNOWN_EVENT")
        return False
    if not event.may_wake(message.channel):
        hours, on_shabbat = _quiet_of(message.user_id)
        until = quiet_until(now=now, hours=hours, on_shabbat=on_shabbat)
        if until is not None:
            _wait(message, until)
            return False
    if not _claim(message, now):
        return False
    try:
        with translation.override(message.user.language):  # its words and names are its reader's
            context = events.context_maker(message.kind)(**message.context)
    except Obsolete:
        _close(message, State.FAILED, failure="OBSOLETE")
        log.info("message_obsolete", message_id=message.pk, kind=message.kind)
        return False
    send = _by_sms if message.channel == events.SMS else _by_mail
    return _hand_over(message, lambda: send(message, event, dict(context)), now)


def _hand_over(message: Message, send: Callable[[], str], now: dt.datetime) -> bool:
    last = message.attempts + 1 >= MOST_ATTEMPTS
    try:
        with metrics.handed_over(message.channel, last=last, final=(SmsRefused,)):
            reference = send()
    except SmsRefused as refusal:
        _close(message, State.FAILED, failure=f"REFUSED_{refusal}")
        return False
    except Exception as error:  # noqa: BLE001
        # Any backend may be configured, each with errors of its own. Only the class is logged:
        # what a mail server says often repeats the address.
        log.warning("message_failed", message_id=message.pk, error=type(error).__name__)
        what = str(error) if isinstance(error, SmsNotSent) else type(error).__name__
        if last:
            _close(message, State.FAILED, failure=what)
            return False
        wait = error.retry_after if isinstance(error, SmsNotSent) else 0
        after = now + dt.timedelta(seconds=min(wait, 3600)) if wait else None
        Message.objects.filter(pk=message.pk).update(
            state=State.QUEUED, lease_until=None, failure=what[:60], send_after=after
        )
        raise MailNotSent(what) from None
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT, sent_at=now, lease_until=None, failure="", reference=reference[:100]
    )
    return True


def _by_mail(message: Message, event: events.Event, context: dict[str, object]) -> str:
    letter = compose(
        event=event,
        context={**context, "person": message.user},
        language=message.user.language,
        to=str(context.get("to") or message.user.email),
        user_id=message.user_id,
        dedupe_key=message.dedupe_key,
    )
    send_mail(letter)
    return ""


def _by_sms(message: Message, event: events.Event, context: dict[str, object]) -> str:
    person: User = message.user
    text = short_text(event=event, context={**context, "person": person}, language=person.language)
    key = f"{message.kind}:{message.dedupe_key}"
    return gateway().send(Sms(key=key, to=str(person.phone), text=text))


def _claim(message: Message, now: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + LEASE, message.pk, now])
        return cursor.rowcount == 1


def _wait(message: Message, until: dt.datetime) -> None:
    """Come back when the quiet ends; once, however often it is asked for before."""
    if message.send_after == until:
        return
    with write_transaction():
        mine = Message.objects.filter(pk=message.pk, state=State.QUEUED)
        if mine.update(send_after=until):
            defer(message.dedupe_key, at=until)


def _close(message: Message, state: str, *, failure: str = "") -> None:
    Message.objects.filter(pk=message.pk).update(
        state=state, lease_until=None, failure=failure[:60]
    )
