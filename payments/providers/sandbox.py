"""A payment provider to shop with before there is a real one. No money moves.

It behaves as a remote service does: books of its own, idempotency keys, time to answer, and answers
that get lost. Tokens: `tok_visa` and `tok_mastercard` hold the money, `tok_declined` declines,
`tok_slow` holds after 3 seconds, `tok_timeout` holds but the answer is lost, `tok_unreachable`
fails before anything happens, `tok_3ds` holds once the cardholder has said yes at the "bank".
`tok_short` holds for ten seconds. Two are good when they are checked and kept, and make trouble when
money is asked for later: `tok_later_declined` is declined, `tok_later_3ds` wants its cardholder.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

from django.conf import settings

from core.money import HUNDRED, shekels
from payments.provider import (
    ActionRequired,
    Authorised,
    Card,
    Declined,
    HoldStatus,
    KeptCard,
    ProviderRefused,
    ProviderState,
    ProviderTimeout,
    ProviderUnreachable,
)
from payments.providers.sandbox_acts import (
    CARDS,
    CHALLENGED,
    DECLINED,
    DISPUTED,
    SLOW_SECONDS,
    agorot,
    bank_url,
    digest,
    enter,
    find_hold,
    instant,
    shekels_of,
    waiting,
    write_check,
    write_hold,
)
from payments.providers.sandbox_disputes import MARK, SandboxDisputes, contest
from payments.providers.sandbox_ledger import (
    Answer,
    KeyReused,
    Ledger,
    end_challenge,
    end_verification,
    expire_due,
)

KEPT, EXPIRED = "kept", "expired"


class Weather(enum.StrEnum):
    """How the provider behaves towards everybody, for drills."""

    FINE = ""
    HANG = "hang"  # never answers, does nothing
    RESET = "reset"  # does it, then drops the connection
    LATE = "late"  # does it, answers after everybody gave up
    ERROR = "error"  # answers 500, does nothing
    GARBAGE = "garbage"  # does it, answers something unreadable
    DOWN = "down"  # refuses connections


DEEDLESS = frozenset({Weather.HANG, Weather.ERROR})


class Sandbox(SandboxDisputes):
    """The provider port over the sandbox's own ledger.

    `sleep` and `clock` may be given, so that tests wait for nothing.
    """

    name = "sandbox"

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sleep = sleep
        self._clock = clock

    @property
    def ledger(self) -> Ledger:
        return Ledger(settings.SANDBOX_LEDGER, clock=self._clock)

    def authorize(
        self,
        *,
        amount: Decimal,
        token: str,
        idempotency_key: str,
        metadata: Mapping[str, str],
        keep_for: int | None = None,
        off_session: bool = False,
    ) -> Authorised:
        if token == "tok_unreachable":
            raise ProviderUnreachable("no route", isolated=True)
        details = (f"{name}={metadata[name]}" for name in sorted(metadata))
        kind = "AUTHORIZE_LATER" if off_session else "AUTHORIZE"
        body = digest(kind, agorot(amount), token, *details)

        told = metadata if keep_for is None else {**metadata, KEPT: token}
        if token in DISPUTED:
            told = {**told, MARK: token}

        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            if off_session and token in CHALLENGED:
                reason = "authentication_required"
            else:
                reason = DECLINED.get(token, "")
            return write_hold(
                books, ready_at, amount, token, idempotency_key, told, self._clock(), reason
            )

        answer = self._ask(
            key=idempotency_key,
            body=body,
            act=act,
            latency=SLOW_SECONDS if token == "tok_slow" else 0.0,
            lost=token == "tok_timeout",
        )
        if reason := answer.get("declined"):
            raise Declined(reason)
        if answer.get("action"):
            return self._after_challenge(answer["reference"], amount)
        card = CARDS[token]
        return Authorised(
            reference=answer["reference"],
            amount=amount,
            card=card,
            kept=KeptCard(token=token, card=card) if keep_for is not None else None,
            expires_at=instant(answer.get("expires_at")),
        )

    def verify(
        self, *, token: str, user_id: int, idempotency_key: str, metadata: Mapping[str, str]
    ) -> KeptCard:
        if token == "tok_unreachable":
            raise ProviderUnreachable("no route", isolated=True)

        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            return write_check(books, token, idempotency_key, metadata, self._clock())

        answer = self._ask(
            key=idempotency_key,
            body=digest("VERIFY", token),
            act=act,
            latency=SLOW_SECONDS if token == "tok_slow" else 0.0,
            lost=token == "tok_timeout",
        )
        row = self.ledger.verification(reference=answer["reference"])
        status = row["status"] if row is not None else HoldStatus.DECLINED
        if status == HoldStatus.ACTION_REQUIRED:
            url = bank_url(answer["reference"])
            raise ActionRequired(reference=answer["reference"], redirect_url=url)
        if row is None or status != HoldStatus.HELD:
            raise Declined(row["reason"] if row is not None else "")
        return KeptCard(token=token, card=CARDS[token])

    def find_verified(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        self._pass_through()
        row = self.ledger.verification(key=idempotency_key, reference=reference)
        if row is None:
            return None
        waits = row["status"] == HoldStatus.ACTION_REQUIRED
        card = CARDS.get(row["token"], Card())
        return ProviderState(
            reference=row["reference"],
            status=HoldStatus(row["status"]),
            authorized=Decimal("0.00"),
            captured=Decimal("0.00"),
            refunds={},
            card=card,
            reason=row["reason"],
            redirect_url=bank_url(row["reference"]) if waits else "",
            kept=KeptCard(token=row["token"], card=card),
        )

    def find(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        self._pass_through()
        ledger = self.ledger
        row = ledger.challenge(key=idempotency_key, reference=reference)
        if row is not None:
            return waiting(row)
        row = ledger.hold(key=idempotency_key, reference=reference)
        return self._state(row) if row is not None else None

    def capture(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            expire_due(books, self._clock())
            row = find_hold(books, reference)
            if row is None or row["status"] != HoldStatus.HELD:
                gone = row is not None and row["reason"] == EXPIRED
                return {"refused": EXPIRED if gone else "not_held"}
            if agorot(amount) > row["amount"]:
                return {"refused": "capture_exceeds_hold"}
            books.execute(
                "UPDATE holds SET status = 'CAPTURED', captured = ? WHERE reference = ?",
                [agorot(amount), reference],
            )
            enter(books, reference, "CAPTURE", amount, idempotency_key, self._clock())
            contest(books, row, agorot(amount), self._clock())
            return {}

        self._act("CAPTURE", reference, amount, idempotency_key, act)

    def void(self, *, reference: str, idempotency_key: str) -> None:
        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            if end_challenge(books, reference, HoldStatus.VOIDED, "", self._clock()):
                return {}
            if end_verification(books, reference, HoldStatus.VOIDED, ""):
                return {}
            expire_due(books, self._clock())
            row = find_hold(books, reference)
            if row is None or row["status"] != HoldStatus.HELD:
                return {"refused": "not_held"}
            books.execute("UPDATE holds SET status = 'VOIDED' WHERE reference = ?", [reference])
            amount = shekels(Decimal(row["amount"]) / HUNDRED)
            enter(books, reference, "VOID", amount, idempotency_key, self._clock())
            return {}

        self._act("VOID", reference, Decimal(0), idempotency_key, act)

    def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            row = find_hold(books, reference)
            if row is None or row["status"] != HoldStatus.CAPTURED:
                return {"refused": "not_captured"}
            if row["refunded"] + agorot(amount) > row["captured"]:
                return {"refused": "refund_exceeds_capture"}
            books.execute(
                "UPDATE holds SET refunded = refunded + ? WHERE reference = ?",
                [agorot(amount), reference],
            )
            enter(books, reference, "REFUND", amount, idempotency_key, self._clock())
            return {}

        self._act("REFUND", reference, amount, idempotency_key, act)

    def keep(self, *, token: str, user_id: int) -> KeptCard:
        self._pass_through()
        if token not in CARDS:
            raise ProviderRefused("unknown_token")
        return KeptCard(token=token, card=CARDS[token])

    def forget(self, *, token: str) -> None:
        """Its cards belong to everybody."""

    def begin_card(self, *, user_id: int, return_url: str, cancel_url: str) -> str:
        raise ProviderRefused("no_card_page")

    def finish_card(self, *, user_id: int, session: str) -> KeptCard:
        raise ProviderRefused("no_card_page")

    def decide(self, *, reference: str, yes: bool) -> bool:
        """What the cardholder says at their bank; False when nobody waits for it (any more)."""
        status = HoldStatus.HELD if yes else HoldStatus.DECLINED
        reason = "" if yes else "authentication_failed"
        if self.ledger.verification(reference=reference) is not None:
            return self.ledger.end_verification(reference=reference, status=status, reason=reason)
        return self.ledger.end_challenge(
            reference=reference,
            status=status,
            reason=reason,
            lasts=settings.SANDBOX_HOLD_HOURS * 3600 if yes else 0.0,
        )

    # -- how it answers ---------------------------------------------------------------------

    def _after_challenge(self, reference: str, amount: Decimal) -> Authorised:
        """What asking again with the key of a challenge is answered: what became of it."""
        if self.ledger.challenge(reference=reference) is not None:
            raise ActionRequired(reference=reference, redirect_url=bank_url(reference))
        row = self.ledger.hold(reference=reference)
        if row is None or row["status"] != HoldStatus.HELD:
            raise Declined(row["reason"] if row is not None else "")
        return Authorised(
            reference=reference,
            amount=amount,
            card=Card(brand=row["brand"], last4=row["last4"]),
            expires_at=instant(row["expires_at"]),
        )

    def _act(
        self,
        kind: str,
        reference: str,
        amount: Decimal,
        key: str,
        act: Callable[[sqlite3.Connection, float], Answer],
    ) -> None:
        answer = self._ask(key=key, body=digest(kind, agorot(amount), reference), act=act)
        if code := answer.get("refused"):
            raise ProviderRefused(code)

    def _ask(
        self,
        *,
        key: str,
        body: str,
        act: Callable[[sqlite3.Connection, float], Answer],
        latency: float = 0.0,
        lost: bool = False,
    ) -> Answer:
        """Do it once, take the time it takes, and answer unless the weather forbids."""
        weather, base = self._weather()
        if weather is Weather.DOWN:
            raise ProviderUnreachable("no route")
        if weather in DEEDLESS:
            self._give_up(at_once=weather is Weather.ERROR)
        late = settings.PAYMENT_TIMEOUT_SECONDS + 2 if weather is Weather.LATE else 0.0
        try:
            answer, ready_at, fresh = self.ledger.once(
                key=key, body=body, latency=base + latency + late, act=act
            )
        except KeyReused:
            raise ProviderRefused("idempotency_key_reused") from None
        if weather in (Weather.RESET, Weather.GARBAGE):
            self._give_up(at_once=True)
        self._wait(
            ready_at - self._clock(), isolated=base + late < settings.PAYMENT_TIMEOUT_SECONDS
        )
        if lost and fresh:
            self._wait(settings.PAYMENT_TIMEOUT_SECONDS, isolated=True)
        return answer

    def _pass_through(self) -> None:
        """What a question that changes nothing meets."""
        weather, latency = self._weather()
        if weather is Weather.DOWN:
            raise ProviderUnreachable("no route")
        if weather is not Weather.FINE:
            self._give_up(at_once=weather in (Weather.ERROR, Weather.RESET, Weather.GARBAGE))
        self._wait(latency)

    def _wait(self, seconds: float, *, isolated: bool = False) -> None:
        """Sleep as long as the answer takes, never past the time limit."""
        limit = settings.PAYMENT_TIMEOUT_SECONDS
        if seconds > 0:
            self._sleep(min(seconds, limit))
        if seconds >= limit:
            raise ProviderTimeout("no answer in time", isolated=isolated)

    def _give_up(self, *, at_once: bool = False) -> None:
        if not at_once:
            self._sleep(settings.PAYMENT_TIMEOUT_SECONDS)
        raise ProviderTimeout("no usable answer")

    def _weather(self) -> tuple[Weather, float]:
        mode, latency = self.ledger.weather()
        return Weather(mode), latency + settings.SANDBOX_LATENCY_SECONDS

    def _state(self, row: sqlite3.Row) -> ProviderState:
        refunds = self.ledger.refunds(reference=row["reference"])
        kept = json.loads(row["metadata"]).get(KEPT, "")
        return ProviderState(
            reference=row["reference"],
            status=HoldStatus(row["status"]),
            authorized=shekels_of(row["amount"]),
            captured=shekels_of(row["captured"]),
            refunds={key: shekels_of(amount) for key, amount in refunds.items()},
            card=Card(brand=row["brand"], last4=row["last4"]),
            reason=row["reason"],
            kept=KeptCard(token=kept, card=CARDS[kept]) if kept in CARDS else None,
            expires_at=instant(row["expires_at"]),
        )
