"""What of Stripe happens after the customer has gone: cards kept for later, holds without their
holder and until when they live, contested charges, and the balance. Strict like `FakeStripe`.

The card decides, by its name: `pm_visa` is good, `pm_declined` never; `pm_asks` wants its holder at
the bank; `pm_later_declined` and `pm_later_3ds` verify, and refuse a hold without their holder.
"""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

Answer = tuple[int, dict[str, Any]]
Given = dict[str, str]

CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}
LIVES = 4 * 86_400 + 18 * 3600
"""What a hold lives that its holder did not ask for: four days and eighteen hours."""
INTENT = {
    "amount", "currency", "payment_method", "allowed_payment_method_types[0]", "capture_method",
    "confirm", "return_url", "metadata[order_number]", "metadata[idempotency_key]", "expand[0]",
    "expand[1]", "off_session", "customer", "metadata[user_id]", "metadata[request_id]",
}  # fmt: skip
SETUP = {
    "customer", "payment_method", "allowed_payment_method_types[0]", "usage", "confirm",
    "return_url", "metadata[order_number]", "metadata[idempotency_key]", "expand[0]",
}  # fmt: skip


class Later:
    """Its state. `keys` remembers what was answered under an idempotency key."""

    def __init__(self) -> None:
        self.setups: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.balance: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.keys: dict[str, tuple[Given, Answer]] = {}
        self._numbers = itertools.count(1)

    def answer(self, method: str, path: str, given: Given, key: str = "") -> Answer | None:
        """None for what belongs to somebody else."""
        _v1, _slash, rest = path.removeprefix("/").partition("/")
        kind, _slash, name = rest.partition("/")
        act = getattr(self, f"_{kind}", None)
        if act is None:
            return None
        if method == "POST" and key:
            if key in self.keys:
                before, answered = self.keys[key]
                return answered if before == given else _error("idempotency_error", status=400)
            found = act(method, name, given)
            if found[0] < 500:
                self.keys[key] = (given, found)
            return found
        return act(method, name, given)

    def contest(self, intent: str, amount: int, reason: str = "fraudulent", fee: int = 1500) -> str:
        """A cardholder says that a charge is not theirs; the dispute's name."""
        name, now = f"du_{next(self._numbers)}", int(time.time())
        self.disputes[name] = {
            "id": name, "object": "dispute", "amount": amount, "currency": "ils",
            "payment_intent": intent, "reason": reason, "status": "needs_response",
            "created": now, "evidence_details": {"due_by": now + 7 * 86_400}, "evidence": {},
            "balance_transactions": [{"object": "balance_transaction", "fee": fee}],
        }  # fmt: skip
        return name

    def book(self, category: str, source: dict[str, Any], amount: int, fee: int = 0) -> None:
        """A line of the balance."""
        self.balance.append(
            {
                "id": f"txn_{next(self._numbers)}", "object": "balance_transaction",
                "amount": amount, "fee": fee, "net": amount - fee, "created": int(time.time()),
                "reporting_category": category, "source": source,
            }
        )  # fmt: skip

    def expire(self, intent: str) -> None:
        """The time of a hold is over: Stripe cancels it by itself."""
        self.intents[intent] |= {"status": "canceled", "cancellation_reason": "automatic"}

    def confirm_at_bank(self, setup: str) -> None:
        self.setups[setup] |= {"status": "succeeded", "next_action": None}

    # -- one for each kind of thing -----------------------------------------------------------

    def _setup_intents(self, method: str, name: str, given: Given) -> Answer:
        if method == "POST" and not name:
            return self._verify(given)
        if method == "GET" and not name:
            return _listed(self.setups.values())
        name, _slash, act = name.partition("/")
        found = self.setups.get(name)
        if found is None:
            return _error("resource_missing", status=404)
        if act == "cancel":
            found["status"] = "canceled"
        return 200, _with_card(found, given)

    def _verify(self, given: Given) -> Answer:
        if wrong := _unknown(given, SETUP, {"customer", "payment_method", "usage", "confirm"}):
            return wrong
        card = given["payment_method"]
        if card == "pm_declined":
            return _declined("do_not_honor")
        asks = card == "pm_asks"
        made = _thing(f"seti_{next(self._numbers)}", "setup_intent", given)
        made |= {
            "status": "requires_action" if asks else "succeeded",
            "last_setup_error": None,
            "next_action": {"redirect_to_url": {"url": "https://bank.test/"}} if asks else None,
        }
        self.setups[made["id"]] = made
        return 200, _with_card(made, given)

    def _payment_intents(self, method: str, name: str, given: Given) -> Answer:
        if method == "POST" and not name:
            return self._hold(given)
        if method == "GET" and not name:
            return _listed(self.intents.values())
        name, _slash, act = name.partition("/")
        found = self.intents.get(name)
        if found is None:
            return _error("resource_missing", status=404)
        if act and found["status"] != "requires_capture":
            return _error("payment_intent_unexpected_state", status=400)
        if act == "capture":
            found |= {"status": "succeeded", "amount_received": int(given["amount_to_capture"])}
        elif act == "cancel":
            found["status"] = "canceled"
        return 200, _with_card(found, given)

    def _hold(self, given: Given) -> Answer:
        if wrong := _unknown(given, INTENT, {"amount", "payment_method", "capture_method"}):
            return wrong
        card, alone = given["payment_method"], given.get("off_session") == "true"
        if alone and "customer" not in given:
            return _error("parameter_missing", status=400)
        if card == "pm_declined" or (alone and card == "pm_later_declined"):
            return _declined("expired_card", code="expired_card")
        if alone and card in ("pm_later_3ds", "pm_asks"):
            return _declined("authentication_required", code="authentication_required")
        made = _thing(f"pi_{next(self._numbers)}", "payment_intent", given)
        before = made["created"] + (LIVES if alone else 7 * 86_400)
        made |= {
            "status": "requires_capture",
            "amount": int(given["amount"]),
            "amount_received": 0,
            "last_payment_error": None,
            "next_action": None,
            "latest_charge": {
                "object": "charge",
                "payment_method_details": {"card": {"capture_before": before}},
            },
        }
        self.intents[made["id"]] = made
        return 200, _with_card(made, given)

    def _refunds(self, method: str, name: str, given: Given) -> Answer:
        return _listed(()) if method == "GET" else _error("resource_missing", status=404)

    def _files(self, method: str, name: str, given: Given) -> Answer:
        made = f"file_{next(self._numbers)}"
        self.files[made] = given.get("file", "").encode("latin-1")
        return 200, {"id": made, "object": "file", "purpose": given.get("purpose", "")}

    def _disputes(self, method: str, name: str, given: Given) -> Answer:
        if method == "GET" and not name:
            since = int(given.get("created[gte]", 0))
            return _listed(one for one in self.disputes.values() if one["created"] >= since)
        name, _slash, act = name.partition("/")
        found = self.disputes.get(name)
        if found is None:
            return _error("resource_missing", status=404)
        if found["status"] != "needs_response":
            return _error("dispute_already_closed", status=400)
        if act == "close":
            found["status"] = "lost"
        else:
            file = given.get("evidence[uncategorized_file]", "")
            if given.get("submit") != "true" or file not in self.files:
                return _error("parameter_missing", status=400)
            found["evidence"] = {"text": given["evidence[uncategorized_text]"], "file": file}
            found["status"] = "under_review"
        return 200, found

    def _balance_transactions(self, method: str, name: str, given: Given) -> Answer:
        start, end = int(given["created[gte]"]), int(given["created[lt]"])
        if given.get("expand[0]") != "data.source":
            return _error("parameter_missing", status=400)
        return _listed(one for one in self.balance if start <= one["created"] < end)


def _thing(name: str, kind: str, given: Given) -> dict[str, Any]:
    return {
        "id": name,
        "object": kind,
        "created": int(time.time()),
        "customer": given.get("customer"),
        "payment_method": given["payment_method"],
        "metadata": {"idempotency_key": given.get("metadata[idempotency_key]", "")},
    }


def _with_card(found: dict[str, Any], given: Given) -> dict[str, Any]:
    """The card is told in full only to those who ask for it."""
    told = json.loads(json.dumps(found))
    if "payment_method" in given.values():
        told["payment_method"] = {
            "id": found["payment_method"], "object": "payment_method", "card": CARD,
        }  # fmt: skip
    return told


def _unknown(given: Given, allowed: set[str], wanted: set[str]) -> Answer | None:
    strange = set(given) - allowed
    if strange or not wanted <= set(given):
        return _error(f"parameter_unknown {sorted(strange)}", status=400)
    return None


def _declined(decline: str, *, code: str = "card_declined") -> Answer:
    error = {"type": "card_error", "code": code, "decline_code": decline}
    return 402, {"error": error}


def _error(code: str, *, status: int) -> Answer:
    kind = code if code == "idempotency_error" else "invalid_request_error"
    return status, {"error": {"type": kind, "code": code}}


def _listed(found: Any) -> Answer:
    return 200, {"object": "list", "data": list(found), "has_more": False, "url": "/"}
