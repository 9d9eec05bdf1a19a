"""What a page is about, for search engines, in the words of schema.org: made of what the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from branches.models import Branch
from branches.selectors import DayHours
from catalog.models import Product
from core.money import shekels
from core.pictures import card_of, is_kept

CONTEXT = "https://schema.org"
SHARED_IMAGE = "img/share.png"
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
MEASURES = {
    "100G": ("100", "GRM"), "100ML": ("100", "MLT"), "KG": ("1", "KGM"), "L": ("1", "LTR"),
    "PIECE": ("1", "C62"),
}  # fmt: skip
"""What a unit price buys, with the unit's code of UN/CEFACT."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Data = dict[str, Any]


def script(data: Data) -> SafeString:
    """A block of data that nothing runs, whatever stands in it; no text can end it early."""
    text = json.dumps({"@context": CONTEXT, **data}, ensure_ascii=False)
    for letter, escape in ESCAPED.items():
        text = text.replace(letter, escape)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


def absolute(path: str) -> str:
    """An address of ours in full; one that is full already as it is."""
    return path if path.startswith(("https://", "http://")) else settings.SITE_URL + path


def shared_image(shown: Product | None) -> str:
    """What others show of a page: the card of its product's photograph, where there is one, or the shop's.

    A JPEG or PNG of at least 600 × 315.
    """
    name = str(shown.image or "") if shown is not None else ""
    if is_kept(name) and default_storage.exists(card_of(name)):
        return absolute(default_storage.url(card_of(name)))
    return absolute(static(SHARED_IMAGE))


def product(shown: Product, *, url: str) -> Data:
    """A product as its page shows it, with what it costs now and whether it can be had.

    Prices with two digits in ₪, VAT included; of goods sold by weight the price of a kilogram.
    """
    offer = {
        "@type": "Offer",
        "url": url,
        "price": str(shekels(shown.price)),
        "priceCurrency": "ILS",
        "availability": f"{CONTEXT}/{'InStock' if _can_be_had(shown) else 'OutOfStock'}",
        "priceSpecification": _unit_price(shown),
    }
    data: Data = {"@type": "Product", "name": shown.name, "sku": shown.sku, "url": url}
    if number := _gtin13(shown):
        data["gtin13"] = number
    if shown.brand:
        data["brand"] = {"@type": "Brand", "name": shown.brand.name}
    if shown.description:
        data["description"] = shown.description
    data["image"] = absolute(shown.image.url if shown.image else static(SHARED_IMAGE))
    return {**data, "offers": offer}


def breadcrumbs(steps: Iterable[tuple[str, str]]) -> Data:
    """The way to a page: the name and path of each step from the front door."""
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
        for number, (name, path) in enumerate(steps, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def grocery_store(branch: Branch, days: Iterable[DayHours], *, url: str) -> Data:
    """A branch, with its hours as they are on each of these dates."""
    data: Data = {
        "@type": "GroceryStore",
        "name": f"{_('Mami')}, {branch.name}",
        "url": url,
        "image": absolute(static(SHARED_IMAGE)),
        "address": {
            "@type": "PostalAddress",
            "streetAddress": branch.address,
            "addressLocality": branch.city,
            "addressCountry": "IL",
        },
        "openingHoursSpecification": [one for day in days for one in _hours(day)],
    }
    if branch.phone:
        data["telephone"] = branch.phone
    return data


def web_site(*, home: str, search: str) -> Data:
    """The shop as a whole, and how to look for something in it. `home` and `search` are paths."""
    return {
        "@type": "WebSite",
        "name": _("Mami"),
        "url": absolute(home),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{absolute(search)}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def _can_be_had(shown: Any) -> bool:
    return bool(shown.in_stock)


def _gtin13(shown: Product) -> str:
    """The thirteen digits of a number that has so many; shorter and longer ones are others."""
    number = shown.gtin14 or ""
    return number[1:] if number.startswith("0") and not number.startswith("000000") else ""


def _unit_price(shown: Product) -> Data:
    value, unit = MEASURES[shown.unit_price_per]
    return {
        "@type": "UnitPriceSpecification",
        "price": str(shekels(shown.unit_price)),
        "priceCurrency": "ILS",
        "referenceQuantity": {"@type": "QuantitativeValue", "value": value, "unitCode": unit},
    }


def _hours(day: DayHours) -> Iterable[Data]:
    """One entry for each piece of the day; a day without one is closed from midnight to midnight."""
    date = day.date.isoformat()
    spans = [tuple(f"{localtime(one):%H:%M}" for one in piece) for piece in day.pieces]
    for opens, closes in spans or [("00:00", "00:00")]:
        yield {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": f"{CONTEXT}/{WEEKDAYS[day.date.weekday()]}",
            "opens": opens,
            "closes": closes,
            "validFrom": date,
            "validThrough": date,
        }
