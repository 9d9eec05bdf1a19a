"""A word of any length stays in its column, in both directions."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import typst
from django.utils import translation
from django.utils.translation import override
from PIL import Image

from billing import drawing
from billing.wording import words_of

MARGIN = 12 / 210  # of the page's width; the print leaves 16 of 210 mm white
WORDS = {
    "latin": "W" * 120,
    "hebrew": "ש" * 120,
    "with marks": "שָׁ" * 60,
    "mail": "w" * 110 + "@mami.test",
    "digits": "8" * 120,
}


def snapshot(word: str) -> dict[str, Any]:
    row = {
        "kind": "GOODS", "name_he": word, "name_en": word, "sku": "8" * 40, "sold_by": "UNIT",
        "quantity": "2", "unit_price": "59.90", "vat_rate": "18.00", "amount": "119.80",
    }  # fmt: skip
    seller = {f"{name}_{lang}": name for name in ("name", "address") for lang in ("he", "en")}
    return {
        "paper": "CONFIRMATION",
        "number": "MS-7Q2K9D4M",
        "issued_at": "2026-11-29T08:00:00+00:00",
        "seller": {**seller, "number": "51-0000000-0", "phone": "04-855-0101"},
        "buyer": {
            "name": word, "address": word, "city": word, "business_name": word, "vat_id": "",
        },
        "order": {
            "number": "MS-7Q2K9D4M", "placed_at": "2026-11-29T08:00:00+00:00",
            "supplied_on": None, "pickup_branch": word,
        },
        "rows": [row, {**row, "kind": "OFFER", "amount": "-5.00", "quantity": None}],
        "payment": {"brand": "visa", "last4": "4242", "authorized": "119.80"},
        "reason_code": "",
        "reason": "",
        "allocation_number": None,
        "total": "114.80",
        "is_final": False,
        "vat": [{"rate": "18.00", "net": "97.29", "vat": "17.51"}],
        "corrects": None,
    }  # fmt: skip


def margins(words: dict[str, Any]) -> tuple[int, int]:
    """How many pixels of ink stand in the left and the right margin of the first page."""
    compiler = typst.Compiler(
        drawing.FOLDER / "invoice.typ", root=drawing.FOLDER, font_paths=drawing._fonts()
    )
    data = {"data": json.dumps(words, ensure_ascii=False)}
    drawn: Any = compiler.compile(format="png", ppi=72, sys_inputs=data)
    first = drawn[0] if isinstance(drawn, list) else drawn
    page = Image.open(io.BytesIO(first)).convert("L")
    wide = int(page.width * MARGIN)
    left = page.crop((0, 0, wide, page.height))
    right = page.crop((page.width - wide, 0, page.width, page.height))
    return tuple(sum(part.histogram()[:200]) for part in (left, right))  # type: ignore[return-value]


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_a_long_word_is_wrapped(word: str, language: str) -> None:
    with translation.override(language):
        words = words_of(snapshot(word))
    assert sum(margins(words)) > 0  # the control: unbroken, it runs over the page
    assert margins(drawing.breakable(words)) == (0, 0)
    assert drawing.draw(words).startswith(b"%PDF")


def test_words_as_people_write_them_are_left_alone() -> None:
    text = "Vine tomatoes, 1 kg (הדר), \u2066MS-7Q2K9D4M\u2069, 050-123-4567"
    assert drawing.breakable({"rows": [{"name": text}], "date": [2026, 1, 2]}) == {
        "rows": [{"name": text}],
        "date": [2026, 1, 2],
    }
    broken = drawing.breakable("x" * 45)
    assert broken.replace(drawing.BREAK, "") == "x" * 45
    assert max(map(len, broken.split(drawing.BREAK))) == drawing.UNBROKEN


@pytest.mark.parametrize(("language", "said"), [("he", "/ ק״ג"), ("en", "/ kg")])
def test_a_weighed_line_says_that_its_price_is_for_a_kg(language: str, said: str) -> None:
    paper = snapshot("Tomatoes")
    paper["rows"][0]["sold_by"] = "WEIGHT"
    with override(language):
        rows = words_of(paper)["rows"]
    assert rows[0]["cells"][1].endswith(said)
    assert said not in rows[1]["cells"][1]
