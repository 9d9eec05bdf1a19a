"""Words that shoppers use for one another. Kept short: only what the shelves really hold."""

from __future__ import annotations

GROUPS = (
    ("nappies", "diapers"),
    ("aubergine", "eggplant"),
    ("courgette", "courgettes", "zucchini"),
    ("coriander", "cilantro"),
    ("crisps", "chips"),
    ("biscuits", "cookies"),
    ("yogurt", "yoghurt"),
    ("rocket", "arugula"),
    ("minced", "mince", "ground"),
    ("sweets", "candy"),
    ("bin", "trash", "garbage", "rubbish"),
    ("dishwashing", "dish", "dishes"),
    ("sparkling", "fizzy"),
    ("beetroot", "beet", "beets"),
    ("spring", "scallions"),
    ("אשפה", "זבל"),
    ("נמס", "נס"),
    ("גמבה", "פלפל"),
    ("סבון", "נוזל"),
    ("קולה", "קוקה"),
    ("המבורגר", "בורגר"),
    ("בטטה", "בטטות"),
    ("סודה", "מוגז"),
    ("חלווה", "חלבה"),
    ("קרקר", "קרקרים"),
    ("פסטה", "מקרוני"),
)
PHRASES = {
    "תפוד": "תפוחי אדמה",
    "תפוא": "תפוחי אדמה",
    "נסקפה": "קפה נמס",
    "רולים": "נייר טואלט",
}
