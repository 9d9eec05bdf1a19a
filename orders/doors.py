"""The photograph of a delivery, for whoever may see its order."""

from __future__ import annotations

from django.http import FileResponse

from mami.errors import NotFound
from orders import selectors
from orders.models import Order


def door_photo(*, order: Order) -> FileResponse:
    """The picture itself, kept by no cache. Raises NotFound."""
    proof = selectors.proof_of(order=order)
    if proof is None or not proof.photo:
        raise NotFound
    try:
        answer = FileResponse(proof.photo.open("rb"), content_type="image/webp")
    except FileNotFoundError as error:
        raise NotFound from error
    answer["Cache-Control"] = "private, no-store"
    return answer
