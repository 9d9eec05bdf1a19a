"""Becoming a customer, and changing what the shop knows about oneself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from accounts import selectors
from accounts.errors import EmailTaken
from accounts.locks import lock_user
from accounts.models import Role, User
from audit.services import Action, record
from mami.errors import InvalidInput
from mami.ratelimits import REGISTER_PER_ADDRESS
from mami.transactions import constraint_of, write_transaction

PROFILE_FIELDS = ("full_name", "phone", "language")


def register(
    *,
    email: str,
    password: str,
    full_name: str,
    phone: str = "",
    language: str = "he",
    client: str = "",
    now: dt.datetime,
) -> User:
    """A new customer; whatever else is asked for, the role is CUSTOMER.

    Raises EmailTaken, InvalidInput (password, phone), RateLimited (per `client` address).
    """
    if client:
        REGISTER_PER_ADDRESS.hit(client)
    user = User(
        email=email.strip().lower(),
        full_name=full_name.strip(),
        phone=valid_phone(phone),
        language=language if language in {"he", "en"} else "he",
        role=Role.CUSTOMER,
        created_at=now,
    )
    check_password_rules(password, user=user, field="password")
    if selectors.user_by_email(email=user.email) is not None:
        raise EmailTaken
    user.set_password(password)
    try:
        _save_new(user)
    except IntegrityError as error:
        if constraint_of(error) == "user_email_unique":
            raise EmailTaken from error
        raise
    return user


def _save_new(user: User) -> None:
    with write_transaction():
        user.save()
        record(
            actor=user,
            entity_type="user",
            entity_id=user.pk,
            action=Action.CREATE,
            new={"role": user.role, "language": user.language},
        )


def update_profile(*, actor: User, changes: dict[str, Any]) -> User:
    """Change the name, phone or language of oneself; other keys are not looked at.

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


def valid_phone(text: str) -> Any:
    """The phone number, or an empty string. Raises InvalidInput."""
    if not text:
        return ""
    number = to_python(text, region="IL")
    if not number or not number.is_valid():
        raise InvalidInput(
            fields={"phone": [_("This is not a phone number. Example: 054-223-4567.")]}
        )
    return number


def check_password_rules(password: str, *, user: User, field: str) -> None:
    """Raise InvalidInput under `field` when the password is too short, long, common or alike."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise InvalidInput(fields={field: error.messages}) from error
