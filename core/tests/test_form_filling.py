"""A finished page's form is filled in, and nothing else of the page is touched."""

from __future__ import annotations

import pytest

from core.form_filling import filled

PAGE = """<p>a &lt; b</p><form action="/other/" method="post"><input name="text"></form>
<details><summary>x</summary>
<form method="post" id="f">
  <input type="hidden" name="row" value="1"><input type="password" name="secret">
  <input name="text" value="old"><input name="text"><input name="fixed" value="1" readonly>
  <textarea name="note" rows="2">
old</textarea><select name="kind"><option value="A" selected>a</option><option>B</option></select>
  <input type="checkbox" name="tick" value="1" checked><input type="radio" name="way" value="x">
  <button formaction="/elsewhere/">go</button>
</form></details><input name="outside" form="f"><form method="get" action="/page/"></form>
"""
TYPED = {
    "text": ["<1>", '"2"'],
    "note": ["</textarea>\nnew"],
    "kind": ["B"],
    "way": ["x"],
    "outside": ["o"],
    "secret": ["never"],
    "row": ["9"],
    "fixed": ["2"],
}


@pytest.mark.parametrize("sent_to", ["/page/", "/elsewhere/"])
def test_every_kind_of_field(sent_to: str) -> None:
    page = filled(PAGE, page="/page/", sent_to=sent_to, typed=TYPED)
    expected = (
        PAGE.replace("<details>", "<details open>")
        .replace('<input name="text" value="old"><input name="text">',
                 '<input name="text" value="&lt;1&gt;"><input name="text" value="&quot;2&quot;">')
        .replace(">\nold</textarea>", ">\n&lt;/textarea&gt;\nnew</textarea>")
        .replace('value="A" selected', 'value="A"').replace("<option>B", "<option selected>B")
        .replace('value="1" checked', 'value="1"').replace('value="x"', 'value="x" checked')
        .replace('name="outside" form="f"', 'name="outside" form="f" value="o"')
    )  # fmt: skip
    assert page == expected


def test_a_page_without_that_form() -> None:
    assert filled(PAGE, page="/another/", sent_to="/page/", typed=TYPED) is None


def test_rows_of_a_list_are_told_apart_by_what_they_hide() -> None:
    row = '<form method="post"><input type="hidden" name="id" value="{}"><input name="t"></form>'
    page = filled(
        row.format(1) + row.format(2), page="/", sent_to="/", typed={"id": ["2"], "t": ["new"]}
    )
    assert page == row.format(1) + row.format(2).replace('name="t"', 'name="t" value="new"')
