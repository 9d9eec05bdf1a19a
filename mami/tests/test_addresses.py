"""Public pages have an address in each language; all others have one and follow the browser."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from core.languages import LanguagePrefix
from core.rights import Right
from mami.rights import RIGHTS
from tests.architecture.test_rights import routes
from tests.shop import open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("not_led")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def shop():
    with open_with_sandbox() as opened:
        yield opened


def visitor(header: str = "", cookie: str = "") -> Client:
    client = Client(headers={"Accept-Language": header} if header else {})
    if cookie:
        client.cookies["mami_language"] = cookie
    return client


def spoken(answer) -> str:
    match = re.search(r'<html lang="(\w\w)"', answer.content.decode())
    return match[1] if match else ""


def both_languages() -> URLResolver:
    return next(
        one
        for one in get_resolver().url_patterns
        if isinstance(one, URLResolver) and isinstance(one.pattern, LanguagePrefix)
    )


def test_all_in_both_languages_is_public() -> None:
    names = [name for name, _ in routes([both_languages()])]
    assert len(names) > 10
    for name in names:
        row = RIGHTS[name]
        assert row is Right.PUBLIC or (isinstance(row, dict) and row["GET"] is Right.PUBLIC), name


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("", "", "he"),  # robots
        ("he", "", "he"),
        ("fr", "", "he"),
        ("en-GB,he;q=0.5", "", "en"),
        ("en", "he", "he"),
        ("he", "en", "en"),
        ("", "en", "en"),
        ("", "xx", "he"),
    ],
)
def test_who_prefers_english_is_led_there(header: str, cookie: str, language: str) -> None:
    answer = visitor(header, cookie).get("/help/delivery/?utm_source=a&b=%D7%90")
    if language == "he":
        assert (answer.status_code, spoken(answer)) == (200, "he")
        assert "mami_language" not in answer.cookies
    else:
        assert answer.status_code == 302
        assert answer["Location"] == "/en/help/delivery/?utm_source=a&b=%D7%90"
    assert {"Accept-Language", "Cookie"} <= {one.strip() for one in answer["Vary"].split(",")}


def test_a_page_below_en_is_english_and_remembered_once() -> None:
    first = visitor("he").get("/en/help/delivery/")
    assert (spoken(first), first.cookies["mami_language"].value) == ("en", "en")
    other = visitor("he", "he").get("/en/help/delivery/")
    assert (spoken(other), "mami_language" in other.cookies) == ("en", False)
    text = other.content.decode()
    assert 'href="/en/aisles/"' in text
    assert 'action="/en/search/"' in text
    assert 'href="/orders/"' in text


@pytest.mark.parametrize(
    "path",
    [
        "/en/account/", "/en/account/login/", "/en/cart/", "/en/checkout/", "/en/orders/",
        "/en/ops/", "/en/admin/", "/en/api/v1/categories", "/en/lists/", "/en/en/", "/he/",
        "/en/en/aisles/", "/en/language/", "/en/robots.txt", "/en//aisles/", "/en/nothing/",
    ],
)  # fmt: skip
def test_there_is_nothing_else_below_en(path: str) -> None:
    for header in ("he", "en"):
        answer = visitor(header).get(path)
        assert answer.status_code == 404
        assert "mami_language" not in answer.cookies


def test_an_address_without_its_slash() -> None:
    answer = visitor("he").get("/en")
    assert (answer.status_code, answer["Location"]) == (301, "/en/")


@pytest.mark.parametrize(
    ("page", "language"),
    [
        ("http://testserver/en/aisles/", "en"),
        ("http://testserver/aisles/", "he"),
        ("http://testserver/cart/", "cookie"),
        ("http://[", "cookie"),
        ("", "cookie"),
    ],
)
@pytest.mark.parametrize("cookie", ["he", "en"])
def test_a_part_speaks_as_the_page_that_asked(shop, page: str, language: str, cookie: str) -> None:
    client = visitor("", cookie)
    wanted = cookie if language == "cookie" else language
    for path in ("/cart/drawer/", "/search/suggest/?q=zz"):
        answer = client.get(path, headers={**HTMX, "HX-Current-URL": page})
        assert (answer.status_code, answer["Content-Language"]) == (200, wanted), path
    answer = client.post(
        reverse("cart:add"),
        {"product": shop.product().pk},
        headers={**HTMX, "HX-Current-URL": page},
    )
    assert answer["Content-Language"] == wanted


def test_links_in_a_part_lead_on_in_its_language(shop) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://testserver/en/"}
    text = visitor("he", "he").get("/cart/drawer/", headers=headers).content.decode()
    assert 'href="/en/' in text or "/aisles/" not in text
    assert 'href="/aisles/' not in text


def heads(answer) -> dict[str, str]:
    text = answer.content.decode()
    found = dict(re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', text))
    found["canonical"] = re.search(r'<link rel="canonical" href="([^"]+)"', text)[1]
    return found


def test_each_address_names_the_others(shop, settings) -> None:
    settings.SITE_URL = "https://mami.test"
    product = shop.product()
    slug = shop.category.slug
    for path in (
        "/", "/aisles/", f"/aisles/{slug}/", f"/products/{product.pk}/", "/offers/", "/search/",
        "/branches/", f"/branches/{shop.branch.code}/", "/help/terms/", "/help/terms/2026-11/",
    ):  # fmt: skip
        hebrew, english = f"https://mami.test{path}", f"https://mami.test/en{path}"
        both = {"he": hebrew, "en": english, "x-default": hebrew}
        assert heads(visitor().get(f"{path}?utm_x=1&utm_y")) == {**both, "canonical": hebrew}, path
        assert heads(visitor().get(f"/en{path}?gclid=1")) == {**both, "canonical": english}, path
    assert "canonical" not in visitor().get("/cart/").content.decode()
    assert "canonical" not in visitor().get("/products/987654321/").content.decode()


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("page=2&utm_x=1", "?page=2"), ("page=1", ""), ("page=0", ""), ("page=x", ""),
        ("page=-2", ""), ("page=02", ""), ("page=٢", ""), ("page=99999", ""), ("page=", ""),
    ],
)  # fmt: skip
def test_of_the_query_the_page_is_kept(shop, settings, query: str, kept: str) -> None:
    settings.SITE_URL = "https://mami.test"
    answer = visitor().get(f"/aisles/{shop.category.slug}/?{query}")
    assert heads(answer)["canonical"] == f"https://mami.test/aisles/{shop.category.slug}/{kept}"


def test_what_search_engines_leave_out(shop) -> None:
    shelf = f"/aisles/{shop.category.slug}/"
    noindex = '<meta name="robots" content="noindex, follow">'
    shop.product()
    for path in ("/search/?q=milk", "/search/", f"{shelf}?inStock=true", f"{shelf}?sort=price",
                 "/offers/?tag=VEGAN", f"/en{shelf}?brand=x"):  # fmt: skip
        assert noindex in visitor().get(path).content.decode(), path
    for path in (shelf, f"{shelf}?utm_source=x", f"{shelf}?page=2", "/offers/", "/", "/en/"):
        assert noindex not in visitor().get(path).content.decode(), path
    for path in ("/cart/", "/account/login/", "/account/register/"):  # what is somebody's own
        assert '<meta name="robots" content="noindex">' in visitor().get(path).content.decode(), (
            path
        )
