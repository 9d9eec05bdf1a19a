"""What gateways say became of a message, and sending a failed one anew."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from audit.services import Action, record
from core.transactions import write_transaction
from notifications.errors import MessageNotFailed
from notifications.locks import lock_message
from notifications.models import Message
from notifications.services.outbox import defer
from notifications.sms.port import Receipt

State = Message.State


def take_receipt(*, receipt: Receipt, now: dt.datetime) -> bool:
    """Note what became of an SMS; whether it told anything new.

    An unknown name, a repeated receipt and one that comes after a better one change nothing.
    """
    mine = Message.objects.filter(
        reference=receipt.reference, channel=Message.Channel.SMS, delivered_at=None
    )
    if receipt.delivered:
        return bool(mine.update(delivered_at=now, state=State.SENT, failure=""))
    if receipt.failed:
        sent = mine.filter(state=State.SENT)
        return bool(sent.update(state=State.FAILED, failure=receipt.failure[:60]))
    return False


def resend(*, actor: User, message_id: int) -> Message:
    """Owe a failed message once more, as a row of its own. Raises NotFound, MessageNotFailed."""
    with write_transaction():
        old = lock_message(message_id=message_id)
        if old.state not in (State.FAILED, State.UNKNOWN):
            raise MessageNotFailed
        key = f"again:{old.pk}"
        if Message.objects.filter(dedupe_key=key).exists():
            raise MessageNotFailed
        made = Message.objects.create(
            user_id=old.user_id,
            channel=old.channel,
            kind=old.kind,
            context=old.context,
            dedupe_key=key,
        )
        defer(key)
        record(
            actor=actor,
            entity_type="message",
            entity_id=made.pk,
            action=Action.CREATE,
            new={"again": old.pk, "event": old.kind, "channel": old.channel},
        )
    return made
