"""A circuit breaker: after repeated silence the provider is left alone for a while.

While it is open every call fails at once as unreachable (which is true: nothing was sent), so a
silent provider cannot tie up the threads that serve the shop. One trial call decides whether it
closes again. The state is per process; a few processes learn it a few calls later each.

Before that, and when the provider is merely slow, only so many calls of a process may be under way
(PAYMENT_CALLS_AT_ONCE): the threads beyond them go on serving the shelves.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

import structlog
from django.conf import settings

from core import metrics
from core.database import pool_size
from core.transactions import lend_connection
from payments.provider import (
    ActionRequired,
    Authorised,
    Declined,
    KeptCard,
    Provider,
    ProviderDispute,
    ProviderFailure,
    ProviderPayout,
    ProviderRefused,
    ProviderState,
    ProviderUnreachable,
)

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

FAILURES_TO_OPEN = 5
OPEN_SECONDS = 10.0
# Who finds all lines taken waits for one, but not behind calls that are slower than this.
SLOW_SECONDS = 1.0


class Breaker:
    """Counts failures in a row, and calls under way; at most `lines` of these (0: any number).

    The first `keep` of them keep their database connection, which is quicker; the others, and whoever
    waits for a line, lend it to those who do not wait. Thread-safe.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        lines: int = 0,
        keep: int = 0,
    ) -> None:
        self.name = name
        self.lines, self.keep = lines, min(keep, lines or keep)
        self._calls: dict[object, float] = {}
        self._hung_up = threading.Condition()
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._open_until is not None and self._clock() < self._open_until

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """Run `ask`. Raises ProviderUnreachable without running it while the breaker is open, and
        when all lines are taken by slow calls."""
        if len(self._calls) >= self.keep:
            lend_connection()
        with self._line():
            return self._call(ask)

    @contextmanager
    def _line(self) -> Iterator[None]:
        me = object()
        with self._hung_up:
            while self.lines and len(self._calls) >= self.lines:
                patience = SLOW_SECONDS - (time.monotonic() - min(self._calls.values()))
                if patience <= 0:
                    raise ProviderUnreachable("all lines taken", isolated=True)
                self._hung_up.wait(patience)
            self._calls[me] = time.monotonic()
        try:
            yield
        finally:
            with self._hung_up:
                del self._calls[me]
                self._hung_up.notify()

    def _call(self, ask: Callable[[], Answer]) -> Answer:
        self._enter()
        try:
            with metrics.provider_call(self.name):
                answer = ask()
        except ProviderFailure as failure:
            if not failure.isolated:
                self._failed()
            raise
        except (ActionRequired, Declined, ProviderRefused):
            self._succeeded()
            raise
        self._succeeded()
        return answer

    def _enter(self) -> None:
        with self._lock:
            if self._open_until is None:
                return
            if self._clock() < self._open_until:
                raise ProviderUnreachable("circuit open")
            self._open_until = self._clock() + OPEN_SECONDS  # this caller is the trial

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                if self._open_until is None:
                    log.error("payment_breaker_opened", provider=self.name)
                self._open_until = self._clock() + OPEN_SECONDS
                metrics.BREAKER_OPEN.set(1)

    def _succeeded(self) -> None:
        with self._lock:
            if self._open_until is not None:
                log.info("payment_breaker_closed", provider=self.name)
            self._failures = 0
            self._open_until = None
            metrics.BREAKER_OPEN.set(0)


class Guarded:
    """A provider with its breaker in front."""

    def __init__(self, adapter: Provider, breaker: Breaker | None = None) -> None:
        self.adapter = adapter
        self.name = adapter.name
        self.breaker = breaker or Breaker(
            adapter.name, lines=settings.PAYMENT_CALLS_AT_ONCE, keep=pool_size() // 2
        )

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
        return self.breaker.call(
            lambda: self.adapter.authorize(
                amount=amount,
                token=token,
                idempotency_key=idempotency_key,
                metadata=metadata,
                keep_for=keep_for,
                off_session=off_session,
            )
        )

    def verify(
        self, *, token: str, user_id: int, idempotency_key: str, metadata: Mapping[str, str]
    ) -> KeptCard:
        return self.breaker.call(
            lambda: self.adapter.verify(
                token=token, user_id=user_id, idempotency_key=idempotency_key, metadata=metadata
            )
        )

    def find_verified(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        return self.breaker.call(
            lambda: self.adapter.find_verified(
                idempotency_key=idempotency_key, reference=reference, since=since
            )
        )

    def find(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        return self.breaker.call(
            lambda: self.adapter.find(
                idempotency_key=idempotency_key, reference=reference, since=since
            )
        )

    def disputes(self, *, since: dt.datetime) -> Sequence[ProviderDispute]:
        return self.breaker.call(lambda: self.adapter.disputes(since=since))

    def payouts(self, *, start: dt.datetime, end: dt.datetime) -> Sequence[ProviderPayout]:
        return self.breaker.call(lambda: self.adapter.payouts(start=start, end=end))

    def answer_dispute(
        self, *, reference: str, text: str, file: bytes, idempotency_key: str
    ) -> None:
        self.breaker.call(
            lambda: self.adapter.answer_dispute(
                reference=reference, text=text, file=file, idempotency_key=idempotency_key
            )
        )

    def accept_dispute(self, *, reference: str, idempotency_key: str) -> None:
        self.breaker.call(
            lambda: self.adapter.accept_dispute(
                reference=reference, idempotency_key=idempotency_key
            )
        )

    def capture(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        self.breaker.call(
            lambda: self.adapter.capture(
                reference=reference, amount=amount, idempotency_key=idempotency_key
            )
        )

    def void(self, *, reference: str, idempotency_key: str) -> None:
        self.breaker.call(
            lambda: self.adapter.void(reference=reference, idempotency_key=idempotency_key)
        )

    def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        self.breaker.call(
            lambda: self.adapter.refund(
                reference=reference, amount=amount, idempotency_key=idempotency_key
            )
        )

    def keep(self, *, token: str, user_id: int) -> KeptCard:
        return self.breaker.call(lambda: self.adapter.keep(token=token, user_id=user_id))

    def forget(self, *, token: str) -> None:
        self.breaker.call(lambda: self.adapter.forget(token=token))

    def begin_card(self, *, user_id: int, return_url: str, cancel_url: str) -> str:
        return self.breaker.call(
            lambda: self.adapter.begin_card(
                user_id=user_id, return_url=return_url, cancel_url=cancel_url
            )
        )

    def finish_card(self, *, user_id: int, session: str) -> KeptCard:
        return self.breaker.call(lambda: self.adapter.finish_card(user_id=user_id, session=session))
