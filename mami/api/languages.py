"""The language of an answer: what `Accept-Language` asks for, whatever cookies say."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header


def wanted_language(request: HttpRequest) -> str:
    """The first language of the header that the shop speaks, else the shop's own."""
    spoken = dict(settings.LANGUAGES)
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        short = code.partition("-")[0]
        if short in spoken:
            return short
        if short == "iw":  # the code for Hebrew that old clients still send
            return "he"
    return settings.LANGUAGE_CODE
