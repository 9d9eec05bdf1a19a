"""A visit in a browser without script: pages are asked for, and their forms sent as they were shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from runtime.run.tests.conftest import patience


@dataclass
class Form:
    """Where it goes, and what it would send if nothing was touched."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """The forms of a page. Of a choice in which nothing is chosen, the first that is open is taken."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(told.get("action", ""))
            self.found.append(self._form)
        if self._form is None or "disabled" in told:
            return
        name = told.get("name", "")
        self._form.names.add(name)
        if tag == "input" and name:
            self._input(self._form, name, told)
        elif tag == "textarea":
            self._text = name
            self._form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            value = told.get("value", "")
            if "selected" in told or self._select not in self._form.fields:
                self._form.fields[self._select] = value

    @staticmethod
    def _input(form: Form, name: str, told: dict[str, str]) -> None:
        kind = told.get("type", "text")
        value = told.get("value", "on" if kind == "checkbox" else "")
        if kind == "radio" and "checked" not in told:
            form.fields.setdefault(name, value)
        elif kind in {"radio", "text", "hidden", "email", "tel", "number", "password"} or (
            kind == "checkbox" and "checked" in told
        ):
            form.fields[name] = value

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._text:
            self._form.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""


class PageVisit:
    """Somebody at `url`, with cookies; `page` is the one they are on."""

    def __init__(self, url: str) -> None:
        self.url, self.page = url, requests.Response()
        self._session = requests.Session()
        self._session.headers["Accept-Language"] = "en"

    def go(self, path: str) -> requests.Response:
        self.page = self._session.get(f"{self.url}{path}", timeout=60 * patience())
        return self.page

    def send(self, *, having: str, **typed: str) -> requests.Response:
        """Fill in the form of this page that has the field `having`, and send it."""
        found = [form for form in Forms(self.page.text).found if having in form.names]
        assert found, f"no form with {having} on {self.page.url}: {self.page.text[-500:]}"
        self.page = self._session.post(
            urljoin(self.page.url, found[0].action or self.page.url),
            found[0].fields | typed,
            headers={"Referer": self.page.url},
            timeout=60 * patience(),
        )
        return self.page

    def send_unasked(self, path: str, sent: dict[str, Any]) -> requests.Response:
        """Without a form, as a program that knows no CSRF."""
        return self._session.post(f"{self.url}{path}", sent, timeout=60 * patience())
