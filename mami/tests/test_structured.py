"""What search engines and those a page is shared with are told is what the page shows and what is charged."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from decimal import Decimal
from html import unescape

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from branches.models import Closure
from catalog.services import update_product
from core import clock
from core.clock import shop_instant
from core.pictures import delete_picture
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("not_led")]
SITE = "https://mami.test"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)


@pytest.fixture
def shop(settings):
    settings.SITE_URL = SITE
    with open_with_sandbox() as opened:
        yield opened


def page(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def data(text: str) -> dict:
    return {one["@type"]: one for one in map(json.loads, BLOCK.findall(text))}


def shown_price(text: str) -> str:
    buy = text.partition('<div class="buy">')[2]
    price = re.search(r'<span class="price"><span class="cur">₪</span>(\d+)<small>(\.\d\d)', buy)
    return price[1] + price[2]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_shown_is_structured_is_charged(shop, prefix: str) -> None:
    for product in (shop.product(price=Decimal("7.2")), shop.weighed()):
        text = page(f"{prefix}/products/{product.pk}/")
        told = data(text)["Product"]
        offer = told["offers"]
        order = shop.order(quantities={product: 1})
        line = order.items.get()
        assert offer["price"] == shown_price(text) == str(line.unit_price)
        assert offer["priceCurrency"] == "ILS"
        assert told["name"] == (product.name_en if prefix else product.name_he)
        assert (told["sku"], offer["url"]) == (
            product.sku,
            f"{SITE}{prefix}/products/{product.pk}/",
        )
        unit = offer["priceSpecification"]
        assert unit["@type"] == "UnitPriceSpecification"
        product.refresh_from_db()
        assert unit["price"] == str(product.unit_price)
        assert f"₪{product.unit_price}" in text


def test_sold_out_is_told(shop) -> None:
    there, gone = shop.product(), shop.product(stock=0)
    ends = [
        data(page(f"/products/{one.pk}/"))["Product"]["offers"]["availability"]
        for one in (there, gone)
    ]
    assert ends == ["https://schema.org/InStock", "https://schema.org/OutOfStock"]


@pytest.mark.parametrize(
    ("barcode", "told"),
    [
        ("7290000000015", "7290000000015"), ("036000291452", "0036000291452"),
        ("96385074", None), ("17290000000012", None), (None, None),
    ],
)  # fmt: skip
def test_a_number_of_thirteen_digits(shop, barcode, told) -> None:
    gtin = barcode and barcode.zfill(14)
    product = shop.product(barcode=barcode, gtin14=gtin)
    assert data(page(f"/products/{product.pk}/"))["Product"].get("gtin13") == told


def test_no_text_leaves_its_block(shop) -> None:
    name = "</script><script>alert(1)</script>&\u2028\"'"
    product = shop.product(name_en=name, description_en=name)
    text = page(f"/en/products/{product.pk}/")
    assert data(text)["Product"]["name"] == name
    assert "<script>alert" not in text
    assert "\\u003c/script\\u003e" in text


def test_the_way_to_a_page(shop) -> None:
    product = shop.product()
    for prefix, home in (("", "בית"), ("/en", "Home")):
        shelf = f"{SITE}{prefix}/aisles/{shop.category.slug}/"
        for path, last in ((f"/products/{product.pk}/", 3), (f"/aisles/{shop.category.slug}/", 2)):
            steps = data(page(prefix + path))["BreadcrumbList"]["itemListElement"]
            assert [one["position"] for one in steps] == list(range(1, last + 1))
            assert (steps[0]["name"], steps[0]["item"]) == (home, f"{SITE}{prefix}/")
            assert steps[1]["item"] == shelf


def test_the_front_door_says_how_to_search(shop) -> None:
    for prefix in ("", "/en"):
        told = data(page(f"{prefix}/"))["WebSite"]
        assert told["url"] == f"{SITE}{prefix}/"
        target = told["potentialAction"]["target"]["urlTemplate"]
        assert target == f"{SITE}{prefix}/search/?q={{search_term_string}}"


def test_a_branch_has_the_hours_it_shows(shop) -> None:
    tomorrow = clock.shop_date(clock.now()) + dt.timedelta(days=1)
    Closure.objects.create(
        branch=shop.branch,
        starts_at=shop_instant(tomorrow, dt.time(0)),
        ends_at=shop_instant(tomorrow + dt.timedelta(days=1), dt.time(0)),
    )
    text = page(f"/en/branches/{shop.branch.code}/")
    told = data(text)["GroceryStore"]
    assert told["address"]["streetAddress"] == shop.branch.address_en
    hours = told["openingHoursSpecification"]
    assert len({one["validFrom"] for one in hours}) == 7
    closed = [one for one in hours if one["validFrom"] == tomorrow.isoformat()]
    assert [(one["opens"], one["closes"]) for one in closed] == [("00:00", "00:00")]
    for one in hours:
        if one["opens"] != "00:00":
            assert one["opens"] in text


def test_what_is_shared(shop) -> None:
    product = shop.product(name_en='Milk "3%" <b>', description_en="Fresh & cold")
    text = page(f"/en/products/{product.pk}/")
    told = {
        name: unescape(value)
        for name, value in re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)">', text)
    }
    assert told["og:title"] == 'Milk "3%" <b> · Mami'
    assert told["og:description"] == "Fresh & cold"
    assert (told["og:type"], told["og:site_name"]) == ("product", "Mami")
    assert told["og:url"] == f"{SITE}/en/products/{product.pk}/"
    assert (told["og:locale"], told["og:locale:alternate"]) == ("en_US", "he_IL")
    assert told["og:image"] == f"{SITE}/static/img/share.png"


def test_a_photograph_is_shared_as_a_jpeg_that_is_large_enough(shop, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    product = shop.product()
    photo = io.BytesIO()
    Image.new("RGB", (300, 500), "green").save(photo, "PNG")
    photo.seek(0)
    update_product(actor=None, product_id=product.pk, changes={"image": photo})
    text = page(f"/products/{product.pk}/")
    (shared,) = re.findall(r'<meta property="og:image" content="([^"]*)">', text)
    assert shared.startswith(f"{SITE}/media/products/")
    with Image.open(tmp_path / shared.partition("/media/")[2]) as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))
        assert card.getpixel((600, 315))[1] > 100, "the photograph, whole"
        assert card.getpixel((5, 5)) == (255, 255, 255)
    product.refresh_from_db()
    delete_picture(default_storage, product.image.name)
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]
    (shared,) = re.findall(
        r'<meta property="og:image" content="([^"]*)">', page(f"/products/{product.pk}/")
    )
    assert shared == f"{SITE}/static/img/share.png", "one of before has no such file"
    assert '<meta name="twitter:card" content="summary_large_image">' in text
    assert "og:title" not in page("/cart/")
