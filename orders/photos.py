"""The photograph of a delivery, through the shop's one service for pictures."""

from __future__ import annotations

from typing import IO

from core.pictures import PictureRefused, kept
from orders.errors import PhotoRefused

SIDE = 1280


def cleaned(upload: IO[bytes]) -> bytes:
    """The picture as a WebP of at most 1280 × 1280 pixels. Raises PhotoRefused."""
    try:
        return kept(upload, widths=(SIDE,), tallest=SIDE)[SIDE]
    except PictureRefused as refusal:
        raise PhotoRefused(str(refusal.message), reason=refusal.details["reason"]) from refusal
