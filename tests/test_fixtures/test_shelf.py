"""Shape, identity, shelf places, brands, prices, VAT and pictures of the demo catalogue."""

import csv
import re
from collections import Counter
from decimal import Decimal

import pytest

from .catalogue import (
    BRANDS,
    CATEGORY_DEPARTMENT,
    DEPARTMENTS,
    FIXTURES,
    PRODUCE,
    PRODUCTS,
    ROOT,
    accents,
    duplicates,
    offenders,
    symbols,
)

COLUMNS = (
    "sku,barcode,category,brand,name_he,name_en,description_he,description_en,price,old_price,"
    "sold_by,quantity_step,size,size_unit,vat_class,deposit,dietary_tags,allergens,bin,icon,garnish,"
    "accent,price_controlled"
).split(",")
PROCESSED = re.compile(r"חתוך|חתוכ|קלופ|קלוף|מופרד|קפוא")


# --- The shape of the catalogue ---


def test_eight_departments_are_the_aisles_of_the_design():
    css = (ROOT / "static" / "css" / "shop" / "base.css").read_text(encoding="utf-8")
    aisles = set(re.findall(r'\[data-aisle="([a-z]+)"\]', css))
    assert len(DEPARTMENTS) == 8
    assert {department["aisle"] for department in DEPARTMENTS} == aisles


def test_twenty_seven_categories_with_unique_slugs_and_names():
    categories = [c for d in DEPARTMENTS for c in d["categories"]]
    assert len(categories) == 27
    entries = DEPARTMENTS + categories
    for key in ("slug", "name_he", "name_en"):
        assert duplicates(entry[key] for entry in entries) == []
    assert {entry["icon"] for entry in entries} <= symbols()


def test_columns_are_as_documented():
    with (FIXTURES / "products.csv").open(encoding="utf-8", newline="") as lines:
        assert next(csv.reader(lines)) == COLUMNS


def test_number_of_products_and_their_spread():
    assert 540 <= len(PRODUCTS) <= 570
    counts = Counter(p["category"] for p in PRODUCTS)
    assert set(counts) == set(CATEGORY_DEPARTMENT)
    assert min(counts.values()) >= 12
    assert max(counts.values()) <= 40


def test_about_sixty_offers_and_a_few_controlled_prices():
    assert 50 <= len(offenders(lambda p: p["old_price"])) <= 70
    assert 8 <= len(offenders(lambda p: p["price_controlled"] == "true")) <= 15
    assert {p["price_controlled"] for p in PRODUCTS} == {"true", "false"}
    assert offenders(lambda p: p["price_controlled"] == "true" and p["old_price"]) == []


# --- Identity ---


@pytest.mark.parametrize("column", ["sku", "barcode", "bin", "name_he", "name_en"])
def test_unique(column):
    assert duplicates(p[column] for p in PRODUCTS) == []


@pytest.mark.parametrize("column", ["description_he", "description_en"])
def test_no_description_is_used_twice(column):
    assert duplicates(p[column] for p in PRODUCTS) == []


def test_skus_are_short_codes_of_one_prefix_per_category():
    assert offenders(lambda p: not re.fullmatch(r"[A-Z]{3}-\d{4}", p["sku"])) == []
    prefixes = {(p["category"], p["sku"][:3]) for p in PRODUCTS}
    assert len(prefixes) == len({prefix for _, prefix in prefixes}) == 27


def ean13_is_valid(code):
    if not re.fullmatch(r"\d{13}", code):
        return False
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(code)) % 10 == 0


def test_barcodes_have_valid_check_digits_in_the_in_store_range():
    assert ean13_is_valid("4006381333931")
    assert not ean13_is_valid("4006381333932")
    assert offenders(lambda p: not ean13_is_valid(p["barcode"])) == []
    assert offenders(lambda p: not p["barcode"].startswith("2")) == []


def test_weighed_goods_have_their_own_barcode_prefix_with_an_empty_weight_part():
    def wrong(product):
        weighed = product["sold_by"] == "WEIGHT"
        scale_code = re.fullmatch(r"21\d{5}00000\d", product["barcode"]) is not None
        return weighed != scale_code

    assert offenders(wrong) == []


def test_bins_are_places_on_one_walk():
    assert offenders(lambda p: not re.fullmatch(r"[A-HJ]\d{2}-[1-4]-\d{2}", p["bin"])) == []
    letters: dict[str, set[str]] = {}
    for product in PRODUCTS:
        letter = product["bin"][0]
        if letter != "J":
            letters.setdefault(CATEGORY_DEPARTMENT[product["category"]], set()).add(letter)
    assert all(len(found) == 1 for found in letters.values())
    assert len(set.union(*letters.values())) == 8


def test_frozen_goods_wait_in_the_last_aisle():
    def wrong(product):
        frozen = product["icon"] in {"frozen", "icecream"}
        return frozen != product["bin"].startswith("J")

    assert offenders(wrong) == []


# --- Brands ---


def test_brands_are_unique_used_and_known():
    slugs = [brand["slug"] for brand in BRANDS]
    for key in ("slug", "name_he", "name_en"):
        assert duplicates(brand[key] for brand in BRANDS) == []
    used = {p["brand"] for p in PRODUCTS} - {""}
    assert used == set(slugs)
    assert [b["slug"] for b in BRANDS if b["is_house"]] == ["mami"]
    assert 35 <= len(BRANDS) <= 50


# --- Prices and quantities ---


def test_prices_have_two_digits_and_stay_believable():
    money = re.compile(r"\d+\.\d{2}")
    assert offenders(lambda p: not money.fullmatch(p["price"])) == []
    assert offenders(lambda p: not Decimal("2") <= Decimal(p["price"]) <= Decimal("250")) == []
    assert offenders(lambda p: p["old_price"] and not money.fullmatch(p["old_price"])) == []


def test_an_old_price_is_higher_but_not_absurd():
    def wrong(product):
        if not product["old_price"]:
            return False
        price, old = Decimal(product["price"]), Decimal(product["old_price"])
        return not price < old <= price * Decimal("1.5")

    assert offenders(wrong) == []


def test_units_steps_and_sizes_agree():
    def wrong(product):
        got = (product["quantity_step"], product["size"], product["size_unit"])
        if product["sold_by"] == "WEIGHT":
            return got != ("0.5", "1", "KG")
        return (
            product["sold_by"] != "UNIT"
            or product["quantity_step"] != "1"
            or Decimal(product["size"]) <= 0
            or product["size_unit"] not in {"G", "KG", "ML", "L", "PIECE"}
        )

    assert offenders(wrong) == []


def test_packs_under_a_kilo_or_litre_are_written_in_grams_or_millilitres():
    def wrong(product):
        size, unit = Decimal(product["size"]), product["size_unit"]
        small = unit in {"KG", "L"} and size < 1
        large = unit in {"G", "ML"} and size >= 1000
        return small or large

    assert offenders(wrong) == []


def test_multipacks_say_the_same_in_both_names_and_in_the_size():
    factors = {"ML": 1, "L": 1000}
    checked = 0
    for product in PRODUCTS:
        found = re.search(r"(\d+) × ([\d.]+) (L|ml)\b", product["name_en"])
        if found is None:
            continue
        checked += 1
        count, each, unit = found.groups()
        total = int(count) * Decimal(each) * factors[unit.upper()]
        assert total == Decimal(product["size"]) * factors[product["size_unit"]], product["sku"]
        assert f"{count} × {each}" in product["name_he"], product["sku"]
    assert checked >= 5


# --- VAT ---


def test_zero_rate_is_exactly_the_unprocessed_produce():
    def wrong(product):
        fresh = product["category"] in PRODUCE and not PROCESSED.search(product["name_he"])
        return product["vat_class"] != ("ZERO" if fresh else "STANDARD")

    assert offenders(wrong) == []
    assert offenders(lambda p: p["category"] in PRODUCE and p["vat_class"] == "STANDARD") != []


# --- Pictures ---


def test_pictures_exist_in_the_sprite():
    known = symbols()
    assert offenders(lambda p: p["icon"] not in known) == []
    assert offenders(lambda p: p["garnish"] and p["garnish"] not in known) == []
    assert offenders(lambda p: p["garnish"] == p["icon"]) == []


def test_accents_are_the_colours_of_the_design():
    assert len(accents()) == 12
    assert {p["accent"] for p in PRODUCTS} == accents()


def test_loose_produce_shows_itself_without_garnish():
    def wrong(product):
        return product["category"] in PRODUCE and (
            product["vat_class"] == "ZERO" and product["garnish"] != ""
        )

    assert offenders(wrong) == []
