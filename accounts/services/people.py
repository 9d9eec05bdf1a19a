"""What admins decide about people: their role, and whether they may sign in."""

from __future__ import annotations

import datetime as dt

from accounts.errors import CannotModifySelf, LastAdmin
from accounts.locks import lock_admins, lock_user
from accounts.models import Role, User
from accounts.services.sign_in import end_all_tokens
from audit.services import Action, record
from core.errors import PermissionRefused
from core.transactions import write_transaction


def change_person(
    *,
    actor: User,
    user_id: int,
    role: str | None = None,
    is_active: bool | None = None,
    now: dt.datetime,
) -> User:
    """Change a person's role or close (or reopen) their account; old rights end at once.

    Raises NotFound, CannotModifySelf, LastAdmin.
    """
    with write_transaction():
        admins = lock_admins()
        user = lock_user(user_id=user_id)
        new_role = role if role is not None else user.role
        changes_role = new_role != user.role
        changes_active = is_active is not None and is_active != user.is_active
        if user.pk == actor.pk and (changes_role or changes_active):
            raise CannotModifySelf
        loses_admin = user.is_admin and (changes_role or changes_active)
        if loses_admin and len(admins) == 1:
            raise LastAdmin
        if changes_role:
            _change_role(actor=actor, user=user, role=new_role)
            end_all_tokens(user=user, now=now)
        if changes_active:
            _change_active(actor=actor, user=user, now=now)
    return user


def make_first_admin(*, user_id: int, now: dt.datetime) -> User:
    """Make somebody the admin of a shop that has none; for whoever has the machine.

    Raises NotFound, and PermissionRefused where there is one, who decides about others.
    """
    with write_transaction():
        if lock_admins():
            raise PermissionRefused
        user = lock_user(user_id=user_id)
        _change_role(actor=None, user=user, role=Role.ADMIN)
        end_all_tokens(user=user, now=now)
    return user


def _change_role(*, actor: User | None, user: User, role: str) -> None:
    old, user.role = user.role, Role(role)
    user.save(update_fields=["role"])
    record(
        actor=actor,
        entity_type="user",
        entity_id=user.pk,
        action=Action.UPDATE,
        old={"role": old},
        new={"role": user.role},
    )


def _change_active(*, actor: User, user: User, now: dt.datetime) -> None:
    user.is_active = not user.is_active
    user.save(update_fields=["is_active"])
    if not user.is_active:
        end_all_tokens(user=user, now=now)
    record(
        actor=actor,
        entity_type="user",
        entity_id=user.pk,
        action=Action.ACTIVATE if user.is_active else Action.DEACTIVATE,
        old={"is_active": not user.is_active},
        new={"is_active": user.is_active},
    )
