"""The addresses of a public page, absolute, as its head names them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from core.languages import address_in

MOST_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Of one page in each language; `canonical` is the one that was asked for."""

    canonical: str
    he: str
    en: str


def addresses_of(request: HttpRequest) -> Addresses | None:
    """The addresses of the page asked for; of its query only the page's number is kept.

    None where there is no such page, or it has one address for both languages.
    """
    path = getattr(request, "public_path", "")
    if not path:
        return None
    number = request.GET.get("page", "")
    if number.isascii() and number.isdigit() and number[0] != "0" and len(number) <= MOST_DIGITS:
        path += f"?page={number}" if number != "1" else ""
    of = {code: settings.SITE_URL + address_in(code, path) for code in ("he", "en")}
    return Addresses(
        canonical=of["en" if get_language() == "en" else "he"], he=of["he"], en=of["en"]
    )
