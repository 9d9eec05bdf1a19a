"""Contested charges: noted once, answered or accepted once, credited once, for managers only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client

from billing import services as billing
from billing.selectors import documents_of
from core import clock
from orders.errors import OrderNeedsManager
from orders.models import Order
from orders.services import claim_order
from orders.tests.test_refunding import ask, left
from orders.tests.test_transitions import settle
from payments import services as payments
from payments.errors import RefundExceedsCapture
from payments.providers.sandbox_ledger import Ledger
from payments.sql import DISPUTES_BY_STATUS, DISPUTES_DUE
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox

ALL = ["PAPERS", "PROOF", "TIMELINE", "MESSAGES", "TERMS"]


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def contested(shop: Shop, card: str = "tok_disputed_now") -> tuple[Order, Any]:
    """A charged order of 60.00 whose bank contests it, and the row of it."""
    order = left(shop, shop.order(shop.customer(card=card)))
    payments.sync_disputes(now=clock.now())
    billing.draw_waiting(now=clock.now(), everything=True)
    return order, rows(order=order)[0]


def rows(order: Order) -> list[Any]:
    found = apps.get_model("payments", "Dispute").objects.filter(payment=order.payment_id)
    return list(found.order_by("pk"))


def post(person: Any, path: str, body: Any, key: str = "k") -> Any:
    return ApiClient(person).post(path, body, headers={"Idempotency-Key": key})


class TestNoting:
    def test_the_banks_word_becomes_one_row(self, shop: Shop) -> None:
        order, row = contested(shop)
        for _late_and_doubled in range(2):
            payments.sync_disputes(now=clock.now(), everything=True)
        assert rows(order) == [row]
        assert (row.amount, row.fee, row.reason, row.status) == (
            Decimal("60.00"), Decimal("15.00"), "FRAUD", "OPEN",
        )  # fmt: skip
        assert row.answer_by - row.opened_at == dt.timedelta(days=7)
        case = apps.get_model("payments", "ReconciliationCase").objects.get()
        assert case.kind == "DISPUTED"

    def test_a_part_of_the_charge(self, shop: Shop) -> None:
        _order, row = contested(shop, "tok_disputed_part")
        assert row.amount == Decimal("40.00")

    def test_not_before_its_minute(self, shop: Shop) -> None:
        order = left(shop, shop.order(shop.customer(card="tok_disputed")))
        payments.sync_disputes(now=clock.now())
        assert rows(order) == []

    @pytest.mark.parametrize("status", ["WON", "LOST"])
    def test_a_decision_ends_in_the_same_row(self, shop: Shop, status: str) -> None:
        order, _row = contested(shop)
        Ledger(settings.SANDBOX_LEDGER).decide(order_number=order.order_number, status=status)
        payments.sync_disputes(now=clock.now())
        (row,) = rows(order)
        assert row.status == status
        assert row.closed_at is not None


class TestBalance:
    def test_what_is_contested_cannot_be_given_back(self, shop: Shop) -> None:
        order, _row = contested(shop, "tok_disputed_part")
        mia = shop.manager()
        with pytest.raises(RefundExceedsCapture) as refused:
            ask(mia, order, amount=Decimal("20.01"))
        assert refused.value.details["refundable"] == "20.00"
        ask(mia, order, amount=Decimal("20.00"))
        assert settle(order)["refunded"] == Decimal("20.00")

    def test_won_it_is_ours_again(self, shop: Shop) -> None:
        order, _row = contested(shop)
        mia = shop.manager()
        with pytest.raises(RefundExceedsCapture):
            ask(mia, order, amount=Decimal("0.01"))
        Ledger(settings.SANDBOX_LEDGER).decide(order_number=order.order_number, status="WON")
        payments.sync_disputes(now=clock.now())
        ask(mia, order, "k2", amount=Decimal("60.00"))


class TestAnswering:
    def test_once_with_one_row_in_the_trail(self, shop: Shop) -> None:
        order, row = contested(shop)
        mia, path = shop.manager(), f"/admin/disputes/{row.pk}/answer"
        body = {"text": "They got it.", "include": ALL}
        first = post(mia, path, body)
        assert first.status_code == 200
        again = post(mia, path, body)
        assert again.json() == first.json()
        assert first.json()["data"]["status"] == "ANSWERED"
        refusal(post(mia, path, {**body, "text": "x"}), 409, "IDEMPOTENCY_KEY_REUSE_MISMATCH")
        refusal(post(mia, path, body, "k2"), 409, "DISPUTE_CLOSED")
        refusal(post(mia, f"/admin/disputes/{row.pk}/accept", {}, "k3"), 409, "DISPUTE_CLOSED")
        assert len(shop.audit(entity_type="dispute", action="UPDATE")) == 1
        there = Ledger(settings.SANDBOX_LEDGER).disputes(since=0)[0]
        assert (there["status"], there["answer"]) == ("ANSWERED", "They got it.")
        assert bytes(there["file"]).startswith(b"%PDF")
        (row,) = rows(order)
        assert row.told_at is not None

    @pytest.mark.parametrize(
        "body",
        [
            {}, {"text": "", "include": ALL}, {"text": "x", "include": []},
            {"text": "x", "include": ["NONSENSE"]}, {"text": "x" * 5001, "include": ALL},
        ],
    )  # fmt: skip
    def test_bad_input_changes_nothing(self, shop: Shop, body: dict[str, Any]) -> None:
        order, row = contested(shop)
        path = f"/admin/disputes/{row.pk}/answer"
        refusal(post(shop.manager(), path, body), 400, "VALIDATION_ERROR")
        assert rows(order)[0].status == "OPEN"

    def test_a_silent_provider_is_told_later(self, shop: Shop) -> None:
        order, row = contested(shop)
        ledger = Ledger(settings.SANDBOX_LEDGER)
        ledger.set_weather(mode="down")
        path = f"/admin/disputes/{row.pk}/answer"
        assert post(shop.manager(), path, {"text": "x", "include": ALL}).status_code == 200
        assert rows(order)[0].told_at is None
        ledger.set_weather(mode="")
        assert payments.tell_open(now=clock.now()) == 1
        assert ledger.disputes(since=0)[0]["status"] == "ANSWERED"

    def test_accepting_with_a_credit_note(self, shop: Shop) -> None:
        order, row = contested(shop)
        path = f"/admin/disputes/{row.pk}/accept"
        answer = post(shop.manager(), path, {"credit_note": True})
        assert answer.json()["data"]["status"] == "ACCEPTED"
        note = documents_of(order_id=order.pk)[0]
        assert (note.type, note.total, note.refund_id) == ("CREDIT_NOTE", Decimal("60.00"), None)
        refusal(
            post(shop.manager(), f"/admin/disputes/{row.pk}/credit-note", {}), 409, "DISPUTE_CLOSED"
        )

    def test_a_lost_one_is_credited_once(self, shop: Shop) -> None:
        order, row = contested(shop)
        path, mia = f"/admin/disputes/{row.pk}/credit-note", shop.manager()
        refusal(post(mia, path, {}), 409, "DISPUTE_CLOSED")
        Ledger(settings.SANDBOX_LEDGER).decide(order_number=order.order_number, status="LOST")
        payments.sync_disputes(now=clock.now())
        assert len(documents_of(order_id=order.pk)) == 1  # money was taken back, the supply stands
        assert post(mia, path, {}, "k1").status_code == 200
        refusal(post(mia, path, {}, "k2"), 409, "DISPUTE_CLOSED")
        assert len(documents_of(order_id=order.pk)) == 2


class TestWhoLostThree:
    def test_their_next_order_needs_a_managers_word(self, shop: Shop) -> None:
        order, row = contested(shop)
        eli, mia, user = shop.employee(), shop.manager(), order.user
        Dispute = apps.get_model("payments", "Dispute")

        def lose(reason: str) -> None:
            row.pk, row.provider_reference = None, f"dp_{Dispute.objects.count()}"
            row.status, row.reason, row.closed_at = "LOST", reason, clock.now()
            row.save(force_insert=True)

        for reason in ("FRAUD", "FRAUD", "NOT_RECEIVED"):
            lose(reason)
        fine = shop.order(user)
        assert claim_order(actor=eli, order_id=fine.pk, now=clock.now()).status == "IN_PROGRESS"
        lose("FRAUD")
        held = shop.order(user)
        with pytest.raises(OrderNeedsManager):
            claim_order(actor=eli, order_id=held.pk, now=clock.now())
        held.refresh_from_db()
        assert held.status == "CREATED"
        assert claim_order(actor=mia, order_id=held.pk, now=clock.now()).status == "IN_PROGRESS"
        with connection.cursor() as cursor:  # what `/metrics` asks, on a connection of its own
            cursor.execute(DISPUTES_BY_STATUS)
            counted = dict(cursor.fetchall())
            cursor.execute(DISPUTES_DUE)
            [(due,)] = cursor.fetchall()
        assert (counted["LOST"], counted["OPEN"], counted["WON"]) == (4, 1, 0)
        assert due == 0
        Dispute.objects.filter(status="OPEN").update(answer_by=clock.now() + dt.timedelta(hours=47))
        with connection.cursor() as cursor:
            cursor.execute(DISPUTES_DUE)
            assert cursor.fetchall() == [(1,)]


class TestRights:
    def test_who_may(self, shop: Shop) -> None:
        order, row = contested(shop)
        paths = [
            "/admin/disputes",
            f"/admin/disputes/{row.pk}",
            f"/admin/disputes/{row.pk}/evidence",
        ]
        for path in paths:
            refusal(ApiClient(None).get(path), 401, "NOT_AUTHENTICATED")
            for person in (shop.employee(), order.user):
                refusal(ApiClient(person).get(path), 403, "PERMISSION_DENIED")
        mia = shop.manager()
        refusal(ApiClient(mia).get("/admin/disputes/999999"), 404, "NOT_FOUND")
        refusal(ApiClient(mia).get("/admin/disputes?status=NONSENSE"), 400, "VALIDATION_ERROR")
        refusal(
            post(mia, f"/admin/disputes/{row.pk}/accept", {}, ""), 400, "MISSING_IDEMPOTENCY_KEY"
        )
        assert ApiClient(mia).get("/admin/disputes?status=OPEN").json()["pagination"]["total"] == 1

    def test_nobody_answers_for_their_own_order(self, shop: Shop) -> None:
        order, row = contested(shop)
        order.user.role = "ADMIN"
        order.user.save()
        for path, body in [("accept", {}), ("answer", {"text": "x", "include": ALL})]:
            refusal(post(order.user, f"/admin/disputes/{row.pk}/{path}", body), 403, "OWN_ORDER")
        assert rows(order)[0].status == "OPEN"


def test_the_evidence_is_a_pdf_and_stays_what_was_sent(shop: Shop) -> None:
    order, row = contested(shop)
    client = ApiClient(shop.manager())
    path = f"/admin/disputes/{row.pk}/evidence"
    assert client.get(f"{path}?lang=he").content.startswith(b"%PDF")
    post(client.user, f"/admin/disputes/{row.pk}/answer", {"text": "x", "include": ALL})
    sent = client.get(path).content
    order.delivery.city = "Elsewhere"
    order.delivery.save()
    assert client.get(f"{path}?lang=he").content == sent


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_pages(shop: Shop, client: Client, language: str) -> None:
    order, row = contested(shop)
    client.cookies["mami_language"] = language
    client.force_login(shop.manager())
    page = client.get("/ops/disputes/", {"status": "OPEN", "q": order.order_number.lower()})
    assert f"/ops/disputes/{row.pk}/" in page.content.decode()
    path = f"/ops/disputes/{row.pk}/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"what": "answer", "text": ""}).status_code == 422
    body = {"what": "answer", "text": "They got it.", "include": ALL}
    sure = client.post(path, body)
    assert sure.status_code == 200
    assert 'name="confirm"' in sure.content.decode()
    assert rows(order)[0].status == "OPEN"
    strange = client.post(path, {"what": "nonsense", "confirm": "1", "key": "strange"})
    assert strange.status_code == 400
    assert rows(order)[0].status == "OPEN"
    done = client.post(path, {**body, "confirm": "1", "key": "page"})
    assert done.status_code == 302
    assert rows(order)[0].status == "ANSWERED"
    assert "They got it." in client.get(path).content.decode()
    assert client.get(f"{path}evidence/").content.startswith(b"%PDF")
    client.force_login(shop.employee())
    assert client.get(path).status_code == 403
