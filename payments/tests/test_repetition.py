"""Whatever is asked, in whatever order, over however bad a line, and repeated at will: in the end our
books and the provider's tell the same, nothing was done twice, and nobody paid more than agreed.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from payments import invariants, services
from payments.models import Payment, ProviderCall, ReconciliationCase

pytestmark = pytest.mark.slow

AGOROT = st.integers(min_value=0, max_value=11_000).map(lambda n: Decimal(n) / 100)
MOODS = st.sampled_from(["", "", "hang", "reset", "late", "error", "garbage", "down"])
STEPS = st.one_of(
    st.tuples(st.just("capture"), AGOROT),
    st.tuples(st.just("void"), st.none()),
    st.tuples(st.just("refund"), st.tuples(AGOROT, st.sampled_from("abc"))),
    st.tuples(st.just("give_back"), st.none()),
    st.tuples(st.just("perform"), MOODS),
    st.tuples(st.just("perform_twice"), MOODS),
    st.tuples(st.just("wait"), st.integers(1, 90)),
)


def ask(step: str, value, payment: Payment, sandbox, time) -> None:
    key = {"payment_id": payment.pk, "actor": None, "now": time.now}
    if step == "capture":
        services.request_capture(amount=value, **key)
    elif step == "void":
        services.request_void(**key)
    elif step == "refund":
        services.request_refund(amount=value[0], reason="x", key=value[1], **key)
    elif step == "give_back":
        services.void_or_refund(reason="x", **key)
    elif step == "wait":
        time.pass_by(seconds=value)
    else:
        sandbox.ledger.set_weather(mode=value)
        services.perform_open_calls(now=time.now)
        if step == "perform_twice":
            for call in ProviderCall.objects.filter(payment=payment):
                services.perform_call(call_id=call.pk, now=time.now)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=14))
def test_money_comes_out_right(held, sandbox, time, steps):
    sandbox.ledger.set_weather(mode="")
    payment = held()
    for step, value in steps:
        try:
            ask(step, value, payment, sandbox, time)
        except DomainError:
            continue
    sandbox.ledger.set_weather(mode="")
    for _ in range(8):
        services.perform_open_calls(now=time.pass_by(seconds=61))

    payment.refresh_from_db()
    open_calls = payment.calls.exclude(state__in=["SUCCEEDED", "REFUSED"])
    assert not open_calls.exists(), "everything is settled once the provider answers"
    assert payment.refunded <= payment.captured <= payment.authorized == Decimal(100)
    hold = sandbox.ledger.hold(reference=payment.provider_reference)
    state = "HELD" if payment.state == "AUTHORIZED" else hold["status"]
    assert (state, hold["captured"], hold["refunded"]) == (
        hold["status"], int(payment.captured * 100), int(payment.refunded * 100),
    )  # fmt: skip
    done = Counter(
        (entry["kind"], entry["key"])
        for entry in sandbox.ledger.entries()
        if entry["reference"] == payment.provider_reference
    )
    assert set(done.values()) <= {1}, "nothing is done twice"
    assert sum(kind in ("CAPTURE", "VOID") for kind, _ in done) <= 1
    assert not ReconciliationCase.objects.filter(payment=payment).exists()
    for rule in (
        invariants.payments_equal_calls,
        invariants.states_fit_amounts,
        invariants.refunds_equal_calls,
    ):
        assert list(rule(None)) == []
    assert list(invariants.the_sandbox_agrees(None)) == []
