"""What each day's charges and refunds come to, and closing what was looked into by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from core.clock import shop_instant
from payments.models import Payment, ProviderCall, ReconciliationCase
from payments.services import open_case
from payments.settlement import in_all, settlement
from tests.shop import open_with_sandbox

DAY = dt.date(2026, 11, 20)
PAGE = "/admin/payments/payment/settlement/"


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def payment(shop):
    return Payment.objects.get(order_number=shop.order().order_number)


def asked(payment, kind, amount, day, *, at=dt.time(12), state="SUCCEEDED"):
    """What was asked of the provider, and when it answered by the shop's clock."""
    number = ProviderCall.objects.count()
    if kind == "CAPTURE":
        ProviderCall.objects.filter(payment=payment, kind="CAPTURE").update(kind="VOID")
    ProviderCall.objects.create(
        payment=payment, kind=kind, amount=Decimal(amount), state=state,
        idempotency_key=f"key-{number}", finished_at=shop_instant(day, at),
    )  # fmt: skip


@pytest.fixture
def week(payment, shop):
    """Two charges on one day (one just before midnight), refunds on two, and what does not count."""
    other = Payment.objects.get(order_number=shop.order().order_number)
    asked(payment, "CAPTURE", "100.00", DAY)
    asked(other, "CAPTURE", "50.00", DAY, at=dt.time(23, 59))
    asked(payment, "REFUND", "30.00", DAY)
    asked(payment, "REFUND", "5.00", DAY + dt.timedelta(days=1), at=dt.time(0, 0))
    asked(other, "REFUND", "7.00", DAY, state="REFUSED")
    asked(other, "AUTHORIZE", "50.00", DAY)


def test_a_day_by_the_shops_clock(week, settings):
    settings.PAYMENT_TARIFFS = {"sandbox": ("1.00", "0.50")}
    before, day, after = settlement(first=DAY - dt.timedelta(days=1), last=DAY + dt.timedelta(days=1))  # fmt: skip
    assert before.net == 0
    assert (day.charges, day.captured, day.refunds, day.refunded) == (2, 150, 1, 30)
    assert day.fees == Decimal("2.50")
    assert day.net == Decimal("117.50")
    assert (after.captured, after.refunded, after.net) == (0, 5, -5)
    assert in_all([before, day, after]).net == Decimal("112.50")


def test_the_page_and_its_links(client, shop, week, django_assert_max_num_queries):
    client.force_login(shop.manager())
    with django_assert_max_num_queries(8):
        page = client.get(PAGE, {"first": DAY, "last": DAY})
    assert [one.day for one in page.context["days"]] == [DAY]
    listed = client.get(
        f"/admin/payments/providercall/?kind__exact=REFUND&state__exact=SUCCEEDED&day={DAY}"
    )
    assert listed.context["cl"].result_count == page.context["total"].refunds == 1
    assert client.get("/admin/payments/providercall/?day=x").context["cl"].result_count == 0
    answer = client.get(PAGE, {"first": DAY, "last": DAY, "export": "csv"})
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (row["captured"], row["refunded"]) == ("150.00", "30.00")


@pytest.mark.parametrize(
    "query", ["first=x", "first=2026-02-02&last=2026-02-01", "first=1990-01-01"]
)
def test_days_with_a_mistake_show_the_usual_ones_and_say_so(client, shop, query):
    client.force_login(shop.manager())
    page = client.get(f"{PAGE}?{query}")
    assert page.status_code == 200
    assert page.context["form"].errors


def test_employees_may_not_look(client, shop):
    client.force_login(shop.employee())
    assert client.get(PAGE, follow=True).status_code == 403


def test_a_case_is_closed_by_hand_and_audited(client, shop, payment):
    mia = shop.manager()
    client.force_login(mia)
    open_case(payment_id=payment.pk, kind="DISPUTED")
    case = ReconciliationCase.objects.get()
    place = "/admin/payments/reconciliationcase/"
    for _twice in range(2):
        client.post(place, {"action": "money_refunded", "_selected_action": [case.pk]})
    case.refresh_from_db()
    assert (case.status, case.resolution) == ("RESOLVED", "REFUNDED")
    (told,) = shop.audit(entity_type="payment", entity_id=payment.pk, actor=mia)
    assert told.new_value["resolution"] == "REFUNDED"
    answer = client.get(f"{place}export/")
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (row["order_number"], row["status"]) == (payment.order_number, "RESOLVED")
