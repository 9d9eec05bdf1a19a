"""Where a visitor said they live: asked once, kept in the session."""

from __future__ import annotations

from django.http import HttpRequest

from branches.area_models import Locality

KEY = "locality"


def chosen_place(request: HttpRequest) -> int | None:
    """The code of the locality, where one was named."""
    code = request.session.get(KEY)
    return code if isinstance(code, int) else None


def choose_place(request: HttpRequest, locality: Locality) -> None:
    """Remember the locality until the session ends."""
    request.session[KEY] = locality.pk


def forget_place(request: HttpRequest) -> None:
    """Ask again."""
    request.session.pop(KEY, None)
