"""Who may call what: the kinds of callers, and the project's table of routes.

`settings.RIGHTS_TABLE` names the table: the route's name, then a right for each method; a right
alone is one for GET and POST. A route without a row answers 404 to everybody, a page asked by a
method that its row does not name 405.
"""

from __future__ import annotations

import enum
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


class Right(enum.Enum):
    """Groups of callers; each but PUBLIC needs an active, signed-in person."""

    PUBLIC = "public"
    ANY = "any"
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"


_ROLES: dict[Right, frozenset[str]] = {
    Right.ANY: frozenset({"CUSTOMER", "EMPLOYEE", "MANAGER", "ADMIN"}),
    Right.CUSTOMER: frozenset({"CUSTOMER"}),
    Right.EMPLOYEE: frozenset({"EMPLOYEE", "MANAGER", "ADMIN"}),
    Right.MANAGER: frozenset({"MANAGER", "ADMIN"}),
    Right.ADMIN: frozenset({"ADMIN"}),
}

Row = Right | dict[str, Right]


@cache
def _table() -> dict[str, Row]:
    table: dict[str, Row] = import_string(settings.RIGHTS_TABLE)
    return table


def right_for(route: str, method: str) -> Right | None:
    """The right a route asks for, or None where the table has no row for it."""
    row = _table().get(route)
    if isinstance(row, dict):
        return row.get("GET" if method == "HEAD" else method)
    return row


def methods_of(route: str) -> frozenset[str]:
    """The methods a route takes: those its row names, GET and POST where it names a right alone."""
    row = _table().get(route)
    if isinstance(row, dict):
        return frozenset(row)
    return frozenset({"GET", "POST"}) if row else frozenset()


def allows(right: Right, user: Any) -> bool:
    """Whether `user` (perhaps anonymous) holds `right`."""
    if right is Right.PUBLIC:
        return True
    return bool(user.is_authenticated and user.is_active and user.role in _ROLES[right])
