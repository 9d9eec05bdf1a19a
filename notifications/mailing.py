"""What messages about an account say, looked up when they are sent.

A link's secret is made again from its row, so that neither a message nor its job ever holds it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings

from accounts import selectors
from accounts.models import User
from accounts.services import reset_secret
from accounts.services.mail_proofs import secret_of
from core import clock
from notifications.account_words import WORDS
from notifications.errors import Obsolete
from notifications.events import EVENTS
from notifications.models import News

_OF_PROOF = {
    "VERIFY": ("account_verify", "verify"),
    "CHANGE": ("account_email_change", "email/confirm"),
    "TAKE_BACK": ("account_email_changed", "email/stop"),
}


def event_of_proof(kind: str) -> str:
    """The event that carries a link of this kind."""
    return _OF_PROOF[kind][0]


def proof_context(*, proof_id: int) -> dict[str, Any]:
    """A link that proves an address or stops its change, to the address it is about.

    Raises Obsolete for one that is good no more.
    """
    proof = selectors.open_mail_proof(proof_id=proof_id, now=clock.now())
    if proof is None:
        raise Obsolete
    event, path = _OF_PROOF[proof.kind]
    link = _address(f"/account/{path}/{secret_of(proof=proof)}/")
    return {"words": WORDS[event], "link": link, "to": proof.email}


def reset_context(*, reset_id: int) -> dict[str, Any]:
    """The link for a new password. Raises Obsolete once it is used or over."""
    reset = selectors.open_reset(reset_id=reset_id, now=clock.now())
    if reset is None or reset.user is None:
        raise Obsolete
    link = _address(f"/account/reset/{reset_secret(reset=reset)}/")
    return {"words": WORDS["account_password_reset"], "link": link}


def password_context(*, user_id: int, at: str) -> dict[str, Any]:
    """That the password is another one since `at`, an instant. Raises Obsolete for who has left."""
    _there(user_id)
    return {
        "words": WORDS["account_password_changed"],
        "link": _address("/account/forgot/"),
        "at": dt.datetime.fromisoformat(at),
    }


def sign_in_context(*, device_id: int) -> dict[str, Any]:
    """The new device. Raises Obsolete where it is known no more."""
    device = selectors.device(device_id=device_id)
    if device is None or not device.user.is_active:
        raise Obsolete
    return {
        "words": WORDS["account_new_sign_in"],
        "link": _address("/account/security/"),
        "device": device.family,
        "at": device.created_at,
    }


def guarded_context(*, user_id: int) -> dict[str, Any]:
    """That strangers try the password. Raises Obsolete for who has left."""
    _there(user_id)
    return {"words": WORDS["account_guarded"], "link": _address("/account/forgot/")}


def second_factor_context(*, user_id: int) -> dict[str, Any]:
    """That the second factor was taken off. Raises Obsolete for who has left."""
    _there(user_id)
    return {"words": WORDS["account_second_factor_reset"]}


def news_context(*, news_id: int, user_id: int, channel: str) -> dict[str, Any]:
    """A letter of offers. Raises Obsolete for who has left, or has withdrawn meanwhile."""
    agreed = selectors.consents_of(actor=_there(user_id))
    wanted = EVENTS["news"].consents[channel]
    letter = News.objects.filter(pk=news_id).first()
    if letter is None or not any(row.kind == wanted and row.given for row in agreed):
        raise Obsolete
    return {"news": letter, "path": "/", "seller": settings.SELLER}


def erased_context() -> dict[str, Any]:
    return {"words": WORDS["account_erased"]}


def _there(user_id: int) -> User:
    user = selectors.active_user(user_id=user_id)
    if user is None:
        raise Obsolete
    return user


def _address(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
