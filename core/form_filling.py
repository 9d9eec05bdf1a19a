"""Filling a form of a finished page with what somebody typed into it before.

Written values are all that changes: everything else of the page stays to the letter. Hidden fields,
passwords and files are never filled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.utils.html import escape

Typed = Mapping[str, Sequence[str]]
Attributes = dict[str, str | None]
CONTAINERS = frozenset({"textarea", "select", "option", "details"})
UNFILLED = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
TICKED = frozenset({"checkbox", "radio"})


@dataclass(kw_only=True)
class Control:
    """A field of a form, or an option of one, and where it stands in the page."""

    kind: str
    attributes: Attributes
    start: int
    end: int
    text: str = ""
    text_end: int = 0
    options: list[Control] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def is_fixed(self) -> bool:
        """Whether nobody can change it."""
        return not {"disabled", "readonly"}.isdisjoint(self.attributes)

    @property
    def value(self) -> str:
        """What it sends when it is chosen or hidden."""
        given = self.attributes.get("value")
        if given is None:
            return "on" if self.kind in TICKED else self.text.strip()
        return given


@dataclass(kw_only=True)
class Form:
    """A form of a page, with the addresses that it or one of its controls sends to."""

    id: str = ""
    targets: list[str] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    folds: list[Control] = field(default_factory=list)

    def sends_to(self, path: str, *, page: str) -> bool:
        return any(urlsplit(urljoin(page, target)).path == path for target in self.targets)

    def likeness(self, typed: Typed) -> int:
        """How many hidden fields are as they were sent: tells rows of a list apart."""
        hidden = (one for one in self.controls if one.kind == "hidden")
        return sum(one.value in typed.get(one.name, ()) for one in hidden)


def forms_of(html: str) -> list[Form]:
    """The forms of a page, as they stand in it."""
    return _Reader(html).forms()


def filled(html: str, *, page: str, sent_to: str, typed: Typed) -> str | None:
    """The page with its form that sends to `sent_to` filled in; None when it has none."""
    fitting = [form for form in forms_of(html) if form.sends_to(sent_to, page=page)]
    if not fitting:
        return None
    form = max(fitting, key=lambda one: one.likeness(typed))
    edits = [edit for fold in form.folds for edit in _tag(fold, "open", on=True)]
    used: dict[str, int] = defaultdict(int)
    for control in form.controls:
        if control.kind in UNFILLED or not control.name or control.is_fixed:
            continue
        given = typed.get(control.name, ())
        if control.kind in TICKED:
            edits += _tag(control, "checked", on=control.value in given)
        elif control.kind == "select":
            edits += _chosen(control, given)
        elif used[control.name] < len(given):
            edits += _written(control, given[used[control.name]])
            used[control.name] += 1
    return _edited(html, edits)


Edit = tuple[int, int, str]


def _edited(html: str, edits: list[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return html


def _written(control: Control, value: str) -> list[Edit]:
    if control.kind == "textarea":
        return [(control.end, control.text_end, "\n" + escape(value))]
    return [_rewritten(control, {**control.attributes, "value": value})]


def _chosen(control: Control, given: Sequence[str]) -> list[Edit]:
    if not set(given) & {option.value for option in control.options}:
        return []  # that choice is gone
    return [
        edit
        for option in control.options
        for edit in _tag(option, "selected", on=option.value in given)
    ]


def _tag(control: Control, flag: str, *, on: bool) -> list[Edit]:
    """The tag with an attribute without value, or without it."""
    if on == (flag in control.attributes):
        return []
    others = {name: value for name, value in control.attributes.items() if name != flag}
    return [_rewritten(control, {**others, flag: None} if on else others)]


def _rewritten(control: Control, attributes: Attributes) -> Edit:
    tag = control.kind if control.kind in CONTAINERS else "input"
    words = [
        name if value is None else f'{name}="{escape(value)}"' for name, value in attributes.items()
    ]
    return control.start, control.end, f"<{' '.join([tag, *words])}>"


class _Reader(HTMLParser):
    """Finds the forms of a page that send something, and their controls."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._found: list[Form] = []
        self._form: Form | None = None
        self._folds: list[Control] = []
        self._open: Control | None = None  # a textarea or an option, whose text is read
        self._select: Control | None = None
        self._elsewhere: list[tuple[str, Control]] = []  # controls that name their form
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    def forms(self) -> list[Form]:
        by_id = {form.id: form for form in self._found if form.id}
        for name, control in self._elsewhere:
            if form := by_id.get(name):
                self._join(form, control)
        return self._found

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _control(self, kind: str, attributes: Attributes) -> Control:
        start = self._here()
        end = start + len(self.get_starttag_text() or "")
        return Control(kind=kind, attributes=attributes, start=start, end=end)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self._begin(attributes)
        elif tag == "details":
            self._folds.append(self._control("details", attributes))
        elif tag == "option" and self._select is not None:
            self._open = self._control("option", attributes)
            self._select.options.append(self._open)
        elif tag in ("input", "textarea", "select", "button"):
            kind = (attributes.get("type") or "text").lower() if tag == "input" else tag
            control = self._control(kind, attributes)
            self._open = control if tag == "textarea" else None
            self._select = control if tag == "select" else None
            self._place(control)

    def _begin(self, attributes: Attributes) -> None:
        self._form = Form(id=attributes.get("id") or "", folds=list(self._folds))
        if (attributes.get("method") or "get").lower() == "post":
            self._form.targets.append(attributes.get("action") or "")
        if sent := attributes.get("hx-post"):
            self._form.targets.append(sent)
        self._found.append(self._form)

    def _place(self, control: Control) -> None:
        if named := control.attributes.get("form"):
            self._elsewhere.append((named, control))
        elif self._form is not None:
            self._join(self._form, control)

    def _join(self, form: Form, control: Control) -> None:
        form.controls.append(control)
        for name in ("formaction", "hx-post"):
            if sent := control.attributes.get(name):
                form.targets.append(sent)

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "details" and self._folds:
            self._folds.pop()
        elif tag == "textarea" and self._open is not None:
            self._open.text_end, self._open = self._here(), None
        elif tag == "option":
            self._open = None
        elif tag == "select":
            self._select = self._open = None
