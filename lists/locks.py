"""Row locks of lists. The order of all locks: docs/locking.md."""

from __future__ import annotations

from core.transactions import require_transaction
from lists.models import ShoppingList


def lock_list(*, list_id: int) -> ShoppingList | None:
    """A list, locked; None where it is gone."""
    require_transaction()
    return ShoppingList.objects.select_for_update().filter(pk=list_id).first()


def lock_lists_of(*, user_id: int) -> list[ShoppingList]:
    """The person's own lists and those they joined, locked."""
    require_transaction()
    own = ShoppingList.objects.filter(owner_id=user_id).values_list("pk", flat=True)
    joined = ShoppingList.objects.filter(members__user_id=user_id).values_list("pk", flat=True)
    keys = {*own, *joined}
    return list(ShoppingList.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
