"""Private photographs, for whoever may see what they belong to."""

from __future__ import annotations

from django.db.models.fields.files import FieldFile
from django.http import FileResponse

from core.errors import NotFound
from orders import selectors
from orders.models import Order


def door_photo(*, order: Order) -> FileResponse:
    """The picture of a delivery itself. Raises NotFound."""
    proof = selectors.proof_of(order=order)
    if proof is None or not proof.photo:
        raise NotFound
    return private_picture(proof.photo)


def private_picture(photo: FieldFile) -> FileResponse:
    """The picture itself, kept by no cache. Raises NotFound."""
    try:
        answer = FileResponse(photo.open("rb"), content_type="image/webp")
    except FileNotFoundError as error:
        raise NotFound from error
    answer["Cache-Control"] = "private, no-store"
    return answer
