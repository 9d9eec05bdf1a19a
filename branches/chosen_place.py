"""Where a visitor said they live: asked once, kept in the session."""

from __future__ import annotations

from django.http import HttpRequest

from branches.area_models import Locality
from branches.areas import EVERYWHERE, Destination, known_place

KEY = "locality"


def chosen_place(request: HttpRequest) -> int | None:
    """The code of the locality, where one was named."""
    code = request.session.get(KEY)
    return code if isinstance(code, int) else None


def destination(request: HttpRequest) -> Destination:
    """Where the visitor said to live, and the terms of its area; everywhere where they did not say.

    One query a request, none where nothing was said.
    """
    found: Destination | None = getattr(request, "destination", None)
    if found is None:
        found = known_place(chosen_place(request)) if hasattr(request, "session") else EVERYWHERE
        request.destination = found  # type: ignore[attr-defined]
    return found


def chosen_city(request: HttpRequest) -> str:
    """The name of that place in the reader's language, as an address begins with it."""
    locality = destination(request).locality
    return locality.name if locality else ""


def choose_place(request: HttpRequest, locality: Locality) -> None:
    """Remember the locality until the session ends."""
    request.session[KEY] = locality.pk
    request.__dict__.pop("destination", None)


def forget_place(request: HttpRequest) -> None:
    """Ask again."""
    request.session.pop(KEY, None)
