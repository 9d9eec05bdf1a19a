"""A silent provider is left alone for a while, and taken back as soon as it answers."""

from __future__ import annotations

import threading

import pytest

from core.tests.test_metrics import counted
from payments import providers, services
from payments.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker, Guarded
from payments.payment_results import Verdict
from payments.provider import Declined, ProviderTimeout, ProviderUnreachable
from tests.races import longest


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock) -> Breaker:
    return Breaker("test", clock=clock)


def silent(*, isolated: bool = False):
    def ask():
        raise ProviderTimeout("silence", isolated=isolated)

    return ask


def fail(breaker: Breaker, times: int, **how) -> None:
    for _ in range(times):
        with pytest.raises(ProviderTimeout):
            breaker.call(silent(**how))


def test_it_opens_after_silence_in_a_row_and_sends_nothing_while_open(breaker):
    fail(breaker, FAILURES_TO_OPEN)
    assert breaker.is_open
    assert counted("mami_payment_breaker_open") == 1
    asked = []
    with pytest.raises(ProviderUnreachable):
        breaker.call(lambda: asked.append(1))
    assert asked == []


def test_an_answer_in_between_keeps_it_closed(breaker):
    for _ in range(3):
        fail(breaker, FAILURES_TO_OPEN - 1)
        assert breaker.call(lambda: "yes") == "yes"
    assert not breaker.is_open


def test_a_decline_is_an_answer(breaker):
    def decline():
        raise Declined("insufficient_funds")

    for _ in range(3):
        fail(breaker, FAILURES_TO_OPEN - 1)
        with pytest.raises(Declined):
            breaker.call(decline)
    assert not breaker.is_open


def test_one_trial_after_the_pause_decides(breaker, clock):
    fail(breaker, FAILURES_TO_OPEN)
    clock.now += OPEN_SECONDS
    fail(breaker, 1)
    assert breaker.is_open, "the trial failed"
    clock.now += OPEN_SECONDS
    assert breaker.call(lambda: "yes") == "yes"
    assert not breaker.is_open


def test_only_one_caller_tries_while_the_others_are_spared(breaker, clock):
    fail(breaker, FAILURES_TO_OPEN)
    clock.now += OPEN_SECONDS
    others = []

    def trial():
        with pytest.raises(ProviderUnreachable):
            breaker.call(lambda: others.append(1))
        return "yes"

    assert breaker.call(trial) == "yes"
    assert others == []


def test_what_tells_nothing_about_other_calls_does_not_count(breaker):
    fail(breaker, 3 * FAILURES_TO_OPEN, isolated=True)
    assert not breaker.is_open


def test_a_silent_provider_costs_a_few_shoppers_their_patience_and_the_others_nothing(
    opened, sandbox, time, settings
):
    guarded = Guarded(sandbox, Breaker("sandbox", clock=time))
    sandbox.ledger.set_weather(mode="hang")
    with providers.using(guarded):
        waits, verdicts = [], []
        for _ in range(8):
            before = time.slept
            verdicts.append(services.authorise(payment=opened(), metadata={}).verdict)
            waits.append(time.slept - before)
        patient = settings.PAYMENT_TIMEOUT_SECONDS
        assert waits == [patient] * FAILURES_TO_OPEN + [0] * 3
        assert verdicts[FAILURES_TO_OPEN:] == [Verdict.UNREACHABLE] * 3
        sandbox.ledger.set_weather(mode="")
        time.pass_by(seconds=OPEN_SECONDS)
        assert services.authorise(payment=opened(), metadata={}).is_authorized
        assert not guarded.breaker.is_open


def test_one_shoppers_odd_card_does_not_close_the_till(opened, sandbox, time):
    with providers.using(Guarded(sandbox, Breaker("sandbox", clock=time))):
        for token in ("tok_timeout", "tok_unreachable") * FAILURES_TO_OPEN:
            services.authorise(payment=opened(token=token), metadata={})
        assert services.authorise(payment=opened(), metadata={}).is_authorized


class TestLines:
    """Only so many calls of a process wait for the provider at once."""

    @pytest.fixture
    def breaker(self) -> Breaker:
        return Breaker("test", lines=2)

    def call(self, breaker: Breaker, over: threading.Event) -> threading.Thread:
        begun = threading.Event()

        def ask() -> bool:
            begun.set()
            return over.wait(longest())

        thread = threading.Thread(target=breaker.call, args=(ask,))
        thread.start()
        assert begun.wait(longest())
        return thread

    def test_whoever_finds_them_taken_by_slow_calls_is_spared(self, breaker, monkeypatch):
        monkeypatch.setattr("payments.breaker.SLOW_SECONDS", 0.0)
        over = threading.Event()
        calls = [self.call(breaker, over) for _ in range(2)]
        asked = []
        for _ in range(2 * FAILURES_TO_OPEN):
            with pytest.raises(ProviderUnreachable):
                breaker.call(lambda: asked.append(1))
        over.set()
        for thread in calls:
            thread.join()
        assert asked == []
        assert breaker.call(lambda: "yes") == "yes", "it told nothing about the provider"

    def test_behind_quick_calls_they_wait_their_turn(self, breaker, monkeypatch):
        monkeypatch.setattr("payments.breaker.SLOW_SECONDS", 20.0)
        over = threading.Event()
        calls = [self.call(breaker, over) for _ in range(2)]
        answers: list[str] = []
        third = threading.Thread(target=lambda: answers.append(breaker.call(lambda: "yes")))
        third.start()
        assert answers == []
        over.set()
        for thread in (*calls, third):
            thread.join(longest())
        assert answers == ["yes"]

    def test_control_without_a_number_all_of_them_wait(self):
        breaker, over = Breaker("test"), threading.Event()
        calls = [self.call(breaker, over) for _ in range(5)]
        over.set()
        for thread in calls:
            thread.join()
