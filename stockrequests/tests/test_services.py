"""Asking and deciding: each refusal with nothing changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import person
from audit.selectors import entries
from branches.tests.factories import BranchFactory
from cart.tests.factories import product, warehouse, weighed
from core.errors import InvalidInput, NotFound, PermissionRefused
from inventory.selectors import stock_at
from stockrequests import selectors
from stockrequests.errors import AlreadyReviewed, SelfReview
from stockrequests.models import StockRequest
from stockrequests.services import Decision, file_request, review, review_many

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
SET, ADD = "SET_QUANTITY", "ADD_QUANTITY"


def ask(milk=None, *, actor=None, kind=SET, quantity="6", **values):
    milk = milk or product(stock=10)
    fields = {
        "actor": actor or person("EMPLOYEE"),
        "branch_id": warehouse().pk,
        "product_id": milk.pk,
        "request_type": kind,
        "quantity": Decimal(quantity),
        "now": NOW,
        **values,
    }
    return file_request(**fields)


def decide(request, *, actor=None, status="APPROVED", **values):
    decision = Decision(request_id=request.pk, status=status, **values)
    return review(actor=actor or person("MANAGER"), decision=decision, now=NOW)


def on_hand(request):
    return stock_at(branch_id=request.branch_id, product_id=request.product_id).on_hand


def actions(request):
    rows = entries(entity_type="stock_request", entity_id=request.pk)
    return [row.action for row in rows][::-1]


def test_a_request_remembers_what_stood_there():
    request = ask()
    assert (request.status, request.quantity_seen) == ("PENDING", 10)
    assert on_hand(request) == 10
    assert actions(request) == ["CREATE"]


@pytest.mark.parametrize(
    ("kind", "quantity", "field"),
    [
        (SET, "-1", "quantity"),
        (ADD, "0", "quantity"),
        (ADD, "-3", "quantity"),
        (SET, "1.5", "quantity"),
        (SET, "NaN", "quantity"),
        (SET, "Infinity", "quantity"),
        (SET, "1000000", "quantity"),
        ("NONSENSE", "1", "request_type"),
    ],
)
def test_what_cannot_be_asked(kind, quantity, field):
    with pytest.raises(InvalidInput) as refusal:
        ask(kind=kind, quantity=quantity)
    assert list(refusal.value.details["fields"]) == [field]
    assert not StockRequest.objects.exists()


def test_weighed_goods_may_be_asked_for_to_the_gram():
    assert ask(weighed(stock=3), quantity="1.25").quantity == Decimal("1.25")
    with pytest.raises(InvalidInput):
        ask(weighed(stock=3), quantity="1.0005")


def test_unknown_products_and_branches_are_not_found():
    milk = product()
    for values in (
        {"product_id": 404},
        {"branch_id": 404},
        {"branch_id": BranchFactory(is_active=False).pk},
    ):
        with pytest.raises(NotFound):
            ask(milk, **values)


def test_customers_ask_for_nothing():
    with pytest.raises(PermissionRefused):
        ask(actor=person())


@pytest.mark.parametrize(
    ("kind", "quantity", "approved", "after"),
    [
        (SET, "6", None, 6),
        (SET, "6", "7", 7),
        (ADD, "5", None, 15),
        (ADD, "5", "2", 12),
        (SET, "0", None, 0),
        (SET, "10", None, 10),
    ],
)
def test_approving_changes_the_stock(kind, quantity, approved, after):
    request = ask(kind=kind, quantity=quantity)
    decide(request, approved_quantity=Decimal(approved) if approved else None)
    request.refresh_from_db()
    assert request.status == "APPROVED"
    assert on_hand(request) == after
    assert actions(request) == ["CREATE", "APPROVE"]


def test_rejecting_needs_a_reason_and_leaves_the_stock():
    request = ask()
    with pytest.raises(InvalidInput) as refusal:
        decide(request, status="REJECTED", rejection_reason="  ")
    assert list(refusal.value.details["fields"]) == ["rejection_reason"]
    decide(request, status="REJECTED", rejection_reason="Count again")
    request.refresh_from_db()
    assert (request.status, request.rejection_reason) == ("REJECTED", "Count again")
    assert on_hand(request) == 10
    assert actions(request) == ["CREATE", "REJECT"]


@pytest.mark.parametrize("quantity", ["-1", "1.5", "NaN"])
def test_a_changed_quantity_is_checked_like_an_asked_one(quantity):
    request = ask()
    with pytest.raises(InvalidInput) as refusal:
        decide(request, approved_quantity=Decimal(quantity))
    assert list(refusal.value.details["fields"]) == ["approved_quantity"]
    request.refresh_from_db()
    assert request.status == "PENDING"
    assert on_hand(request) == 10


def test_a_decision_is_made_once():
    request = ask()
    decide(request)
    for status in ("APPROVED", "REJECTED"):
        with pytest.raises(AlreadyReviewed):
            decide(request, status=status, rejection_reason="x")
    assert actions(request) == ["CREATE", "APPROVE"]


def test_managers_do_not_decide_about_their_own_but_admins_may():
    mia, root = person("MANAGER"), person("ADMIN")
    with pytest.raises(SelfReview):
        decide(ask(actor=mia), actor=mia)
    assert decide(ask(actor=root), actor=root).status == "APPROVED"


@pytest.mark.parametrize("role", ["CUSTOMER", "EMPLOYEE"])
def test_only_managers_decide(role):
    request = ask()
    with pytest.raises(PermissionRefused):
        decide(request, actor=person(role))
    request.refresh_from_db()
    assert request.status == "PENDING"


def test_many_decisions_stand_each_for_itself():
    good, done, bad = ask(), ask(), ask()
    decide(done)
    outcomes = review_many(
        actor=person("MANAGER"),
        decisions=[
            Decision(request_id=good.pk, status="APPROVED"),
            Decision(request_id=done.pk, status="APPROVED"),
            Decision(request_id=bad.pk, status="REJECTED"),
            Decision(request_id=404_404, status="APPROVED"),
        ],
        now=NOW,
    )
    codes = [o.refusal.code if o.refusal else "ok" for o in outcomes]
    assert codes == ["ok", "ALREADY_REVIEWED", "VALIDATION_ERROR", "NOT_FOUND"]
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.status, bad.status) == ("APPROVED", "PENDING")
    assert actions(good) == ["CREATE", "APPROVE"]


def test_too_many_at_once():
    decisions = [Decision(request_id=n, status="APPROVED") for n in range(201)]
    with pytest.raises(InvalidInput):
        review_many(actor=person("MANAGER"), decisions=decisions, now=NOW)


def test_a_row_for_review_knows_what_is_suspicious(django_assert_num_queries):
    stale, large = ask(quantity="9"), ask(kind=ADD, quantity="162")
    decide(ask(stale.product, kind=ADD, quantity="1"))
    requests = list(selectors.requests_to_review())
    with django_assert_num_queries(1):
        rows = {row.request.pk: row for row in selectors.review_rows(requests=requests)}
    assert set(rows) == {stale.pk, large.pk}
    assert (rows[stale.pk].is_stale, rows[stale.pk].is_large) == (True, False)
    assert (rows[large.pk].is_stale, rows[large.pk].is_large) == (False, True)
    assert (rows[large.pk].after, rows[large.pk].change) == (172, 162)


def test_everybody_sees_their_own():
    eli, dan = person("EMPLOYEE"), person("EMPLOYEE")
    mine = ask(actor=eli)
    ask(actor=dan)
    assert list(selectors.own_requests(actor=eli)) == [mine]
