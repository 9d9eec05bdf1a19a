"""Tags of the head of public pages."""

from __future__ import annotations

from typing import Any

from django import template

from mami.pages.addresses import addresses_of

register = template.Library()


@register.inclusion_tag("components/addresses.html", takes_context=True)
def addresses(context: dict[str, Any]) -> dict[str, Any]:
    """The page's own address and those of both languages; nothing for a page that has one only."""
    request = context.get("request")
    return {"addresses": addresses_of(request) if request else None}
