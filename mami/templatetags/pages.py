"""Tags of public pages: their addresses, how they look when shared, what they are about."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from catalog.models import Category
from catalog.selectors import Node, ProductPage
from mami.pages import structured
from mami.pages.addresses import Addresses, addresses_of

register = template.Library()
TITLE = re.compile(r"<title>(.*?)</title>", re.S)
DESCRIPTION = re.compile(r'<meta\s+name="description"\s+content="(.*?)">', re.S)
PRODUCT = "catalog:product"
LOCALES = {"he": "he_IL", "en": "en_US"}


@register.inclusion_tag("components/addresses.html", takes_context=True)
def addresses(context: dict[str, Any]) -> dict[str, Any]:
    """The page's own address and those of both languages; one that is not public asks to be left out of indexes."""
    return {"addresses": _addresses(context)}


@register.simple_block_tag(takes_context=True)
def as_shared(context: Any, content: str) -> SafeString:
    """Title and description of the page, and what others show of it where somebody shares it."""
    here = _addresses(context)
    title, description = TITLE.search(content), DESCRIPTION.search(content)
    if here is None or title is None or description is None:
        return SafeString(content)
    own = "en" if get_language() == "en" else "he"
    other = "he" if own == "en" else "en"
    is_product = context["request"].resolver_match.view_name == PRODUCT
    page = context.get("page")  # the page of a product that is not there has none
    told = {
        "og:title": _words(title[1]),
        "og:description": _words(description[1]),
        "og:type": "product" if is_product else "website",
        "og:url": here.canonical,
        "og:image": structured.shared_image(getattr(page, "product", None) if is_product else None),
        "og:site_name": _("Mami"),
        "og:locale": LOCALES[own],
        "og:locale:alternate": LOCALES[other],
    }
    metas = format_html_join("\n", '<meta property="{}" content="{}">', told.items())
    card = '<meta name="twitter:card" content="summary_large_image">'
    return format_html("{}\n{}\n{}", SafeString(content), metas, SafeString(card))


@register.simple_tag
def site_data() -> SafeString:
    """The shop as a whole, on its first page."""
    data = structured.web_site(home=reverse("home"), search=reverse("catalog:search"))
    return structured.script(data)


@register.simple_tag(takes_context=True)
def product_data(context: Any, page: ProductPage) -> SafeString:
    """The product of a page, and the way to it."""
    category = page.product.category
    above = [category.parent] if category.parent else []
    way = [*_way([*above, category]), (page.product.name, context["request"].path)]
    shown = structured.product(page.product, url=_own_address(context))
    return SafeString(structured.script(shown) + structured.script(structured.breadcrumbs(way)))


@register.simple_tag
def shelf_data(path: list[Node]) -> SafeString:
    """The way to a shelf."""
    return structured.script(structured.breadcrumbs(_way([node.category for node in path])))


@register.simple_tag(takes_context=True)
def branch_data(context: Any, branch: Any, days: list[Any]) -> SafeString:
    """A branch with the hours that its page shows."""
    data = structured.grocery_store(branch, days, url=_own_address(context))
    return structured.script(data)


def _way(categories: list[Category]) -> list[tuple[str, str]]:
    home = pgettext("where you are", "Home")
    shelves = [(one.name, reverse("catalog:department", args=[one.slug])) for one in categories]
    return [(home, reverse("home")), *shelves]


def _own_address(context: Any) -> str:
    here = _addresses(context)
    return here.canonical if here else structured.absolute(context["request"].path)


def _addresses(context: Any) -> Addresses | None:
    request: HttpRequest | None = context.get("request")
    return addresses_of(request) if request and request.resolver_match else None


def _words(markup: str) -> str:
    """What a piece of a page says, on one line."""
    return " ".join(unescape(markup).split())
