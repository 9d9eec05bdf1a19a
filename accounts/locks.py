"""Every row lock of accounts, in the order of keys, evaluated."""

from __future__ import annotations

import uuid

from accounts.models import Address, PasswordReset, RefreshToken, Role, User
from mami.errors import NotFound


def lock_user(*, user_id: int) -> User:
    """The person, locked. Raises NotFound."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def lock_admins() -> list[User]:
    """All active admins, locked, so that two cannot remove each other at once."""
    return list(
        User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    )


def lock_refresh_token(*, jti: uuid.UUID) -> RefreshToken | None:
    return RefreshToken.objects.select_for_update().filter(jti=jti).first()


def lock_password_reset(*, secret_hash: str) -> PasswordReset | None:
    return PasswordReset.objects.select_for_update().filter(secret_hash=secret_hash).first()


def lock_addresses(*, user_id: int) -> list[Address]:
    """All addresses of a person, behind the person's own row so that none can be added meanwhile."""
    lock_user(user_id=user_id)
    return list(Address.objects.select_for_update().filter(user_id=user_id).order_by("pk"))
