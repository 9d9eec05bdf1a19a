"""Templates keep to the content security policy, and forms to theirs."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.architecture.project import ROOT, files, short

TEMPLATES = [path for path in files() if path.suffix == ".html" and "templates" in path.parts]
PAGES = [path for path in TEMPLATES if "notifications" not in path.parts]  # mail has its own ways
COMMENTS = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.S)

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "a style block": re.compile(r"<style\b", re.I),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "an hx-on handler": re.compile(r"\shx-on\b", re.I),
    "evaluated htmx": re.compile(r"\bhx-(vals|vars|headers)\s*=\s*[\"']js:", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "something from another host": re.compile(
        r"(src|href|action)\s*=\s*[\"'](https?:)?//(?!www\.w3)", re.I
    ),
    "output that is not escaped": re.compile(r"\|\s*safe\b|\{%\s*autoescape off"),
}
WIDEST_LINE = 160
# So many lines alike, with so many characters, are one thing written twice.
ALIKE_LINES, ALIKE_CHARACTERS = 8, 150
INLINE_SCRIPT = re.compile(
    r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type=[\"']application/(ld\+)?json)", re.I
)
BLOCK_ELEMENT = re.compile(
    r"<(?:article|aside|div|dl|fieldset|footer|form|h[1-6]|header|li|main|nav|ol|p|section|table"
    r"|tbody|td|tfoot|th|thead|tr|ul)\b"
)
STATIC = re.compile(r"\{% static [\"']([^\"']+)[\"']")
POSTING = re.compile(r"<form\b[^>]*method=[\"']post[\"'][^>]*>(.*?)</form>", re.I | re.S)


def body(path: Path) -> str:
    return COMMENTS.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_do_without(what: str) -> None:
    found = [short(path) for path in PAGES if FORBIDDEN[what].search(body(path))]
    assert not found


def test_lines_are_short_enough_to_read() -> None:
    wide = [
        f"{short(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > WIDEST_LINE
    ]
    assert not wide, "one element a line"


def test_block_elements_have_lines_of_their_own() -> None:
    """Two of them on one line are the beginning of a line nobody reads."""
    crowded = [
        f"{short(path)}:{number}"
        for path in PAGES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(BLOCK_ELEMENT.findall(line)) > 1
    ]
    assert not crowded


def test_what_is_used_twice_is_a_part() -> None:
    """The same lines in two templates belong into one that both include."""
    found: dict[tuple[str, ...], set[str]] = {}
    for path in PAGES:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        lines = [line for line in lines if line]
        for start in range(len(lines) - ALIKE_LINES + 1):
            alike = tuple(lines[start : start + ALIKE_LINES])
            if sum(map(len, alike)) >= ALIKE_CHARACTERS:
                found.setdefault(alike, set()).add(short(path))
    assert not {names for names in map(frozenset, found.values()) if len(names) > 1}


def test_scripts_are_files() -> None:
    assert not [short(path) for path in TEMPLATES if INLINE_SCRIPT.search(body(path))]


def test_forms_that_change_something_carry_their_token() -> None:
    bare = [
        short(path)
        for path in TEMPLATES
        for form in POSTING.findall(body(path))
        if "csrf_token" not in form and "{% include" not in form
    ]
    assert not bare


def test_every_file_that_a_page_names_is_there() -> None:
    """Where files are collected under other names, a page that names none of them breaks."""
    gone = {
        f"{short(path)}: {name}"
        for path in TEMPLATES
        for name in STATIC.findall(body(path))
        if finders.find(name) is None
    }
    assert not gone


def test_pages_are_written_for_both_directions() -> None:
    """Left and right are for one language only; the style sheet says start and end."""
    one_sided = re.compile(
        r"(margin|padding|border)-(left|right)\b|text-align:\s*(left|right)\b|float:\s*(left|right)"
    )
    found = [
        f"{short(path)}:{number}"
        for path in files()
        if path.suffix == ".css" and path.is_relative_to(ROOT / "static")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if one_sided.search(line)
    ]
    assert not found


def test_an_arrow_points_the_way_of_its_language() -> None:
    """A written one points to the right; in Hebrew that is backward. An icon turns with `flip`."""
    written = [
        f"{short(path)}: {line.strip()}"
        for path in files()
        if path.suffix in (".html", ".txt") and "templates" in path.parts
        for line in body(path).splitlines()
        if re.search("[→←]", line) and '<bdi dir="ltr"' not in line
    ]
    assert not written, "\n".join(written)


def test_words_in_templates_can_be_translated() -> None:
    """Letters outside tags and template tags are words nobody translates."""
    template_tags = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
    tags = re.compile(r"<[^>]*>|&#?\w+;", re.S)
    blocks = re.compile(r"\{%\s*blocktrans(late)?\b.*?\{%\s*endblocktrans(late)?\s*%\}", re.S)
    skipped = re.compile(r"<(script|title|code|bdi)\b.*?</\1>", re.S | re.I)
    bare = {}
    classes = re.compile(r"\{%\s*block \w*(?:class|coltype)\w*\s*%\}.*?\{%\s*endblock", re.S)
    for path in PAGES:
        if _language(path):
            continue
        text = classes.sub(" ", blocks.sub(" ", body(path)))
        text = tags.sub(" ", skipped.sub(" ", template_tags.sub("", text)))
        words = re.findall(r"[A-Za-z\u05d0-\u05ea]{2,}", text)
        if words := [word for word in words if word not in KNOWN_TO_ALL]:
            bare[short(path)] = words[:5]
    assert not bare


def test_pages_written_out_exist_in_both_languages() -> None:
    written = {short(path) for path in PAGES if _language(path)}
    assert written
    for path in written:
        assert path.replace(".he.html", ".en.html") in written
        assert path.replace(".en.html", ".he.html") in written


def _language(path: Path) -> str:
    """Of a page that is written out in one language, such as `privacy.he.html`."""
    parts = path.name.split(".")
    return parts[-2] if len(parts) >= 3 and parts[-2] in {"he", "en"} else ""


KNOWN_TO_ALL = {"Mami", "doctype", "עברית", "English", "עב", "EN", "PDF", "CVV", "SKU"}
