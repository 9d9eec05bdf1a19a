"""A list behind its lock, as one person may use it."""

from __future__ import annotations

from accounts.models import User
from core.errors import NotFound
from lists.errors import NotListOwner
from lists.locks import lock_list
from lists.models import ListMember, ShoppingList


def locked(*, actor: User, list_id: int) -> ShoppingList:
    """A list that the actor owns or joined, locked. Raises NotFound."""
    row = lock_list(list_id=list_id)
    if row is None or not (row.owner_id == actor.pk or is_member(row, actor.pk)):
        raise NotFound
    return row


def locked_own(*, actor: User, list_id: int) -> ShoppingList:
    """A list that the actor owns, locked. Raises NotFound, for a member NotListOwner."""
    row = locked(actor=actor, list_id=list_id)
    if row.owner_id != actor.pk:
        raise NotListOwner
    return row


def is_member(row: ShoppingList, user_id: int) -> bool:
    return ListMember.objects.filter(list=row, user_id=user_id).exists()
