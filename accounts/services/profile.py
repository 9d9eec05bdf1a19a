"""Becoming a customer, and changing what the shop knows about oneself."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts import hashing, selectors
from accounts.callers import UNKNOWN, Caller
from accounts.contact_models import MailProof
from accounts.errors import EmailTaken
from accounts.locks import lock_user
from accounts.models import ConsentKind, Role, User
from accounts.services.consents import add_consent
from accounts.services.mail_proofs import owe
from audit.services import Action, record
from core.constraints import violated
from core.email_identity import email_identity
from core.errors import InvalidInput
from core.limits import REGISTER_PER_ADDRESS, TAKEN_PER_ADDRESS
from core.phones import one_spelling
from core.transactions import require_transaction, write_transaction

PROFILE_FIELDS = ("full_name", "phone", "language", "delivery_preference", "delivery_note")


def register(
    *,
    email: str,
    password: str,
    full_name: str,
    phone: str = "",
    language: str = "he",
    face: str = "",
    caller: Caller = UNKNOWN,
    now: dt.datetime,
) -> User:
    """A new customer; whatever else is asked for, the role is CUSTOMER.

    A link that proves the address is owed, and the agreement to terms and privacy kept as shown on
    `face`. The password is hashed before anybody is looked for: both outcomes take the same time.
    Raises EmailTaken, InvalidInput (e-mail, password, phone), RateLimited (accounts opened, and
    addresses of accounts learned, from one place), ServiceUnavailable.
    """
    if caller.address:
        REGISTER_PER_ADDRESS.hit(caller.address)
    user = User(
        email=valid_email(email),
        full_name=full_name.strip(),
        phone=valid_phone(phone),
        language=language if language in {"he", "en"} else "he",
        role=Role.CUSTOMER,
        created_at=now,
    )
    check_password_rules(password, user=user, field="password")
    user.password = hashing.hashed(password)
    if selectors.user_by_email(email=user.email) is not None:
        refusal = _taken(caller)
        with write_transaction():
            # The same work as for a new one, taken back: time tells nothing.
            user.email = f"{secrets.token_hex(16)}@mami.invalid"
            _save_new(user, face, now)
            raise refusal
    try:
        with write_transaction():
            _save_new(user, face, now)
    except IntegrityError as error:
        if violated(error) == "user_email_unique":
            raise _taken(caller) from error
        raise
    return user


def _taken(caller: Caller) -> EmailTaken:
    """The refusal that tells of an account. Raises RateLimited after ten of them in an hour."""
    if caller.address:
        TAKEN_PER_ADDRESS.hit(caller.address)
    return EmailTaken()


def _save_new(user: User, face: str, now: dt.datetime) -> None:
    require_transaction()
    user.save()
    owe(user=user, kind=MailProof.Kind.VERIFY, email=user.email, now=now)
    for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY):
        add_consent(user=user, kind=kind, given=True, now=now, face=face)
    record(
        actor=user,
        entity_type="user",
        entity_id=user.pk,
        action=Action.CREATE,
        new={"role": user.role, "language": user.language},
    )


def update_profile(*, actor: User, changes: dict[str, Any]) -> User:
    """Change the name, phone, language or delivery wish of oneself; other keys are not looked at.

    Raises InvalidInput (phone).
    """
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        changed = []
        for field in PROFILE_FIELDS:
            if field not in changes:
                continue
            value = valid_phone(changes[field]) if field == "phone" else changes[field]
            if getattr(user, field) != value:
                setattr(user, field, value)
                changed.append(field)
        if "phone" in changed and user.phone_verified:
            user.phone_verified = False
            user.save(update_fields=["phone_verified"])
        if changed:
            user.save(update_fields=changed)
            record(
                actor=actor,
                entity_type="user",
                entity_id=user.pk,
                action=Action.UPDATE,
                new={"changed": changed},
            )
    return user


def valid_email(text: str) -> str:
    """The one spelling of an e-mail address. Raises InvalidInput."""
    try:
        return email_identity(text)
    except ValidationError as error:
        raise InvalidInput(fields={"email": error.messages}) from error


def valid_phone(text: str) -> str:
    """A number that can be dialled, as E.164, or an empty string. Raises InvalidInput."""
    if not text:
        return ""
    try:
        return one_spelling(str(text))
    except ValidationError as error:
        raise InvalidInput(fields={"phone": error.messages}) from error


def check_password_rules(password: str, *, user: User, field: str) -> None:
    """Raise InvalidInput under `field` when the password is too short, long, common or alike."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise InvalidInput(fields={field: error.messages}) from error
