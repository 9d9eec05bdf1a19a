"""What people may eat: kashrut, diet and allergens of the demo catalogue agree."""

import re

import pytest

from .catalogue import (
    KASHRUT,
    NON_FOOD_CATEGORIES,
    PRODUCTS,
    allergens,
    duplicates,
    is_food,
    offenders,
    tags,
    words_match,
)

TAGS = set(
    "vegan vegetarian gluten_free lactose_free sugar_free organic whole_grain high_protein "
    "low_fat kosher_dairy kosher_meat kosher_parve kosher_passover".split()
)
ALLERGENS = set(
    "milk eggs gluten soy nuts peanuts sesame fish mustard celery sulphites lupin".split()
)

# A word of the English name and the allergen it cannot do without.
WORD_ALLERGENS = [
    (
        (
            r"\b(wheat\w*|wholewheat|wholemeal|spelt|rye|semolina|bulgur|couscous|barley|bran|"
            r"spaghetti|penne|farfalle|fusilli|lasagne|gnocchi|bread|breadcrumbs|breaded|loaf|"
            r"challah|pitas?|laffa|tortillas|baguette|ciabattas|matzah|babka|cheesecake|cake|"
            r"croissants?|rugelach|cookies|biscuits|wafers?|burekas|pastry|pretzels?|crackers|"
            r"granola|muesli|oats?|lager|beer|ale|stout)\b"
        ),
        "gluten",
    ),
    (r"\b(tahini|sesame|halva|hummus|masabacha)\b", "sesame"),
    (
        (
            r"\b(almonds?|cashews?|walnuts?|hazelnuts?|pistachios?|pine nuts|nougat|pralines|"
            r"pesto|nuts?|nut bars)\b"
        ),
        "nuts",
    ),
    (r"\bpeanuts?\b", "peanuts"),
    (r"\b(eggs?|mayonnaise)\b", "eggs"),
    (r"\bmustard\b", "mustard"),
    (r"\b(soya|soy)\b", "soy"),
    (r"\bcelery\b", "celery"),
    (r"\b(salmon|tuna|trout|carp|cod|sole|herring|mackerel|anchovy|sardines|fish|sea)\b", "fish"),
    (
        (
            r"\b(milk|yogurt|cheese|butter|cream|mozzarella|feta|halloumi|labneh|ricotta|"
            r"parmesan|cheddar|gouda|brie|mascarpone|pecorino|leben|buttermilk)\b"
        ),
        "milk",
    ),
    (r"\bwine\b", "sulphites"),
]
# Names in which such a word means something else.
EXCEPTIONS = {
    "gluten": re.compile(
        r"gluten free|buckwheat|corn schnitzel|rice cakes|corn cakes|corn tortilla|cakes$"
    ),
    "eggs": re.compile(r"vegan"),
    "nuts": re.compile(r"peanut|coconut"),
    "sulphites": re.compile(r"vinegar"),
    "fish": re.compile(r"sea salt|dead sea"),
    "milk": re.compile(
        r"coconut|almond (spread|butter)|peanut butter|milk chocolate from|lemon cream wafers|"
        r"plant based|peanut|hand cream|cheese style"
    ),
}


def test_only_known_tags_and_allergens():
    assert offenders(lambda p: not tags(p) <= TAGS) == []
    assert offenders(lambda p: not allergens(p) <= ALLERGENS) == []
    for column in ("dietary_tags", "allergens"):
        assert offenders(lambda p, c=column: bool(duplicates(p[c].split(";")))) == []


def test_every_food_has_one_kashrut_and_nothing_else_has_any():
    def wrong(product):
        count = len(KASHRUT & tags(product))
        if product["category"] in NON_FOOD_CATEGORIES:
            return count != 0 or bool(allergens(product))
        if product["category"] == "baby":
            return count > 1
        return count != 1

    assert offenders(wrong) == []


def test_dairy_is_what_contains_milk():
    assert offenders(lambda p: ("kosher_dairy" in tags(p)) != ("milk" in allergens(p))) == []


def test_meat_has_no_milk_no_fish_and_is_not_vegetarian():
    def wrong(product):
        return "kosher_meat" in tags(product) and (
            {"milk", "fish"} & allergens(product) or "vegetarian" in tags(product)
        )

    assert offenders(wrong) == []


def test_vegan_food_has_nothing_of_an_animal():
    def wrong(product):
        found = tags(product)
        return "vegan" in found and (
            {"milk", "eggs", "fish"} & allergens(product)
            or "kosher_parve" not in found
            or "vegetarian" not in found
            or words_match(product["name_en"], r"\bhoney\b")
        )

    assert offenders(wrong) == []


def test_fish_is_parve_and_not_vegetarian():
    def wrong(product):
        return "fish" in allergens(product) and (
            "kosher_parve" not in tags(product) or "vegetarian" in tags(product)
        )

    assert offenders(wrong) == []


def test_categories_hold_what_they_say():
    assert offenders(lambda p: p["category"] == "fish" and "fish" not in allergens(p)) == []
    assert offenders(lambda p: p["category"] == "eggs" and "eggs" not in allergens(p)) == []

    def wrong_meat(product):
        return product["category"] in {"poultry", "beef"} and not (
            {"kosher_meat", "vegan"} & tags(product)
        )

    assert offenders(wrong_meat) == []


def test_gluten_free_contradicts_gluten():
    assert offenders(lambda p: "gluten_free" in tags(p) and "gluten" in allergens(p)) == []
    # Only matzah is made of wheat and eaten on Passover.
    assert [
        p["name_en"] for p in PRODUCTS if "kosher_passover" in tags(p) and "gluten" in allergens(p)
    ] == ["Plain matzah"]


def test_fresh_produce_and_eggs_are_fit_for_passover():
    """They need no certificate; corn is the one vegetable here that many do not eat then."""

    def wrong(product):
        fresh = product["vat_class"] == "ZERO" or product["icon"] == "egg"
        return (fresh and product["icon"] != "corn" and "kosher_passover" not in tags(product)) or (
            product["icon"] == "corn" and "kosher_passover" in tags(product)
        )

    assert offenders(wrong) == []


def test_no_nuts_are_pictured_where_none_are_inside():
    def wrong(product):
        pictures = {product["icon"], product["garnish"]}
        return (
            is_food(product) and "nuts" in pictures and not {"nuts", "peanuts"} & allergens(product)
        )

    assert offenders(wrong) == []


def test_gluten_free_food_does_not_show_wheat_on_its_picture():
    def wrong(product):
        pictures = {product["icon"], product["garnish"]}
        # The sack has an ear of wheat printed on it.
        return "gluten_free" in tags(product) and bool({"wheat", "sack"} & pictures)

    assert offenders(wrong) == []


def test_food_without_gluten_says_so():
    def wrong(product):
        return (
            is_food(product)
            and "gluten" not in allergens(product)
            and "gluten_free" not in tags(product)
        )

    # Flavoured and processed meats may be silent: their makers do not promise it.
    assert {sku for sku, _ in offenders(wrong)} <= {"DEL-0016"}


def test_what_a_name_says_is_free_of_something_is_tagged():
    claims = {
        r"gluten free": "gluten_free",
        r"lactose free": "lactose_free",
        r"no added sugar|sugar free|unsweetened|no sugar": "sugar_free",
        r"\borganic\b": "organic",
        r"\bwhole(meal|wheat|grain)\b|whole grain": "whole_grain",
        r"\bprotein\b": "high_protein",
        r"\bvegan\b|plant based": "vegan",
    }
    for pattern, tag in claims.items():
        named = [p for p in PRODUCTS if words_match(p["name_en"], pattern) and is_food(p)]
        assert named, pattern
        assert [p["name_en"] for p in named if tag not in tags(p)] == [], tag


def test_lactose_free_with_milk_only_where_the_name_says_it():
    def wrong(product):
        return (
            "lactose_free" in tags(product)
            and "milk" in allergens(product)
            and "lactose free" not in product["name_en"].lower()
        )

    assert offenders(wrong) == []


@pytest.mark.parametrize(("pattern", "allergen"), WORD_ALLERGENS)
def test_a_name_with_an_allergen_in_it_declares_it(pattern, allergen):
    exception = EXCEPTIONS.get(allergen)
    vegan_words = allergen in {"milk", "eggs"}

    def wrong(product):
        name = product["name_en"].lower()
        if not is_food(product) or not re.search(pattern, name):
            return False
        if exception and exception.search(name):
            return False
        if vegan_words and "vegan" in tags(product):
            return False
        return allergen not in allergens(product)

    assert offenders(wrong) == []
    assert [p for p in PRODUCTS if allergen in allergens(p)] != []


def test_the_allergen_checker_has_teeth():
    patterns = {allergen: pattern for pattern, allergen in WORD_ALLERGENS}
    assert words_match("Wholemeal seeded bread", patterns["gluten"])
    assert words_match("Raw white tahini", patterns["sesame"])
    assert not words_match("Aubergine salad", patterns["eggs"])
