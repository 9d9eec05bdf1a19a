"""The small tables of the language: what carries a question, what means a diet, what ends a name.

Rules that a manager edits are rows of `SearchRule`; what stands here belongs to the grammar.
"""

from __future__ import annotations

from catalog.choices import Allergen, DietaryTag
from search.words import inflected, tokens

CARRYING = tuple(
    tuple(tokens(phrase))
    for phrase in (
        "יש לכם", "יש לך", "האם יש", "מה יש", "יש", "איפה", "איפה יש", "איפה אפשר למצוא", "היכן", "כמה עולה",
        "כמה עולים", "כמה זה עולה", "מה המחיר של", "אני מחפש", "אני מחפשת", "מחפש", "מחפשת", "אני צריך",
        "אני צריכה", "צריך", "צריכה", "אני רוצה", "רוצה", "בבקשה", "תביאו לי", "אפשר", "לקנות", "תודה",
        "של", "את", "משהו", "קצת", "חבילה של", "בקבוק של", "קופסת",
        "היי", "שלום", "בוקר טוב", "ערב טוב", "אולי", "במקרה", "רציתי", "רציתי לדעת", "לדעת", "אם", "אני", "אנחנו",
        "מחפשים", "צריכים", "רוצים", "אפשר לקבל", "לקבל", "תביא לי", "להזמין", "תזכורת", "לא לשכוח", "לזכור",
        "איזה", "איזו", "אילו", "מתאים", "מתאימה", "מתאימים", "מומלץ", "מומלצת", "דחוף", "בדחיפות", "היום", "להיום",
        "מחר", "למחר", "הערב", "בערב", "שיהיה", "מוצא", "מוצאת", "מוצאים", "אפשר למצוא", "למצוא", "מה המחיר",
        "where is", "where are", "where can i find", "do you have", "do you sell", "have you got", "how much is",
        "how much are", "how much does", "cost", "price of", "please", "i need", "i want", "i am looking for",
        "im looking for", "looking for", "can i get", "some", "the", "a", "an", "any", "of", "for", "with", "and",
        "כשר", "כשרה", "כשרים", "kosher",  # as all of the shop is
        "buy", "get me", "hi", "hello", "hey", "i would like", "id like", "remind me to", "something for", "something to",
        "is there", "are there", "where can i get", "show me",
        "где", "есть ли", "у вас есть", "есть", "сколько стоит", "мне нужен", "мне нужна", "хочу",
        "وين", "أين", "عندكم", "هل يوجد", "كم سعر", "أريد", "بدي",
    )
)  # fmt: skip

# Who asks for what a dish takes: this word stands for it in rules.
RECIPE = tokens("מתכון")[0]
RECIPES = tuple(
    tuple(tokens(phrase))
    for phrase in (
        "מתכון", "מתכון של", "מצרכים", "מצרכים של", "רשימת מצרכים", "מרכיבים", "חומרים", "מה צריך", "מה צריך בשביל",
        "מה צריכים",
        "מה צריך כדי להכין", "מה צריך להכנת", "מה אני צריך", "מה אני צריכה", "כל מה שצריך", "להכין", "להכנת", "איך מכינים",
        "recipe", "recipe for", "ingredients", "ingredients for", "ingredients to make", "what do i need for",
        "what do i need to make", "everything for", "how to make", "to make",
        "рецепт", "ингредиенты", "ингредиенты для", "продукты для", "что нужно для", "مكونات", "مقادير", "وصفة",
    )
)  # fmt: skip

WITHOUT = tuple(
    tuple(tokens(phrase)) for phrase in ("ללא תוספת", "בלי תוספת", "ללא", "בלי", "נטול", "נטולת", "נטולי",
                                         "without added", "no added", "without", "no")
)  # fmt: skip
FREE, NO_THING = "free", "range"  # sugar free, and eggs that are free range
DAIRY_FREE = ("dairy", FREE)

# A label speaks of what stands before these.
HEBREW_ENDS = frozenset(
    token
    for word in ("עם", "ללא", "בלי", "נטול", "נטולת", "נטולי", "של", "בטעם", "בריח", "בסגנון", "ברוטב", "במילוי")
    for token in tokens(word)
)  # fmt: skip
ENGLISH_ENDS = frozenset("of in with for from on up to without".split())

# They pass the role of the head on to the thing they carry, and keep it too.
HEBREW_CARRIERS = frozenset(
    token
    for word in ("פילה", "פילטי", "משקה", "קפסולות", "פולי", "אבקת", "עלי", "גרגירי", "טבליות", "תמצית", "דפי")
    for token in tokens(word)
)  # fmt: skip
# What people name a thing by the pack or the piece of: a bag of tea is about tea, a clove of garlic about garlic.
HEBREW_PACKS = frozenset(
    token
    for word in ("שקית", "שקיות", "שקיק", "שקיקי", "קופסה", "קופסא", "קופסאות", "בקבוק", "בקבוקי", "פחית",
                 "פחיות", "צנצנת", "חבילה", "חבילת", "חבילות", "מארז", "קרטון", "כוס", "גביע", "גביעי", "חפיסה",
                 "חפיסת", "שפופרת", "תבנית", "מגש", "שק", "ראש", "ראשי", "צרור", "צרורות", "אגודה", "אגודת", "שן",
                 "שיני", "קלח", "קלחי", "פרוסת", "פרוסות", "נתח", "נתחי", "חתיכת", "חתיכות", "ארגז", "ארגזי", "גוש", "גליל", "גלילי",
                 "כיכר", "כיכרות", "אריזה", "אריזת", "מיכל", "מיכלי", "כד", "קוביית")
    for token in tokens(word)
)  # fmt: skip
# And by the kind: hummus salad is about hummus.
HEBREW_KINDS = frozenset(
    token for word in ("סלט", "סלטי", "ממרח", "ממרחי", "חטיף", "חטיפי") for token in tokens(word)
)
# What a thing is only the shape of: gel for hair is for hair before it is any gel.
HEBREW_FORMS = frozenset(
    token
    for word in ("ג׳ל", "קרם", "תרסיס", "ספריי", "נוזל", "תחליב", "קצף", "משחה", "משחת")
    for token in tokens(word)
)
ENGLISH_FORMS = frozenset("gel spray liquid lotion foam paste".split())
ENGLISH_CARRIERS = frozenset(
    "fillet fillets drink beans capsules powder leaves slices mix tablets extract sheets".split()
)
ENGLISH_PACKS = frozenset(
    "bag bags box boxes bottle bottles can cans carton cartons pack packs packet packets jar jars tin tins pod pods"
    " head heads bunch clove cloves loaf tray tub tube crate".split()
)
ENGLISH_KINDS = frozenset("salad spread snack snacks".split())


def is_pack(token: str) -> bool:
    """Whether the word, in any form, names a pack or a piece of something."""
    return any(form in HEBREW_PACKS or form in ENGLISH_PACKS for form in inflected(token))


_DIETS: dict[str, str] = {
    DietaryTag.VEGAN: "טבעוני; טבעונית; טבעוניים; טבעוניות; מן הצומח; מהצומח; צמחי; צמחיים; "
    "vegan; vegans; plant based; plantbased; animal free",
    DietaryTag.VEGETARIAN: "צמחוני; צמחונית; צמחוניים; ללא בשר; בלי בשר; "
    "vegetarian; vegetarians; veggie; meat free; meatless",
    DietaryTag.GLUTEN_FREE: "ללא גלוטן; בלי גלוטן; נטול גלוטן; נטולת גלוטן; נטולי גלוטן; לצליאק; "
    "gluten free; glutenfree; without gluten; no gluten; coeliac; celiac",
    DietaryTag.LACTOSE_FREE: "ללא לקטוז; בלי לקטוז; נטול לקטוז; נטולת לקטוז; דל לקטוז; "
    "lactose free; lactosefree; without lactose; no lactose; dairy free",
    DietaryTag.SUGAR_FREE: "ללא סוכר; בלי סוכר; נטול סוכר; ללא תוספת סוכר; זירו; לסוכרתיים; "
    "zero; sugar free; sugarfree; no sugar; without sugar; no added sugar; unsweetened",
    DietaryTag.ORGANIC: "אורגני; אורגנית; אורגניים; אורגניות; organic; organics; bio; organically grown",
    DietaryTag.WHOLE_GRAIN: "דגן מלא; דגנים מלאים; מחיטה מלאה; מקמח מלא; "
    "whole grain; wholegrain; wholemeal; wholewheat; whole wheat",
    DietaryTag.HIGH_PROTEIN: "עשיר בחלבון; עתיר חלבון; עשירים בחלבון; תוספת חלבון; "
    "high protein; high in protein; protein rich; rich in protein",
    DietaryTag.LOW_FAT: "דל שומן; דלת שומן; דלי שומן; לייט; דיאט; דיאטטי; "
    "light; lite; low fat; diet; reduced fat",
    DietaryTag.KOSHER_DAIRY: "כשר חלבי; חלבי; חלבית; חלביים; kosher dairy; dairy kosher; milchig; chalavi; halavi",
    DietaryTag.KOSHER_MEAT: "כשר בשרי; בשרי; בשרית; בשריים; kosher meat; meat kosher; fleishig; basari",
    DietaryTag.KOSHER_PARVE: "כשר פרווה; פרווה; פרוה; פארווה; סתמי; kosher parve; parve; pareve; parev",
    DietaryTag.KOSHER_PASSOVER: "כשר לפסח; כשרה לפסח; כשרים לפסח; לפסח; "
    "kosher for passover; kosher passover; passover kosher; for passover",
}

_ALLERGENS: dict[str, str] = {
    Allergen.MILK: "חלב; milk; dairy",
    Allergen.EGGS: "ביצים; ביצה; eggs; egg",
    Allergen.GLUTEN: "חיטה; wheat",
    Allergen.SOY: "סויה; soy; soya",
    Allergen.NUTS: "אגוזים; אגוז; nuts; nut; tree nuts",
    Allergen.PEANUTS: "בוטנים; בוטן; peanuts; peanut",
    Allergen.SESAME: "שומשום; sesame",
    Allergen.FISH: "דגים; דג; fish",
    Allergen.MUSTARD: "חרדל; mustard",
    Allergen.CELERY: "סלרי; celery",
    Allergen.SULPHITES: "סולפיטים; גופרית; sulphites; sulfites; sulphite",
    Allergen.LUPIN: "תורמוס; lupin; lupins",
}


def _by_tokens(table: dict[str, str]) -> dict[tuple[str, ...], str]:
    return {
        tuple(tokens(spelling)): value
        for value, spellings in table.items()
        for spelling in spellings.split(";")
    }


DIETS = _by_tokens(_DIETS)
ALLERGENS = _by_tokens(_ALLERGENS)
MAX_PHRASE = 5  # words of the longest entry above


def starts_with(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    """How many words the longest phrase at the beginning of `words` has, 0 where there is none."""
    return max((len(phrase) for phrase in phrases if words[: len(phrase)] == phrase), default=0)
