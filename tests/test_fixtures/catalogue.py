"""The catalogue files, read once, and the questions the tests ask of them."""

import csv
import json
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "fixtures"

KASHRUT = {"kosher_dairy", "kosher_meat", "kosher_parve"}
NON_FOOD_CATEGORIES = {"cleaning-paper", "hygiene"}
PRODUCE = {"vegetables", "fruit", "herbs"}


def load(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def rows():
    with (FIXTURES / "products.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


DEPARTMENTS = load("departments.json")
BRANDS = load("brands.json")
BRANCHES = load("branches.json")
PRODUCTS = rows()
CATEGORY_DEPARTMENT = {
    category["slug"]: department["slug"]
    for department in DEPARTMENTS
    for category in department["categories"]
}


def tags(product):
    return set(filter(None, product["dietary_tags"].split(";")))


def allergens(product):
    return set(filter(None, product["allergens"].split(";")))


def is_food(product):
    return bool(KASHRUT & tags(product))


def offenders(condition):
    return [(p["sku"], p["name_en"]) for p in PRODUCTS if condition(p)]


def duplicates(values):
    return [value for value, count in Counter(values).items() if count > 1]


def symbols():
    sprite = (ROOT / "static" / "img" / "sprite.svg").read_text(encoding="utf-8")
    return set(re.findall(r'id="p-([a-z-]+)"', sprite))


def accents():
    css = (ROOT / "static" / "css" / "shop" / "base.css").read_text(encoding="utf-8")
    return set(re.findall(r'\[data-accent="([a-z]+)"\]', css))


def words_match(text, pattern):
    return re.search(pattern, text.lower()) is not None
