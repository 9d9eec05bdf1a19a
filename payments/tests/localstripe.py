"""localstripe, a stateful fake of Stripe's API, on a free port; and its dialect.

Our adapter speaks Stripe's language. localstripe lacks a part of it, so requests and answers are
bridged here, in the tests, and nowhere in the shop: parameters it does not know are left out, and
what it does not tell (`amount_received`) is worked out from what it does. It forgets idempotency
keys altogether; that gap is left open on purpose.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
import stripe

SECRET_KEY = "sk_test_of_the_tests"
UNKNOWN = ("return_url", "setup_future_usage", "allowed_payment_method_types", "created[")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A fresh localstripe; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "localstripe.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait_for(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "localstripe did not start"
        try:
            requests.get(f"{address}/v1/charges", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("localstripe does not answer")


class Dialect(stripe.RequestsClient):
    """The SDK's HTTP client, bridging to localstripe. `requests` counts what was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: list[tuple[str, str]] = []
        self.lose_answers = 0
        self.kept: set[str] = set()
        self.lives = 7 * 24 * 3600

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> Any:
        self.sent.append((method, urlsplit(url).path))
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(query=_known(parts.query)))
        data = _known(post_data) if post_data else post_data
        body, status, answer_headers = super().request(method, url, headers, data)
        if self.lose_answers:
            self.lose_answers -= 1
            raise stripe.APIConnectionError("lost") from requests.exceptions.ReadTimeout()
        if post_data and "setup_future_usage" in post_data and status == 200:
            self.kept.add(json.loads(body)["id"])
        return self._complete(body, status, headers), status, answer_headers

    def _complete(self, body: Any, status: int, headers: Any) -> Any:
        answer = json.loads(body)
        if status != 200 or answer.get("object") != "payment_intent":
            return body
        received = 0
        if answer["status"] == "succeeded":
            received = answer["amount"] - self._let_go(answer["id"], headers)
        answer["amount_received"] = received
        self._tell_the_end(answer)
        if answer["id"] in self.kept:
            answer["setup_future_usage"] = "off_session"
        return json.dumps(answer)

    def _tell_the_end(self, answer: Any) -> None:
        """localstripe does not say until when a hold lives; `lives` seconds, here."""
        charge = answer.get("latest_charge")
        if isinstance(charge, dict) and answer["status"] == "requires_capture":
            card = charge.setdefault("payment_method_details", {}).setdefault("card", {})
            card["capture_before"] = int(time.time() + self.lives)

    def _let_go(self, reference: str, headers: Any) -> int:
        """localstripe writes what a partial capture lets go as a refund without our key."""
        url = f"{self.address}/v1/refunds?payment_intent={reference}"
        found = requests.get(url, headers=headers, timeout=5).json()["data"]
        return sum(refund["amount"] for refund in found if not refund["metadata"])

    address = ""


def _known(encoded: str) -> str:
    pairs = parse_qsl(encoded, keep_blank_values=True)
    return urlencode([(key, value) for key, value in pairs if not key.startswith(UNKNOWN)])


def payment_method(address: str, number: str = "4242424242424242") -> str:
    """A card as Stripe's own form would hand it in: its token."""
    answer = requests.post(
        f"{address}/v1/payment_methods",
        auth=(SECRET_KEY, ""),
        timeout=5,
        json={
            "type": "card",
            "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"},
        },
    )
    answer.raise_for_status()
    return answer.json()["id"]


def authenticate(address: str, reference: str, *, success: bool) -> None:
    """What the cardholder does at their bank."""
    url = f"{address}/v1/payment_intents/{reference}"
    secret = requests.get(url, auth=(SECRET_KEY, ""), timeout=5).json()["client_secret"]
    answer = requests.post(
        f"{url}/_authenticate",
        auth=(SECRET_KEY, ""),
        timeout=5,
        json={"client_secret": secret, "success": success},
    )
    answer.raise_for_status()


def send_news_to(address: str, url: str, secret: str) -> None:
    """Let localstripe post its signed events to `url`, about a second after they happen."""
    answer = requests.post(
        f"{address}/_config/webhooks/shop", json={"url": url, "secret": secret}, timeout=5
    )
    answer.raise_for_status()
