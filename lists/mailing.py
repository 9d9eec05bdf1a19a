"""What the message to somebody who followed an invitation says, looked up when it is sent."""

from __future__ import annotations

from typing import Any

from lists.models import ListMember
from lists.selectors import first_name
from notifications.errors import Obsolete


def invited_context(*, member_id: int) -> dict[str, Any]:
    """The list and the first name of whose it is. Raises Obsolete for who left it again."""
    rows = ListMember.objects.select_related("list__owner").filter(pk=member_id)
    row = rows.first()
    if row is None:
        raise Obsolete
    return {
        "list_name": row.list.title,
        "owner": first_name(row.list.owner.full_name),
        "path": f"/lists/{row.list_id}/",
    }
