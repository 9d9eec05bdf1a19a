"""What every page of the shop draws alike: icons, pictures, prices, sizes and quantities."""

from __future__ import annotations

import datetime as dt
import zlib
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.core.files.storage import default_storage
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from catalog.choices import Allergen, DietaryTag, SoldBy
from catalog.models import Product
from core.bidi import left_to_right
from core.capabilities import is_offered
from core.clock import SHOP_TZ, shop_date
from core.money import shekels
from core.pictures import WIDTHS, is_kept, version

register = template.Library()


@register.simple_tag
def offered(route: str, method: str = "GET") -> bool:
    """Whether this route is there, as far as switches go."""
    return is_offered(route, method)


ACCENTS = (
    "tomato",
    "berry",
    "lemon",
    "leaf",
    "sky",
    "cocoa",
    "cream",
    "plum",
    "mint",
    "sand",
    "coral",
    "night",
)
_TAGS = dict(DietaryTag.choices)
_ALLERGENS = dict(Allergen.choices)
_UNIT_WORDS = {
    "G": lambda: _("g"),
    "KG": lambda: _("kg"),
    "ML": lambda: _("ml"),
    "L": lambda: _("L"),
}


@register.simple_tag
def icon(name: str, css: str = "i") -> SafeString:
    """A line icon of the sprite (`i-…`); decorative, so the words stand beside it."""
    return _use(f"i-{name}", css)


@register.simple_tag
def picture(name: str, css: str = "") -> SafeString:
    """An illustration of the sprite (`p-…`)."""
    return _use(f"p-{name}", css)


@register.simple_tag
def logo() -> SafeString:
    return _use("logo-en" if get_language() == "en" else "logo-he", "")


def _use(symbol: str, css: str) -> SafeString:
    attribute = format_html(' class="{}"', css) if css else ""
    return format_html(
        '<svg{} aria-hidden="true"><use href="{}#{}"/></svg>',
        attribute,
        static("img/sprite.svg"),
        symbol,
    )


@register.simple_tag
def price(amount: Decimal | int | str) -> SafeString:
    """A price as on a shelf label: shekels large, agorot small."""
    whole, _dot, agorot = f"{shekels(amount):,.2f}".partition(".")
    return format_html(
        '<span class="price"><span class="cur">₪</span>{}<small>.{}</small></span>', whole, agorot
    )


@register.filter(name="money")
def money_filter(amount: Decimal | int | str | None) -> SafeString | str:
    """An amount inside a sentence, isolated so that it reads the same in both directions."""
    if amount is None or amount == "":
        return ""
    value = shekels(amount)
    sign = "−" if value < 0 else ""
    return format_html('<bdi class="num" dir="ltr">{}₪{}</bdi>', sign, f"{abs(value):,.2f}")


@register.filter
def shelf_money(amount: Decimal) -> str:
    """An amount that is all its element holds, which says `dir="ltr"` itself."""
    return f"₪{shekels(amount):,.2f}"


@register.filter
def bdi(text: str) -> SafeString:
    """A code, number, address or time inside a sentence of either direction."""
    return format_html('<bdi dir="ltr">{}</bdi>', text)


@register.filter
def money_text(amount: Decimal | int | str) -> str:
    """The same amount for places that take no markup (attributes, plain text)."""
    value = shekels(amount)
    return f"{'−' if value < 0 else ''}₪{abs(value):,.2f}"


@register.filter
def number(amount: Decimal | float | str) -> str:
    """A quantity without trailing zeros: 1.500 → 1.5, 2.000 → 2."""
    text = f"{Decimal(str(amount)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.simple_tag
def qty(quantity: Decimal | int | str, product: Any = None) -> str:
    """How much of a product: `2`, or `1.5 kg` when it is sold by weight."""
    text = number(Decimal(str(quantity)))
    if product is not None and getattr(product, "sold_by", None) == SoldBy.WEIGHT:
        return _("%(amount)s kg") % {"amount": text}
    return text


@register.simple_tag
def each(goods: Any) -> SafeString:
    """The price of a unit, or of a kg with its unit said, of a product or of an order's line."""
    amount = money_filter(goods.price if isinstance(goods, Product) else goods.unit_price)
    if goods.sold_by == SoldBy.WEIGHT:
        return format_html("{} {}", amount, _("/ kg"))
    return format_html("{}", amount)


@register.simple_tag
def size(product: Product) -> str:
    """What one pack holds, as printed on its label: `500 g`, `12 pieces`, `by weight`."""
    if product.sold_by == SoldBy.WEIGHT:
        return _("by weight")
    amount = number(product.size)
    if product.size_unit == "PIECE":
        count = int(product.size)
        return ngettext("%(count)s piece", "%(count)s pieces", count) % {"count": amount}
    return f"{amount} {_UNIT_WORDS[product.size_unit]()}"


@register.simple_tag
def unit_price(product: Product) -> SafeString:
    """What 100 g, a litre, a kg or a piece of it costs: on every shelf label."""
    return format_html("{} {}", money_filter(product.unit_price), _per(product))


@register.simple_tag
def unit_price_text(product: Product) -> str:
    """The same without an element of its own: a shelf has many."""
    return f"{left_to_right(shelf_money(product.unit_price))} {_per(product)}"


def _per(product: Product) -> str:
    return {
        "100G": lambda: _("per 100 g"),
        "100ML": lambda: _("per 100 ml"),
        "KG": lambda: _("per kg"),
        "L": lambda: _("per litre"),
        "PIECE": lambda: _("each"),
    }[product.unit_price_per]()


@register.filter
def dietary(tag: str) -> str:
    return str(_TAGS.get(tag, tag))


@register.filter
def allergen(name: str) -> str:
    return str(_ALLERGENS.get(name, name))


@register.simple_tag
def tile(product: Product, css: str = "") -> SafeString:
    """The picture of a product: its photograph, else pack, garnish, accent and label."""
    category = product.category
    classes = f"tile {css}".strip()
    if product.image:
        inside = _photograph(str(product.image))
    else:
        inside = format_html(
            "{}{}{}",
            _use(f"p-{product.icon or category.icon or 'bag'}", "pack"),
            _use(f"p-{product.garnish}", "garnish") if product.garnish else "",
            _label(product),
        )
    return format_html(
        '<span class="{}" data-aisle="{}" data-accent="{}" data-label="{}">{}</span>',
        classes,
        category.aisle,
        product.accent or ACCENTS[zlib.crc32(product.sku.encode()) % len(ACCENTS)],
        product.brand.label if product.brand else 1,
        inside,
    )


def _photograph(name: str) -> SafeString:
    """In the width that the place and the screen need; one kept as it came has only one."""
    url = default_storage.url
    if not is_kept(name):
        return format_html('<img src="{}" alt="" loading="lazy">', url(name))
    widths = ", ".join(f"{url(version(name, width))} {width}w" for width in WIDTHS)
    return format_html(
        '<img src="{}" srcset="{}" sizes="auto, (min-width: 48rem) 20rem, 50vw" alt="" loading="lazy">',
        url(version(name, WIDTHS[0])),
        widths,
    )


def _label(product: Product) -> SafeString:
    brand = format_html("<b>{}</b>", product.brand.name) if product.brand else ""
    return format_html(
        '<span class="tag" aria-hidden="true">{}<span>{}</span></span>', brand, size(product)
    )


@register.simple_tag
def deal(product: Product) -> SafeString | str:
    """The small mark above the price: what is saved, or one fact worth knowing."""
    if product.old_price is not None:
        saved = shekels(product.old_price - product.price)
        saved = saved.to_integral() if saved == saved.to_integral() else saved
        return _("₪%(amount)s less") % {"amount": saved}
    if product.price_controlled:
        return format_html('<span class="badge info">{}</span>', _("Price controlled"))
    if product.vat_class_id == "ZERO":
        return format_html('<span class="badge good">{}</span>', _("VAT free"))
    return ""


@register.simple_tag
def clock_range(start: dt.time, end: dt.time) -> SafeString:
    """A delivery window; times stay left to right in both languages."""
    return format_html(
        '<bdi dir="ltr" class="num">{}–{}</bdi>', start.strftime("%H:%M"), end.strftime("%H:%M")
    )


@register.filter
def day(date: dt.date) -> str:
    """A date as people say it: today, tomorrow, else weekday and date."""
    distance = (date - shop_date(timezone.now())).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Tomorrow")
    return weekday_date(date)


@register.filter
def weekday_date(date: dt.date) -> str:
    """`Tue 24 Nov`, in Hebrew `יום ג׳ 24.11`."""
    if get_language() == "en":
        return date_format(date, "D j M")
    letter = "אבגדהוש"[(date.weekday() + 1) % 7]
    return f"{'שבת' if letter == 'ש' else f'יום {letter}׳'} {date.day}.{date.month}"


@register.filter
def shop_time(instant: dt.datetime) -> SafeString:
    """An instant as the shop's wall clock shows it, HH:MM."""
    text = instant.astimezone(SHOP_TZ).strftime("%H:%M")
    return format_html('<bdi dir="ltr" class="num">{}</bdi>', text)


@register.filter
def shop_clock(instant: dt.datetime) -> dt.time:
    """The time of day at the shop."""
    return instant.astimezone(SHOP_TZ).time()


@register.filter
def shop_moment(instant: dt.datetime) -> SafeString:
    """Day and time of an instant at the shop, as it stands inside a sentence: `today, 14:05`."""
    local = instant.astimezone(SHOP_TZ)
    distance = (local.date() - shop_date(timezone.now())).days
    near = {0: _("today"), 1: _("tomorrow")}.get(distance)
    return format_html("{}, {}", near or weekday_date(local.date()), shop_time(instant))


@register.filter
def moment_text(instant: dt.datetime) -> str:
    """Day and time of an instant at the shop for plain text; the digits stay left to right."""
    local = instant.astimezone(SHOP_TZ)
    return f"{weekday_date(local.date())}, \u2066{local:%H:%M}\u2069"


@register.simple_tag
def greeting(name: str = "", now: dt.datetime | None = None) -> str:
    """`Evening, Ada.` by the shop's clock; without a name just the greeting."""
    hour = (now or timezone.now()).astimezone(SHOP_TZ).hour
    if 5 <= hour < 12:
        word = pgettext("greeting", "Morning")
    elif 12 <= hour < 17:
        word = pgettext("greeting", "Afternoon")
    elif 17 <= hour < 22:
        word = pgettext("greeting", "Evening")
    else:
        word = pgettext("greeting at night", "Hello")
    first = name.split()[0] if name.split() else ""
    return f"{word}, {first}." if first else f"{word}."


@register.simple_tag
def setting(name: str) -> Any:
    """One of the few figures the owner named, for sentences that quote them."""
    allowed = {"DELIVERY_FEE", "FREE_DELIVERY_FROM", "SLOT_HOLD_MINUTES", "MAMI_DEMO"}
    return getattr(settings, name) if name in allowed else ""


@register.inclusion_tag("components/field.html")
def field(bound: Any, css: str = "", hint: str = "", input_class: str = "") -> dict[str, Any]:
    """A labelled form field with its hint and its errors, tied together for screen readers."""
    describe = [f"{bound.id_for_label}-hint"] if hint or bound.help_text else []
    describe += [f"{bound.id_for_label}-error"] if bound.errors else []
    widget = bound.field.widget
    plain = getattr(widget, "input_type", "") in {"checkbox", "radio"}
    attrs: dict[str, Any] = {} if plain else {"class": f"input {input_class}".strip()}
    if describe:
        attrs["aria-describedby"] = " ".join(describe)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": bound,
        "control": bound.as_widget(attrs={**widget.attrs, **attrs}),
        "css": css,
        "hint": hint or bound.help_text,
        "is_check": getattr(widget, "input_type", "") == "checkbox",
    }


@register.simple_tag(takes_context=True)
def querystring_with(context: dict[str, Any], **changes: Any) -> str:
    """The page's query string with some parameters replaced (None removes)."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    text = query.urlencode()
    return f"?{text}" if text else "?"
