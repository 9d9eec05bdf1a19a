"""Catalogues are compiled without GNU gettext, and only when they changed."""

import gettext
import os
from pathlib import Path

import pytest

from devtools import translations

PO = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Language: he\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "To the basket"
msgstr "לסל"

msgctxt "verb"
msgid "Order"
msgstr "להזמין"

msgid "%(count)d item"
msgid_plural "%(count)d items"
msgstr[0] "פריט אחד"
msgstr[1] "%(count)d פריטים"

#, fuzzy
msgid "Half sure"
msgstr "אולי"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "cart" / "locale" / "he" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO, encoding="utf-8")
    (tmp_path / "cart" / "__init__.py").touch()
    return tmp_path


def test_compiled_messages_are_what_gettext_reads(project: Path) -> None:
    (written,) = translations.compile_changed(project)
    with written.open("rb") as compiled:
        hebrew = gettext.GNUTranslations(compiled)
    assert hebrew.gettext("To the basket") == "לסל"
    assert hebrew.pgettext("verb", "Order") == "להזמין"
    assert hebrew.ngettext("%(count)d item", "%(count)d items", 3) == "%(count)d פריטים"
    assert hebrew.gettext("Half sure") == "Half sure"


def test_only_what_changed_is_compiled_again(project: Path) -> None:
    (written,) = translations.compile_changed(project)
    assert translations.compile_changed(project) == []
    later = written.stat().st_mtime_ns + 1_000_000_000
    os.utime(written.with_suffix(".po"), ns=(later, later))
    assert translations.compile_changed(project) == [written]
    assert [path.name for path in written.parent.iterdir()].count("django.mo") == 1
    assert len(list(written.parent.iterdir())) == 2


def test_a_broken_catalogue_is_named(project: Path) -> None:
    broken = project / "cart" / "locale" / "he" / "LC_MESSAGES" / "django.po"
    broken.write_text('msgid "a"\nno quotation marks\n', encoding="utf-8")
    with pytest.raises(translations.CatalogueError, match=r"django\.po cannot be read"):
        translations.compile_changed(project)


def test_messages_without_hebrew_are_found_in_code_and_templates(project: Path) -> None:
    (project / "cart" / "views.py").write_text(
        'title = _("To the basket")\nother = pgettext("verb", "Order")\n'
        'new = ngettext("%(n)d line", "%(n)d lines", n)\nunsure = gettext_lazy("Half sure")\n'
    )
    pages = project / "templates" / "cart"
    pages.mkdir(parents=True)
    (pages / "page.html").write_text(
        "{% load i18n %}{% translate 'To the basket' %}"
        "{% blocktranslate count n=n %}{{ count }} bag{% plural %}bags{% endblocktranslate %}"
        "{% blocktranslate trimmed %}\n  Two\n  lines\n{% endblocktranslate %}"
    )
    assert translations.missing(project) == {
        ("", "%(n)d line"): "cart/views.py:3",
        ("", "Half sure"): "cart/views.py:4",
        ("", "%(count)s bag"): "templates/cart/page.html:1",
        ("", "Two lines"): "templates/cart/page.html:1",
    }
