"""Who is served, who waits, who is sent away, and who goes first."""

from __future__ import annotations

import threading
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core import admission, places
from core.admission import MONEY, PEOPLE, SHELVES, AdmissionMiddleware, line_for
from core.places import Gate, Verdict, Waiter, WaitingLine, decide, give_place_back, hold
from tests.races import longest

QUICK = WaitingLine(name="shelves", rank=2, patience=0.02)


def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class TestGate:
    def test_so_many_at_once_and_then_a_refusal(self) -> None:
        gate = Gate(2)
        assert gate.enter(QUICK)
        assert gate.enter(QUICK)
        began = time.monotonic()
        assert not gate.enter(QUICK)
        assert time.monotonic() - began < 1
        assert gate.waiting == 0
        gate.leave()
        assert gate.enter(QUICK)

    def test_money_goes_before_people_and_people_before_shelves(self) -> None:
        gate, order = Gate(1), []
        assert gate.enter(MONEY)

        def come(line: WaitingLine) -> None:
            assert gate.enter(line)
            order.append(line.name)
            gate.leave()

        patient = [
            WaitingLine(name=line.name, rank=line.rank, patience=10)
            for line in (SHELVES, PEOPLE, MONEY)
        ]
        threads = []
        for number, line in enumerate(patient, start=1):
            threads.append(threading.Thread(target=come, args=(line,)))
            threads[-1].start()
            until(lambda number=number: gate.waiting == number)
        gate.leave()
        for thread in threads:
            thread.join(longest())
        assert order == ["money", "people", "shelves"]
        assert gate.enter(QUICK), "no place is lost"

    def test_no_place_is_lost_between_the_turn_and_the_end_of_patience(self) -> None:
        gate = Gate(3)
        hasty = WaitingLine(name="shelves", rank=2, patience=0.0005)

        def come() -> None:
            for _ in range(200):
                if gate.enter(hasty):
                    gate.leave()

        threads = [threading.Thread(target=come) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(longest())
        assert [gate.enter(QUICK) for _ in range(4)] == [True, True, True, False]

    def test_a_place_given_back_is_not_given_back_twice(self) -> None:
        gate = Gate(1)
        assert gate.enter(QUICK)
        hold(gate)
        give_place_back()
        give_place_back()
        assert gate.enter(QUICK)
        assert not gate.enter(QUICK)


class TestWaitingWithoutAThread:
    def waiter(self, line: WaitingLine, came: list[str], name: str) -> Waiter:
        return Waiter(line=line, let_in=lambda: came.append(name), who=name)

    def test_who_leaves_calls_the_next_in(self) -> None:
        gate, came = Gate(1), []
        assert gate.ask(self.waiter(SHELVES, came, "first"))
        assert not gate.ask(self.waiter(SHELVES, came, "shelf"))
        assert not gate.ask(self.waiter(MONEY, came, "money"))
        assert came == [], "who gets a place at once goes in by itself"
        gate.leave()
        gate.leave()
        assert came == ["money", "shelf"]
        assert gate.waiting == 0

    def test_the_late_leave_their_line_and_are_never_called(self) -> None:
        gate, came = Gate(1), []
        assert gate.enter(MONEY)
        people = self.waiter(PEOPLE, came, "people")
        shelf = self.waiter(SHELVES, came, "shelf")
        for one in (people, shelf):
            assert not gate.ask(one)
        assert gate.late(shelf.since + 0.99) == []
        assert gate.late(shelf.since + 1) == [shelf]
        assert gate.late(people.since + 3.9) == []
        gate.leave()
        assert came == ["people"]
        gate.leave()
        assert gate.enter(QUICK), "no place is lost"

    def test_a_thread_in_line_looks_to_itself(self) -> None:
        gate = Gate(1)
        assert gate.enter(MONEY)
        patient = WaitingLine(name="shelves", rank=2, patience=30)
        said: list[bool] = []
        thread = threading.Thread(target=lambda: said.append(gate.enter(patient)))
        thread.start()
        until(lambda: gate.waiting == 1)
        assert gate.late(time.monotonic() + 60) == []
        gate.leave()
        thread.join(longest())
        assert said == [True]


class TestMiddleware:
    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> AdmissionMiddleware:
        monkeypatch.setattr(admission, "process_gate", lambda: Gate(1))
        monkeypatch.setattr(admission, "SHELVES", QUICK)
        monkeypatch.setattr(admission, "_rows", lambda: (("/money", MONEY), ("/metrics", None)))
        made = AdmissionMiddleware(lambda request: HttpResponse("served"))
        assert made.gate.enter(QUICK)
        return made

    def test_who_waited_too_long_is_told_when_to_come_back(self, full) -> None:
        waits = set()
        for _ in range(30):
            answer = full(RequestFactory().get("/"))
            assert answer.status_code == 503
            waits.add(int(answer["Retry-After"]))
        assert waits <= {1, 2, 3, 4, 5}
        assert len(waits) > 1, "spread at random"

    @pytest.mark.parametrize(("is_let_in", "status"), [(True, 200), (False, 503)])
    def test_what_the_door_decided_holds_once(self, full, is_let_in, status) -> None:
        decide(Verdict(is_let_in=is_let_in, waited=0.25))
        request = RequestFactory().get("/")
        assert full(request).status_code == status
        assert request.waited_seconds == 0.25
        assert full(RequestFactory().get("/")).status_code == 503, "the next one is nobody's"

    def test_figures_never_wait(self, full) -> None:
        assert full(RequestFactory().get("/metrics")).content == b"served"

    def test_the_place_comes_back_also_after_a_crash(self, full) -> None:
        full.gate.leave()

        def crash(request):
            raise RuntimeError

        full.get_response = crash
        for _ in range(2):
            with pytest.raises(RuntimeError):
                full(RequestFactory().get("/"))
        assert getattr(places._held, "gate", None) is None

    def test_without_a_pool_everybody_is_served(self, monkeypatch) -> None:
        monkeypatch.setattr(admission, "process_gate", lambda: Gate(0))
        made = AdmissionMiddleware(lambda request: HttpResponse("served"))
        assert made(RequestFactory().get("/")).content == b"served"


@pytest.mark.parametrize(
    ("method", "path", "line"),
    [
        ("GET", "/metrics", None),
        ("POST", "/checkout/", MONEY), ("GET", "/checkout/", PEOPLE),
        ("POST", "/api/v1/checkout/confirm", MONEY), ("POST", "/api/v1/checkout/preview", PEOPLE),
        ("POST", "/orders/M-1/cancel/", MONEY), ("GET", "/orders/", PEOPLE),
        ("POST", "/api/v1/orders/1/cancel", MONEY), ("GET", "/api/v1/orders", PEOPLE),
        ("POST", "/api/v1/payments/webhooks/stripe/", MONEY),
        ("GET", "/ops/", MONEY), ("GET", "/api/v1/ops/orders", MONEY), ("GET", "/admin/", MONEY),
        ("POST", "/account/login/", PEOPLE), ("POST", "/api/v1/auth/login", PEOPLE),
        ("GET", "/cart/", PEOPLE), ("GET", "/api/v1/cart", PEOPLE),
        ("GET", "/", SHELVES), ("HEAD", "/search/", SHELVES), ("GET", "/api/v1/products/1", SHELVES),
        ("GET", "/nowhere", SHELVES),
    ],
)  # fmt: skip
def test_who_waits_in_which_line(method: str, path: str, line: WaitingLine | None) -> None:
    assert line_for(method, path) is line
