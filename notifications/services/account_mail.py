"""Messages about an account: owed by a job that accounts, the app below this one, asks for by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from accounts import selectors
from core import metrics
from core.transactions import write_transaction
from notifications.events import EMAIL, EVENTS
from notifications.letters import compose
from notifications.mailing import erased_context, event_of_proof
from notifications.senders import send_mail
from notifications.services.outbox import Key, queue


def owe_account_message(*, user_id: int, event: str, key: str, context: Mapping[str, Key]) -> None:
    """Owe it; the same `key` of an event once. Nobody, and nothing, for a person who is not there."""
    with write_transaction():
        queue(user_id=user_id, kind=event, context=context, dedupe_key=f"account:{key}")


def owe_password_reset(*, reset_id: int, now: dt.datetime) -> None:
    """The link for a new password, where there is such an account and it is still good."""
    reset = selectors.open_reset(reset_id=reset_id, now=now)
    if reset is None or reset.user is None:
        return
    owe_account_message(
        user_id=reset.user.pk, event="account_password_reset", key=f"reset:{reset_id}",
        context={"reset_id": reset_id},
    )  # fmt: skip


def owe_mail_proof(*, proof_id: int, now: dt.datetime) -> None:
    """A link that proves an address or stops its change, unless it is good no more."""
    proof = selectors.open_mail_proof(proof_id=proof_id, now=now)
    if proof is None:
        return
    owe_account_message(
        user_id=proof.user_id, event=event_of_proof(proof.kind), key=f"proof:{proof_id}",
        context={"proof_id": proof_id},
    )  # fmt: skip


def say_farewell(*, user_id: int, email: str, language: str) -> None:
    """The last mail, sent at once: no row and no job may hold the address any more.

    Raises what the mail backend raises.
    """
    letter = compose(
        event=EVENTS["account_erased"], context=erased_context(), language=language, to=email,
        user_id=user_id, dedupe_key=f"account:{user_id}",
    )  # fmt: skip
    with metrics.handed_over(EMAIL):
        send_mail(letter)
