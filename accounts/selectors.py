"""Questions about people and their addresses."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from accounts.models import Address, PasswordReset, User
from mami.errors import NotFound


def active_user(*, user_id: int) -> User | None:
    """The person, unless unknown or deactivated. One query."""
    # By hand: nearly every call of the API begins here.
    sql = f"SELECT * FROM {User._meta.db_table} WHERE id = %s AND is_active"  # noqa: S608
    return next(iter(User.objects.raw(sql, [user_id])), None)


def user_by_email(*, email: str) -> User | None:
    return User.objects.filter(email__iexact=email.strip()).first()


def person(*, user_id: int) -> User:
    """Any person, for admins. Raises NotFound."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def people(
    *, q: str = "", role: str | None = None, is_active: bool | None = None
) -> QuerySet[User]:
    """People for the admins' list, newest first."""
    found = User.objects.order_by("-pk")
    if q:
        found = found.filter(Q(email__icontains=q) | Q(full_name__icontains=q))
    if role:
        found = found.filter(role=role)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    return found


def addresses_of(*, actor: User) -> list[Address]:
    """The person's addresses, the default one first."""
    return list(Address.objects.filter(user_id=actor.pk))


def address_for(*, actor: User, address_id: int) -> Address:
    """One of the person's own addresses. Raises NotFound, also for other people's."""
    found = Address.objects.filter(user_id=actor.pk, pk=address_id).first()
    if found is None:
        raise NotFound
    return found


def default_address(*, actor: User) -> Address | None:
    return Address.objects.filter(user_id=actor.pk, is_default=True).first()


def open_reset(*, reset_id: int, now: dt.datetime) -> PasswordReset | None:
    """A permission for a new password that can still be used."""
    return (
        PasswordReset.objects.select_related("user")
        .filter(pk=reset_id, used_at=None, expires_at__gt=now)
        .first()
    )
