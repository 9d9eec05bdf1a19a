"""Pages that say what went wrong. They need nothing: where the shop's look fails too, plain words.

The look needs collected static files, the session and the database, and each of them may be what
is broken.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)


def error_page(
    request: HttpRequest | None,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    status: int,
) -> HttpResponse:
    """The page in the shop's look, or without any where that cannot be made. Raises nothing.

    `request` is None for a page that must not ask who is there: their row may not be readable.
    """
    try:
        return HttpResponse(render_to_string(template, context, request), status=status)
    except Exception:  # the failure that is being told must not become another one
        log.exception("error_page_without_look", template=template)
        return HttpResponse(_bare(context or {}, status), status=status)


def _bare(context: dict[str, Any], status: int) -> str:
    """A page of nothing but words: no file, no style, no row, no address to look up."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        heading = _("We dropped something")
        words = _("The page did not load and it is our fault. Your basket is safe.")
    elif status == HTTPStatus.NOT_FOUND:
        heading = _("Not on this shelf")
        words = _(
            "What you were looking for is not here, or is no longer sold. Your basket is safe."
        )
    else:
        heading = _("That did not go through")
        words = _("Nothing was changed.")
    return format_html(
        '<!doctype html><html lang="{}" dir="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>{}</title></head>'
        '<body><main><h1>{}</h1><p>{} <bdi dir="ltr">{}</bdi></p>'
        '<p><a href="/">{}</a></p></main></body></html>',
        get_language() or "he",
        "rtl" if get_language_bidi() else "ltr",
        heading,
        heading,
        words,
        context.get("request_id", ""),
        _("To the shop"),
    )
