"""What callers may send: one JSON object, UTF-8, of a size that no honest call exceeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.errors import BodyTooLarge

LARGEST_BODY = 256 * 1024


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 means it: no NaN, no lone surrogates, no nesting without end."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge(limit=LARGEST_BODY)
        if not body.strip():
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not valid JSON.")) from error
