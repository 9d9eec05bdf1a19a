"""Files that programs ask for: robots, lists of pages, the manifest and its icons."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from catalog.models import Product
from mami.pages import sitemaps
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("not_led")]
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
SITE = "https://mami.test"


@pytest.fixture
def shop(settings):
    settings.SITE_URL = SITE
    with open_with_sandbox() as opened:
        yield opened


def parsed(path: str) -> ET.Element:
    client = Client()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (
        200,
        "application/xml",
    )
    assert len(asked) <= 3, [one["sql"] for one in asked]
    return ET.fromstring(answer.content)


def places(root: ET.Element) -> list[str]:
    return [str(one.text) for one in root.iter(f"{MAP}loc")]


def test_robots_find_the_lists_and_stay_out_of_the_rest(shop) -> None:
    lines = Client().get("/robots.txt").content.decode().splitlines()
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert {"Disallow: /account/", "Disallow: /lists/", "Disallow: /standing/"} <= set(lines)
    assert not [line for line in lines if line.startswith(("Disallow: /en", "Disallow: /cart"))]


def test_everything_public_is_listed_once_with_both_addresses(shop, monkeypatch) -> None:
    monkeypatch.setattr(sitemaps, "MOST_IN_A_FILE", 2)
    made = [shop.product() for _ in range(5)]
    Product.objects.filter(pk=made[0].pk).update(is_active=False)
    files = places(parsed("/sitemap.xml"))
    names = ["pages", "departments", "products-1", "products-2"]
    assert files == [f"{SITE}/sitemap-{name}.xml" for name in names]
    listed = {}
    for file in files:
        root = parsed(file.removeprefix(SITE))
        for entry in root.iter(f"{MAP}url"):
            address = entry.findtext(f"{MAP}loc") or ""
            others = {one.get("hreflang"): one.get("href") for one in entry.iter(LINK)}
            path = address.removeprefix(SITE)
            assert others == {"he": address, "en": f"{SITE}/en{path}", "x-default": address}
            assert address not in listed
            listed[address] = entry.findtext(f"{MAP}lastmod")
    products = {one for one in listed if "/products/" in one}
    assert products == {f"{SITE}/products/{one.pk}/" for one in made[1:]}
    one = Product.objects.get(pk=made[1].pk)
    told = listed[f"{SITE}/products/{one.pk}/"]
    assert told == one.updated_at.isoformat(timespec="seconds")
    newest = Product.objects.active().latest("updated_at").updated_at
    changed = newest.isoformat(timespec="seconds")
    for path in (f"/aisles/{shop.category.slug}/", "/", "/aisles/", "/offers/"):
        assert listed[SITE + path] == changed, path
    assert f"{SITE}/branches/{shop.branch.code}/" in listed
    for address in listed:  # every one of them is there, in both languages
        for prefix in ("", "/en"):
            path = prefix + address.removeprefix(SITE)
            if "/products/" not in path:
                assert Client().get(path).status_code == 200, path


def test_what_is_hidden_is_not_listed(shop) -> None:
    shop.product()
    shop.category.is_active = shop.category.is_open = False
    shop.category.save()
    assert [one for one in places(parsed("/sitemap.xml")) if "products" in one] == []
    assert places(parsed("/sitemap-departments.xml")) == []
    for part in ("0", "1", "2", "99999999999999999999"):
        assert Client().get(f"/sitemap-products-{part}.xml").status_code == 404


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_manifest(shop, language: str) -> None:
    path = "/manifest.webmanifest" if language == "he" else "/en/manifest.webmanifest"
    for header in ("he", "en"):  # asked for without cookies: the address alone decides
        answer = Client(headers={"Accept-Language": header}).get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/manifest+json")
        told = answer.json()
        assert (told["lang"], told["dir"]) == (language, "rtl" if language == "he" else "ltr")
        assert told["start_url"] == ("/" if language == "he" else "/en/")
        assert (told["scope"], told["display"]) == ("/", "standalone")
        assert [one["url"] for one in told["shortcuts"]] == ["/cart/", "/orders/"]
        assert told["short_name"] == ("מאמי" if language == "he" else "Mami")
    page = Client().get("/" if language == "he" else "/en/").content.decode()
    assert f'<link rel="manifest" href="{path}">' in page
    assert Client().post(path).status_code == 405


def test_icons_are_what_the_manifest_says() -> None:
    for icon in Client().get("/manifest.webmanifest").json()["icons"]:
        name = icon["src"].removeprefix("/static/")
        image = Image.open(io.BytesIO(_file(name)))
        assert (image.format, "x".join(map(str, image.size))) == ("PNG", icon["sizes"])
        corner = image.convert("RGBA").getpixel((0, 0))
        assert corner[3] == (255 if icon["purpose"] == "maskable" else 0), name
    touch = Client().get("/apple-touch-icon.png")
    assert (touch.status_code, touch["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(touch.content)).size == (180, 180)


def _file(name: str) -> bytes:
    with open(finders.find(name), "rb") as file:
        return file.read()


def test_the_policy_lets_both_in(shop) -> None:
    policy = Client().get("/")["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_the_worker_is_asked_for_each_time_and_knows_its_files(shop) -> None:
    answer = Client(headers={"Accept-Language": "en"}).get("/sw.js")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    first, _, _rest = answer.content.decode().partition("\n")
    known = json.loads(first.removeprefix("const MAMI = ").removesuffix(";"))
    assert known["offline"] == {"he": "/offline/", "en": "/en/offline/"}
    assert known["mostPages"] == 30
    for file in known["files"]:
        assert finders.find(file.removeprefix("/static/")), file
    for language, path in known["offline"].items():
        page = Client(headers={"Accept-Language": language}).get(path)
        assert page.status_code == 200
        assert 'content="noindex"' in page.content.decode()
    assert Client().post("/sw.js").status_code == 405


def test_only_the_shop_keeps_pages(shop) -> None:
    for path in ("/", "/cart/", "/account/login/"):
        assert "js/offline.js" in Client().get(path).content.decode()
    eli = Client()
    eli.force_login(shop.employee())
    assert "js/offline.js" not in eli.get("/ops/").content.decode()


def test_signing_out_clears_what_was_kept(shop) -> None:
    ada = Client()
    ada.force_login(shop.customer())
    assert ada.post("/account/logout/")["Clear-Site-Data"] == '"cache"'
