"""Proving a mailbox and changing the address one signs in with."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError

from accounts import selectors
from accounts.contact_models import MailProof
from accounts.errors import EmailTaken, VerifyTokenInvalid
from accounts.locks import lock_mail_proof, lock_user
from accounts.models import User
from accounts.services.bounces import MAILBOX, is_good_again
from accounts.services.mail_proofs import hash_of, owe
from accounts.services.passwords import check_own_password
from accounts.services.profile import valid_email
from accounts.services.sign_in import end_all_tokens
from audit.services import Action, record
from core.constraints import violated
from core.errors import InvalidInput
from core.limits import VERIFY_MAIL_PER_USER
from core.transactions import write_transaction

Kind = MailProof.Kind
TAKE_BACK_LIFE = dt.timedelta(days=7)
"""From the change, for the address of before."""


def verify_again(*, actor: User, now: dt.datetime) -> bool:
    """Send the link again; False, and nothing, for an address that is verified already.

    Raises RateLimited (5 an hour).
    """
    if actor.email_verified:
        return False
    VERIFY_MAIL_PER_USER.hit(actor.pk)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        _void(user, Kind.VERIFY, now)
        owe(user=user, kind=Kind.VERIFY, email=user.email, now=now)
    return True


def verify_email(*, token: str, now: dt.datetime) -> User:
    """Take a link's word for its address: once, within 7 days, while it is still the person's.

    Raises VerifyTokenInvalid.
    """
    with write_transaction():
        proof, user = _good(token, {Kind.VERIFY}, now)
        if user.email != proof.email:
            raise VerifyTokenInvalid
        _use(proof, now)
        user.email_verified = True
        is_good_again(user)
        user.save(update_fields=["email_verified", *MAILBOX])
        _audit(user, {"email_verified": True})
    return user


def ask_email_change(
    *, actor: User, new_email: str, current_password: str, now: dt.datetime
) -> User:
    """Send the new address a link (24 hours), the old one a link that stops it; nothing changes yet.

    A change asked for before is withdrawn. Raises InvalidCredentials, EmailTaken, InvalidInput
    (new_email), RateLimited, ServiceUnavailable.
    """
    check_own_password(actor=actor, password=current_password)
    try:
        email = valid_email(new_email)
    except InvalidInput as error:
        raise InvalidInput(fields={"new_email": error.details["fields"]["email"]}) from error
    if selectors.user_by_email(email=email) is not None:
        raise EmailTaken
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        _void(user, Kind.CHANGE, now)
        _void(user, Kind.TAKE_BACK, now, but_of_changed=True)
        user.pending_email = email
        user.save(update_fields=["pending_email"])
        owe(user=user, kind=Kind.CHANGE, email=email, now=now)
        owe(user=user, kind=Kind.TAKE_BACK, email=user.email, now=now)
        _audit(user, {"email_change": "asked"})
    return user


def withdraw_email_change(*, actor: User, now: dt.datetime) -> User:
    """Let the pending change go; without one nothing happens."""
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        if user.pending_email is not None:
            _withdraw(user, now)
    return user


def confirm_email(*, token: str, now: dt.datetime) -> User:
    """The new address holds, verified, and every sign-in ends: once, within 24 hours.

    The old address can take it back for 7 days. Raises VerifyTokenInvalid, and EmailTaken when
    somebody else has it by now.
    """
    with write_transaction():
        proof, user = _good(token, {Kind.CHANGE}, now)
        if user.pending_email != proof.email:
            raise VerifyTokenInvalid
        _use(proof, now)
        MailProof.objects.filter(
            user=user, kind=Kind.TAKE_BACK, used_at=None, email=user.email
        ).update(expires_at=now + TAKE_BACK_LIFE)
        _move_to(user, proof.email, now, {"email_change": "confirmed"})
    return user


def take_back_email(*, token: str, now: dt.datetime) -> User:
    """The old address says no: a pending change is withdrawn, one of the last 7 days undone.

    Every sign-in ends when it was carried out already. Raises VerifyTokenInvalid, EmailTaken.
    """
    with write_transaction():
        proof, user = _good(token, {Kind.TAKE_BACK}, now)
        _use(proof, now)
        if user.email == proof.email:
            if user.pending_email is not None:
                _withdraw(user, now)
        else:
            _void(user, Kind.CHANGE, now)
            _move_to(user, proof.email, now, {"email_change": "taken back"})
    return user


def _good(token: str, kinds: set[str], now: dt.datetime) -> tuple[MailProof, User]:
    """The person's row first, then the link's, and the link looked at again under both locks."""
    known = MailProof.objects.filter(secret_hash=hash_of(token), kind__in=kinds).first()
    if known is None:
        raise VerifyTokenInvalid
    user = lock_user(user_id=known.user_id)
    proof = lock_mail_proof(proof_id=known.pk)
    if proof is None or proof.used_at is not None or proof.expires_at <= now or not user.is_active:
        raise VerifyTokenInvalid
    return proof, user


def _move_to(user: User, email: str, now: dt.datetime, said: dict[str, object]) -> None:
    user.email, user.email_verified, user.pending_email = email, True, None
    is_good_again(user)
    try:
        user.save(update_fields=["email", "email_verified", "pending_email", *MAILBOX])
    except IntegrityError as error:
        if violated(error) == "user_email_unique":
            raise EmailTaken from error
        raise
    _void(user, Kind.VERIFY, now)
    end_all_tokens(user=user, now=now)
    _audit(user, said)


def _withdraw(user: User, now: dt.datetime) -> None:
    user.pending_email = None
    user.save(update_fields=["pending_email"])
    _void(user, Kind.CHANGE, now)
    _audit(user, {"email_change": "withdrawn"})


def _void(user: User, kind: str, now: dt.datetime, *, but_of_changed: bool = False) -> None:
    """Links of this kind open nothing any more; those that undo a change carried out may stay."""
    links = MailProof.objects.filter(user=user, kind=kind, used_at=None)
    if but_of_changed:
        links = links.filter(email=user.email)
    links.update(used_at=now)


def _use(proof: MailProof, now: dt.datetime) -> None:
    proof.used_at = now
    proof.save(update_fields=["used_at"])


def _audit(user: User, new: dict[str, object]) -> None:
    record(actor=user, entity_type="user", entity_id=user.pk, action=Action.UPDATE, new=new)
