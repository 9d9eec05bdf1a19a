"""What lists know about a person: their own ones, and what they put on those of others."""

from __future__ import annotations

import datetime as dt
from typing import Any

from accounts.models import User
from lists.locks import lock_lists_of
from lists.models import ListItem, ListMember, ShoppingList
from lists.selectors import lists_of

PEOPLE = {
    "lists.ShoppingList.owner": "deleted, for those who joined it too",
    "lists.ListMember.user": "deleted",
    "lists.ListItem.added_by": "emptied; the line stays on the list of others",
}


def take_out(*, user_id: int) -> dict[str, Any]:
    actor = User.objects.get(pk=user_id)
    return {
        "lists": [
            {
                "id": one.id,
                "name": one.title,
                "is_favourites": one.is_favourites,
                "role": "OWNER" if one.is_owner else "MEMBER",
                "members": [{"id": person.id, "name": person.name} for person in one.people],
                "items": [
                    {
                        "product_id": line.product_id,
                        "product_name": line.product.name,
                        "quantity": line.quantity,
                        "note": line.note,
                        "added_by": line.added_by,
                        "added_at": line.added_at,
                    }
                    for line in one.items
                ],
            }
            for one in lists_of(actor=actor)
        ]
    }


def erase(*, user_id: int, now: dt.datetime) -> None:
    lock_lists_of(user_id=user_id)
    ShoppingList.objects.filter(owner_id=user_id).delete()
    ListMember.objects.filter(user_id=user_id).delete()
    ListItem.objects.filter(added_by_id=user_id).update(added_by=None)
