"""What mail providers say of a person's mailbox: that it takes letters, or sends them back."""

from __future__ import annotations

import enum

from accounts.locks import lock_user
from accounts.models import EmailState, User
from accounts.selectors import user_by_email
from audit.services import Action, record
from core.errors import NotFound
from core.transactions import write_transaction

SOFT_IN_A_ROW = 3
MAILBOX = ("email_state", "soft_bounces")


class MailFate(enum.Enum):
    """What became of a letter. Hard: it came back for good, or its reader called it spam."""

    HARD = "HARD"
    SOFT = "SOFT"
    DELIVERED = "DELIVERED"


def take_mail_fate(*, email: str, fate: MailFate) -> bool:
    """Note what became of a letter to `email`; whether the mailbox counts as bouncing from now on.

    Three soft ones in a row count as a hard one, a delivered letter begins the row anew. An address of
    nobody changes nothing.
    """
    known = user_by_email(email=email)
    if known is None:
        return False
    with write_transaction():
        try:
            user = lock_user(user_id=known.pk)
        except NotFound:
            return False
        if user.email != known.email or user.email_state == EmailState.BOUNCING:
            return False
        soft = {MailFate.SOFT: user.soft_bounces + 1, MailFate.DELIVERED: 0}
        user.soft_bounces = soft.get(fate, SOFT_IN_A_ROW)
        bounces = user.soft_bounces >= SOFT_IN_A_ROW
        user.email_state = EmailState.BOUNCING if bounces else EmailState.OK
        user.save(update_fields=MAILBOX)
        if bounces:
            _audit(user)
    return bounces


def is_good_again(user: User) -> None:
    """The mailbox was proved: letters go there again. In the caller's transaction, saved with the rest."""
    user.email_state, user.soft_bounces = EmailState.OK, 0


def _audit(user: User) -> None:
    record(
        actor=None,
        entity_type="user",
        entity_id=user.pk,
        action=Action.UPDATE,
        old={"email_state": EmailState.OK},
        new={"email_state": EmailState.BOUNCING},
    )
