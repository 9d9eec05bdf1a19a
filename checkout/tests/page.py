"""The checkout page as a browser uses it, in tests."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.shop import Shop

PAGE, PREVIEW = "/checkout/", "/checkout/preview/"
HTMX = {"HTTP_HX_REQUEST": "true"}


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def form(desk: Client, shop: Shop, **changes: Any) -> dict[str, Any]:
    """What the page would send: the first address, the first window, the saved card."""
    html = desk.get(PAGE).content.decode()
    typed = {
        "key": hidden(html, "key"),
        "cart_id": hidden(html, "cart_id"),
        "expected_total": hidden(html, "expected_total"),
        "expected_cart_version": hidden(html, "expected_cart_version"),
        "form_owner": hidden(html, "form_owner"),
        "where": re.search(r'value="(address:\d+)"', html)[1],  # type: ignore[index]
        "slot": f"{shop.slot.pk}@{shop.date}",
        "delivery_preference": "LEAVE_AT_DOOR",
        "delivery_note": "",
        "notes": "",
        "card": re.search(r'value="(saved:\d+)"', html)[1],  # type: ignore[index]
        **changes,
    }
    return {name: value for name, value in typed.items() if value is not None}


def order(desk: Client, shop: Shop, **changes: Any) -> Any:
    return desk.post(PAGE, form(desk, shop, **changes))
