"""Photographs that people upload: trusted with nothing, kept only as pixels of our own making."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image, ImageOps

from orders.errors import PhotoRefused

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 50_000_000
SIDE = 1280
FORMATS = ("JPEG", "PNG", "WEBP")


def cleaned(upload: IO[bytes]) -> bytes:
    """The picture as a WebP of at most 1280 × 1280 pixels, without any data about place or camera.

    The size is read from the header before anything is decoded. Raises PhotoRefused.
    """
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PhotoRefused
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PhotoRefused
            image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded at the size that is needed
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((SIDE, SIDE))
            bare = Image.new("RGB", upright.size)
            bare.paste(upright)
            kept = io.BytesIO()
            bare.save(kept, "WEBP", quality=80)
    except PhotoRefused:
        raise
    except Exception as error:  # a hostile file may break the decoder anywhere
        raise PhotoRefused from error
    return kept.getvalue()
