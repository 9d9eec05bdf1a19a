"""The favourites on every page, read only when a heart is drawn."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from lists.selectors import favourite_ids


def favourites(request: HttpRequest) -> dict[str, Any]:
    """`favourites`: what the visitor's heart keeps, by key of the product. At most one query."""
    return {"favourites": SimpleLazyObject(lambda: favourites_of(request))}


def favourites_of(request: HttpRequest) -> frozenset[int]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.is_employee:
        return frozenset()
    return favourite_ids(actor=user)
