"""The key by which a caller names a request, so that sending it again does nothing again."""

from __future__ import annotations

import re

from core.errors import MissingIdempotencyKey

_SHAPE = re.compile(r"[\x21-\x7e]{1,128}")


def check_key(key: str) -> None:
    """Raises MissingIdempotencyKey unless the key is 1–128 visible ASCII characters."""
    if not _SHAPE.fullmatch(key or ""):
        raise MissingIdempotencyKey
