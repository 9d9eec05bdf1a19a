"""Every row lock of accounts, in the order of keys, evaluated."""

from __future__ import annotations

import uuid

from accounts.contact_models import MailProof, PhoneCode
from accounts.export_models import DataExport
from accounts.models import (
    Address,
    PasswordReset,
    RefreshToken,
    Role,
    SecondFactor,
    SignIn,
    SignInChallenge,
    User,
)
from core.errors import NotFound


def lock_user(*, user_id: int) -> User:
    """The person, locked. Raises NotFound."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def lock_customer(*, user_id: int) -> None:
    """Let those who count what this person did go one after the other.

    Rows that only point at the person may be written meanwhile: who holds an order and writes such a
    row must not wait for one who holds the person and wants the order.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))


def lock_admins() -> list[User]:
    """All active admins, locked, so that two cannot remove each other at once."""
    return list(
        User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    )


def lock_refresh_token(*, jti: uuid.UUID) -> RefreshToken | None:
    return RefreshToken.objects.select_for_update().filter(jti=jti).first()


def lock_second_factor(*, user_id: int) -> SecondFactor | None:
    """The person's app, behind the person's own row."""
    return SecondFactor.objects.select_for_update().filter(user_id=user_id).first()


def lock_challenge(*, challenge_id: int) -> SignInChallenge | None:
    """A sign-in that waits for its code, behind the person's own row."""
    return SignInChallenge.objects.select_for_update().filter(pk=challenge_id).first()


def lock_sign_in(*, user_id: int, sign_in_id: int) -> SignIn | None:
    """A sign-in of this person that was not ended."""
    return (
        SignIn.objects.select_for_update()
        .filter(pk=sign_in_id, user_id=user_id, ended_at=None)
        .first()
    )


def lock_password_reset(*, secret_hash: str) -> PasswordReset | None:
    return PasswordReset.objects.select_for_update().filter(secret_hash=secret_hash).first()


def lock_mail_proof(*, proof_id: int) -> MailProof | None:
    """A link sent by mail, behind the person's own row."""
    return MailProof.objects.select_for_update().filter(pk=proof_id).first()


def lock_phone_code(*, user_id: int) -> PhoneCode | None:
    """The newest code that was not used, behind the person's own row."""
    codes = PhoneCode.objects.select_for_update().filter(user_id=user_id, used_at=None)
    return codes.order_by("-pk").first()


def lock_export(*, export_id: int) -> DataExport | None:
    """A copy of a person's data that is being made."""
    return DataExport.objects.select_for_update().filter(pk=export_id).first()


def lock_addresses(*, user_id: int) -> list[Address]:
    """All addresses of a person, behind the person's own row so that none can be added meanwhile."""
    lock_user(user_id=user_id)
    return list(Address.objects.select_for_update().filter(user_id=user_id).order_by("pk"))
