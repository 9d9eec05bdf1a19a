"""The few calls of Stripe that localstripe lacks, by a stateful server of our own.

Checkout Sessions in `setup` mode, the customers they are for, and the page where a card is typed.
It is strict: an unknown path is 404, an unknown or missing parameter 400, as Stripe's are.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from payments.tests.fake_stripe_later import Later

WANTED = {"mode", "allowed_payment_method_types[0]", "customer", "success_url", "cancel_url"}
ALLOWED = {*WANTED, "metadata[user_id]"}
BRANDS = {"4": "visa", "5": "mastercard"}


class FakeStripe:
    """What the server remembers. `address` is where it listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.sessions: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.later = Later()
        self.down = False
        self._numbers = itertools.count(1)

    def type_card(self, url: str, number: str) -> str:
        """What a customer does on the page; the address they are sent back to."""
        session = next(s for s in self.sessions.values() if s["url"] == url)
        session["status"] = "complete"
        session["setup_intent"] = {
            "id": f"seti_{next(self._numbers)}",
            "object": "setup_intent",
            "status": "succeeded",
            "payment_method": {
                "id": f"pm_{next(self._numbers)}",
                "object": "payment_method",
                "card": {
                    "brand": BRANDS[number[0]], "last4": number[-4:], "exp_month": 7,
                    "exp_year": 2031,
                },
            },
        }  # fmt: skip
        return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])

    def answer(
        self, method: str, path: str, given: dict[str, str], key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        if self.down:
            return 500, {"error": {"type": "api_error"}}
        later = self.later.answer(method, path, given, key)
        if later is not None:
            return later
        if (method, path) == ("POST", "/v1/customers"):
            name = f"cus_{next(self._numbers)}"
            self.customers[name] = {"id": name, "object": "customer"}
            return 200, self.customers[name]
        if (method, path) == ("POST", "/v1/checkout/sessions"):
            return self._create(given)
        name = path.removeprefix("/v1/checkout/sessions/")
        if method == "GET" and name in self.sessions:
            expanded = given.get("expand[0]") == "setup_intent.payment_method"
            found = dict(self.sessions[name])
            if not expanded and found["setup_intent"] is not None:
                found["setup_intent"] = found["setup_intent"]["id"]
            return 200, found
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}}

    def _create(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if not WANTED <= set(given) <= ALLOWED or given["customer"] not in self.customers:
            return 400, {"error": {"type": "invalid_request_error", "code": "parameter_unknown"}}
        name = f"cs_test_{next(self._numbers)}"
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "mode": given["mode"],
            "status": "open",
            "customer": given["customer"],
            "success_url": given["success_url"],
            "cancel_url": given["cancel_url"],
            "metadata": {"user_id": given.get("metadata[user_id]", "")},
            "setup_intent": None,
            "url": f"{self.address}/pay/{name}",
        }
        return 200, self.sessions[name]


@contextmanager
def running() -> Iterator[FakeStripe]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond("GET", urlsplit(self.path).query)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get_content_type() == "multipart/form-data":
                _head, mark, rest = body.partition(b"%PDF")
                file = (mark + rest).partition(b"\r\n--")[0]
                self._respond("POST", urlencode({"file": file}))
            else:
                self._respond("POST", body.decode())

        def _respond(self, method: str, encoded: str) -> None:
            status, answer = fake.answer(
                method,
                urlsplit(self.path).path,
                dict(parse_qsl(encoded)),
                self.headers.get("Idempotency-Key", ""),
            )
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    fake = FakeStripe(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
