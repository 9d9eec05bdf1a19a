"""Every list of the shop, and every way to ask it: the links, forms and parameters it offers itself."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from core import clock

NUMBER = "MS-0000004D"
TEXTS = (
    NUMBER, "ms-00001", "c77@bench.test", "050-0000077", "Levi", "חלב", "B-77", "2700000000077", "zzqxv", "חל",
)  # fmt: skip
MOST_LINKS = 20  # of one page


class Offers(HTMLParser):
    """The addresses of the same page that a page leads to: its links, and each value of its GET forms."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found = path, dict[str, None]()
        self.texts = dict[str, None]()
        self._select, self._asks = "", False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        has = dict(attrs)
        target = has.get("href") or has.get("hx-get")
        if target:
            address = urlsplit(urljoin(self.path, target))
            if address.path == self.path and address.query:
                self._offer(parse_qsl(address.query, keep_blank_values=True))
        if tag == "form":
            action = urlsplit(urljoin(self.path, has.get("action") or self.path)).path
            self._asks = has.get("method", "get").lower() == "get" and action == self.path
        elif self._asks and tag == "select":
            self._select = has.get("name") or ""
        elif self._asks and tag == "option" and self._select and has.get("value"):
            self._offer([(self._select, has["value"])])
        elif self._asks and tag == "input" and has.get("name"):
            self._input(has)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._asks = False

    def _input(self, has: dict[str, Any]) -> None:
        kind = has.get("type") or "text"
        if kind in {"checkbox", "radio"}:
            self._offer([(has["name"], has.get("value") or "on")])
        elif kind in {"text", "search"}:
            self.texts[has["name"]] = None
        elif kind == "date":
            self._offer([(has["name"], clock.now().date().isoformat())])
        elif kind == "number":
            self._offer([(has["name"], "20")])

    def _offer(self, pairs: list[tuple[str, str]]) -> None:
        self.found[f"{self.path}?{urlencode(pairs)}"] = None


def offered(path: str, body: str) -> Iterator[str]:
    """Addresses of a page's own filters, orders, pages and searches."""
    offers = Offers(path)
    offers.feed(body)
    shown = list(offers.found)
    # Of very many values of one filter, some from its whole length.
    yield from shown[:: max(1, -(-len(shown) // MOST_LINKS))]
    for name in offers.texts:
        for text in TEXTS:
            yield f"{path}?{urlencode({name: text})}"
