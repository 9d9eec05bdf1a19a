"""Putting another body into a response that is already made."""

from __future__ import annotations

from django.http import HttpResponse

OF_THE_BODY = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Last-Modified",
)
"""Headers that speak of the old body, and would be a lie about the new one."""


def replace_body(response: HttpResponse, content: bytes, *, content_type: str) -> None:
    """Give the response another body; what its headers said about the old one goes with it."""
    had_length = response.has_header("Content-Length")
    for name in OF_THE_BODY:
        response.headers.pop(name, None)
    response.content = content
    response["Content-Type"] = content_type
    if had_length:
        response["Content-Length"] = str(len(content))
