"""The sandbox provider behaves as a remote one: its own books, its own memory, its own moods."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from core import clock
from payments.provider import (
    Declined,
    HoldStatus,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
)
from payments.providers.sandbox import Sandbox
from payments.providers.sandbox_ledger import Ledger

HUNDRED = Decimal("100.00")


def hold(sandbox: Sandbox, key: str = "k1", token: str = "tok_visa", amount: Decimal = HUNDRED):
    return sandbox.authorize(amount=amount, token=token, idempotency_key=key, metadata={})


def look(sandbox: Sandbox, key: str = "k1"):
    return sandbox.find(idempotency_key=key, reference="", since=clock.now())


def kinds(sandbox: Sandbox) -> list[str]:
    return [row["kind"] for row in sandbox.ledger.entries()]


@pytest.mark.parametrize(
    ("token", "brand", "last4"), [("tok_visa", "visa", "4242"), ("tok_mastercard", "mastercard", "4444")]
)  # fmt: skip
def test_good_cards_hold_the_money(sandbox, token, brand, last4):
    held = hold(sandbox, token=token)
    assert (held.card.brand, held.card.last4, held.amount) == (brand, last4, HUNDRED)
    found = look(sandbox)
    assert (found.status, found.reference) == (HoldStatus.HELD, held.reference)


def test_a_declined_card_says_why_and_says_it_again(sandbox):
    for _ in range(2):
        with pytest.raises(Declined) as decline:
            hold(sandbox, token="tok_declined")
        assert decline.value.reason == "insufficient_funds"
    assert look(sandbox).status is HoldStatus.DECLINED
    assert kinds(sandbox) == ["DECLINE"]


def test_an_unheard_of_token_is_declined(sandbox):
    with pytest.raises(Declined) as decline:
        hold(sandbox, token="tok_of_nobody")
    assert decline.value.reason == "invalid_token"


def test_a_slow_card_takes_three_seconds_and_holds(sandbox, time):
    hold(sandbox, token="tok_slow")
    assert time.slept == pytest.approx(3.0)


def test_a_slow_answer_is_not_waited_for_past_the_limit(sandbox, time, settings):
    settings.PAYMENT_TIMEOUT_SECONDS = 1.0
    with pytest.raises(ProviderTimeout):
        hold(sandbox, token="tok_slow")
    assert time.slept == pytest.approx(1.0)
    assert look(sandbox) is None, "what is under way cannot be seen yet"
    time.pass_by(seconds=3)
    assert look(sandbox).status is HoldStatus.HELD


def test_a_lost_answer_held_the_money_all_the_same(sandbox, time, settings):
    with pytest.raises(ProviderTimeout):
        hold(sandbox, token="tok_timeout")
    assert time.slept == pytest.approx(settings.PAYMENT_TIMEOUT_SECONDS)
    assert look(sandbox).status is HoldStatus.HELD
    assert hold(sandbox, token="tok_timeout").reference == look(sandbox).reference


def test_an_unreachable_provider_did_nothing(sandbox, time):
    with pytest.raises(ProviderUnreachable):
        hold(sandbox, token="tok_unreachable")
    assert look(sandbox) is None
    assert kinds(sandbox) == []
    assert time.slept == 0


def test_the_same_key_and_body_get_the_same_answer(sandbox):
    assert hold(sandbox).reference == hold(sandbox).reference
    assert kinds(sandbox) == ["HOLD"]


def test_the_same_key_with_another_body_is_refused(sandbox):
    hold(sandbox)
    for other in ({"amount": Decimal("100.01")}, {"token": "tok_mastercard"}):
        with pytest.raises(ProviderRefused) as refusal:
            hold(sandbox, **other)
        assert refusal.value.code == "idempotency_key_reused"
    assert kinds(sandbox) == ["HOLD"]


def test_a_hold_is_taken_once_and_never_above_what_was_held(sandbox):
    reference = hold(sandbox).reference
    with pytest.raises(ProviderRefused, match="capture_exceeds_hold"):
        sandbox.capture(reference=reference, amount=Decimal("100.01"), idempotency_key="c0")
    for _ in range(2):
        sandbox.capture(reference=reference, amount=Decimal("80.10"), idempotency_key="c1")
    with pytest.raises(ProviderRefused, match="not_held"):
        sandbox.capture(reference=reference, amount=Decimal("19.90"), idempotency_key="c2")
    with pytest.raises(ProviderRefused, match="not_held"):
        sandbox.void(reference=reference, idempotency_key="v1")
    assert look(sandbox).captured == Decimal("80.10")


def test_a_hold_let_go_cannot_be_taken(sandbox):
    reference = hold(sandbox).reference
    for _ in range(2):
        sandbox.void(reference=reference, idempotency_key="v1")
    with pytest.raises(ProviderRefused, match="not_held"):
        sandbox.capture(reference=reference, amount=HUNDRED, idempotency_key="c1")
    assert kinds(sandbox) == ["HOLD", "VOID"]


def test_refunds_never_pass_what_was_taken(sandbox):
    reference = hold(sandbox).reference
    with pytest.raises(ProviderRefused, match="not_captured"):
        sandbox.refund(reference=reference, amount=HUNDRED, idempotency_key="r0")
    sandbox.capture(reference=reference, amount=Decimal("80.00"), idempotency_key="c1")
    for _ in range(2):
        sandbox.refund(reference=reference, amount=Decimal("50.00"), idempotency_key="r1")
    with pytest.raises(ProviderRefused, match="refund_exceeds_capture"):
        sandbox.refund(reference=reference, amount=Decimal("30.01"), idempotency_key="r2")
    sandbox.refund(reference=reference, amount=Decimal("30.00"), idempotency_key="r3")
    assert look(sandbox).refunds == {"r1": Decimal("50.00"), "r3": Decimal("30.00")}


@pytest.mark.parametrize(
    ("mode", "happens", "waits"),
    [("hang", False, True), ("error", False, False), ("reset", True, False), ("garbage", True, False)],
)  # fmt: skip
def test_bad_weather_leaves_every_caller_in_doubt(sandbox, time, settings, mode, happens, waits):
    sandbox.ledger.set_weather(mode=mode)
    with pytest.raises(ProviderTimeout):
        hold(sandbox)
    assert time.slept == (settings.PAYMENT_TIMEOUT_SECONDS if waits else 0)
    sandbox.ledger.set_weather(mode="")
    assert (look(sandbox) is not None) is happens


def test_a_late_answer_comes_after_everybody_gave_up(sandbox, time):
    sandbox.ledger.set_weather(mode="late")
    with pytest.raises(ProviderTimeout):
        hold(sandbox)
    sandbox.ledger.set_weather(mode="")
    assert look(sandbox) is None
    time.pass_by(seconds=3)
    assert look(sandbox).status is HoldStatus.HELD


def test_latency_is_a_setting(sandbox, time, settings):
    settings.SANDBOX_LATENCY_SECONDS = 0.3
    hold(sandbox)
    assert time.slept == pytest.approx(0.3)


def test_the_books_hold_no_token(sandbox, settings):
    hold(sandbox, token="tok_visa")
    assert b"tok_visa" not in Path(settings.SANDBOX_LEDGER).read_bytes()
    books = Path(f"{settings.SANDBOX_LEDGER}-wal")
    assert not books.exists() or b"tok_visa" not in books.read_bytes()


def test_many_threads_with_one_key_hold_once(sandbox):
    references: list[str] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        references.append(hold(sandbox).reference)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(references) == 8
    assert len(set(references)) == 1
    assert kinds(sandbox) == ["HOLD"]


def _write_in_another_process(path: Path, first: int) -> None:
    ledger = Ledger(path)
    for number in range(first, first + 25):
        ledger.once(key=f"p{number}", body="b", latency=0, act=_enter_one)


def _enter_one(books: sqlite3.Connection, ready_at: float) -> dict:
    books.execute(
        "INSERT INTO entries (reference, kind, amount, key, at) VALUES ('r','HOLD',1,'k',0)"
    )
    return {}


def test_many_processes_share_the_books(settings):
    path = Path(settings.SANDBOX_LEDGER)
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=_write_in_another_process, args=(path, first))
        for first in (0, 25, 10, 50)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(list(Ledger(path).entries())) == 75


def test_every_write_reaches_the_disk_before_it_is_told(settings):
    ledger = Ledger(Path(settings.SANDBOX_LEDGER))
    books = ledger._books()
    assert books.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert books.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
