"""A walk through a running shop, for the minute after a release: `make smoke URL=https://…`.

Signs in, looks, fills a basket, orders and cancels the order again. Nothing but the address is needed
where the demo people exist; elsewhere SMOKE_EMAIL and SMOKE_PASSWORD name a customer kept for this, whose
basket is emptied, SMOKE_ORIGIN an origin that may call the API, and SMOKE_CARD what pays: a token of the
sandbox's, `saved` for the customer's own default card. Exit code 1 names the step that failed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_SECONDS = 20
SAVED_CARD = "saved"


class Failed(Exception):
    """A step did not go as it must."""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Walk:
    """One visit. Later steps use what earlier ones found."""

    url: str
    token: str = ""
    card: str = field(default_factory=lambda: os.environ.get("SMOKE_CARD", "tok_visa"))
    found: dict[str, Any] = field(default_factory=dict)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """The answer, whatever its status. Raises Failed when there is none."""
        sent = {"Accept": "application/json", "Accept-Language": "en", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/api/v1{path}", data=data, headers=sent, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return _reply(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return _reply(error.code, error.headers, error.read())
        except OSError as error:
            raise Failed(f"no answer from {self.url}: {error}") from error

    def data(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """`data` of a call that must succeed."""
        answer = self.call(method, path, body, **options)
        if not 200 <= answer.status < 300:
            raise Failed(f"{method} {path} answered {answer.status}: {answer.body}")
        return answer.body["data"] if answer.body else None


def _reply(status: int, headers: Any, body: bytes) -> Reply:
    kept = {name.lower(): value for name, value in headers.items()}
    is_json = kept.get("content-type", "").startswith("application/json")
    return Reply(status=status, headers=kept, body=json.loads(body) if is_json and body else None)


def health(walk: Walk) -> str:
    found = walk.data("GET", "/health")
    return f"version {found['version']}"


def login(walk: Walk) -> str:
    email = os.environ.get("SMOKE_EMAIL", "ada@mami.test")
    password = os.environ.get("SMOKE_PASSWORD", "mami-demo-1")
    signed_in = walk.data("POST", "/auth/login", {"email": email, "password": password})
    walk.token = signed_in["access_token"]
    return f"{signed_in['user']['role'].lower()} {signed_in['user']['id']}"


def preflight(walk: Walk) -> str:
    origin = os.environ.get("SMOKE_ORIGIN", "https://stranger.example")
    answer = walk.call(
        "OPTIONS",
        "/checkout/confirm",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key, x-request-id",
        },
    )
    allowed = answer.headers.get("access-control-allow-origin")
    if "SMOKE_ORIGIN" in os.environ and allowed != origin:
        raise Failed(f"{origin} may not call the API")
    if "SMOKE_ORIGIN" not in os.environ and allowed is not None:
        raise Failed("any stranger's page may call the API")
    return "our origin is let in" if allowed else "strangers are kept out"


def search(walk: Walk) -> str:
    answer = walk.call("GET", "/products/search?inStock=true&limit=20&sort=price")
    if answer.status != 200 or not answer.body["data"]:
        raise Failed(f"the shelves are empty ({answer.status})")
    bread = [
        p for p in answer.body["data"] if p["passover"] == "NOT"
    ]  # the first window may be Passover's
    units = [p for p in answer.body["data"] if p["sold_by"] == "UNIT" and p not in bread]
    walk.found["product"] = (units or answer.body["data"])[0]
    return f"{answer.body['pagination']['total']} products"


def basket(walk: Walk) -> str:
    walk.data("DELETE", "/cart")
    product = walk.found["product"]
    body = {"product_id": product["id"], "quantity": product["quantity_step"]}
    return f"₪{walk.data('POST', '/cart/items', body)['total_amount']}"


def preview(walk: Walk) -> str:
    windows = walk.data("GET", "/delivery-slots/available?days=14")
    window = next((w for w in windows if w["is_open"]), None)
    if window is None:
        raise Failed("no delivery window is open for two weeks")
    walk.found["wish"] = {
        "fulfillment_type": "DELIVERY",
        "delivery_slot_id": window["slot_id"],
        "delivery_date": window["date"],
        "address": {"line1": "1 Smoke Street", "city": "Haifa"},
    }
    walk.found["total"] = walk.data("POST", "/checkout/preview", walk.found["wish"])["total"]
    return f"{window['date']} {window['start_time']}, ₪{walk.found['total']}"


def order(walk: Walk) -> str:
    body = {**walk.found["wish"], "expected_total": walk.found["total"]}
    if walk.card != SAVED_CARD:
        body["payment"] = {"provider": "sandbox", "token": walk.card}
    headers = {"Idempotency-Key": f"smoke-{uuid.uuid4().hex}"}
    first = walk.data("POST", "/checkout/confirm", body, headers=headers)
    walk.found["order"], walk.found["number"] = first["order_id"], first["order_number"]
    again = walk.data("POST", "/checkout/confirm", body, headers=headers)
    if again != first:
        raise Failed("the same key was answered differently")
    return str(first["order_number"])


def cancel(walk: Walk) -> str:
    status = str(walk.data("POST", f"/orders/{walk.found['order']}/cancel")["status"])
    walk.found["canceled"] = True
    return status


STEPS: list[Callable[[Walk], str]] = [
    health, login, preflight, search, basket, preview, order, cancel
]  # fmt: skip


def take_back(walk: Walk) -> None:
    """Cancel an order that an interrupted walk has left. Raises Failed with its number."""
    if "number" not in walk.found or walk.found.get("canceled"):
        return
    try:
        cancel(walk)
    except (Failed, KeyError, TypeError, ValueError) as error:
        raise Failed(f"order {walk.found['number']} stands and has to be canceled") from error


def walk_through(url: str) -> bool:
    """Take every step until one fails; a line for each. Whether all went well."""
    walk = Walk(url=url.rstrip("/"))
    for step in STEPS:
        started = time.monotonic()
        try:
            result = step(walk)
        except (Failed, KeyError, TypeError, ValueError) as error:
            print(f"✗ {step.__name__}: {error}")
            return _given_up(walk)
        print(f"✓ {step.__name__:<10} {time.monotonic() - started:5.2f} s  {result}")
    return True


def _given_up(walk: Walk) -> bool:
    try:
        take_back(walk)
    except Failed as error:
        print(f"✗ {error}")
    return False


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith(("http://", "https://")):
        sys.exit("usage: python -m devtools.smoke http://127.0.0.1:8000")
    sys.exit(0 if walk_through(sys.argv[1]) else 1)
