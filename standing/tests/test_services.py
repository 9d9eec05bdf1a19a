"""A standing order from its setting up to the order, and all that may go wrong on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Address, Consent
from branches.models import Closure, DeliverySlot, PlaceHold
from branches.windows import ends_at, starts_at
from cart.models import CartItem
from catalog.models import Product
from checkout.invariants import ALL
from core import clock
from core.errors import Busy
from core.invariants import judge
from notifications.models import Message
from orders.models import Order
from payments.errors import PaymentDeclined
from standing import services
from standing.errors import OccurrenceClosed, PriceRiseNotAccepted
from standing.mailing import asked_context, failed_context, upcoming_context
from standing.models import Occurrence, StandingItem, StandingOrder
from standing.reasons import reason_words
from standing.services import ItemData, OccurrenceChange, planning
from standing.services.drafting import close_unanswered, draft_due, resume_rested
from standing.tests.conftest import set_up

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = dt.timedelta(days=7)


def told(event):
    return Message.objects.filter(kind=event).count()


def books_balance():
    assert [verdict.rule.name for verdict in judge(ALL) if not verdict.is_kept] == []


def price(product, now):
    Product.objects.filter(pk=product.pk).update(price=Decimal(now))


def test_setting_up_keeps_a_place_on_each_date_windows_reach(weekly, shop):
    dates = list(weekly.row.occurrences.all())
    assert [one.date for one in dates] == [shop.date + WEEK * n for n in range(4)]
    assert all(one.window_kept and one.slot == shop.slot for one in dates)
    assert PlaceHold.objects.filter(kind="STANDING").count() == 4
    assert Consent.objects.get(user=weekly.ada).kind == "OFF_SESSION_CARD"
    books_balance()


def test_what_is_due_becomes_an_order_once_and_leaves_the_basket_alone(weekly, shop):
    bread = shop.product()
    shop.fill(weekly.ada, {bread: 1})
    assert draft_due(now=clock.now()) == 1
    assert weekly.one().state == "DRAFT"
    assert told("standing_upcoming") == 1
    assert upcoming_context(occurrence_id=weekly.one().pk)["basket"].total
    services.place_due(now=clock.now())
    assert weekly.one().state == "DRAFT"
    for _ in range(2):
        services.place_due(now=weekly.due())
    one = weekly.one()
    assert (one.state, one.reason) == ("PLACED", "")
    assert Order.objects.count() == 1
    assert one.order.user == weekly.ada
    assert [(item.product_id, item.quantity) for item in one.order.items.all()] == [
        (weekly.milk.pk, 3)
    ]
    assert one.order.dated_slot.slot == shop.slot
    assert shop.taken() == 1
    assert not PlaceHold.objects.filter(kind="STANDING", reference=one.pk).exists()
    assert (
        CartItem.objects.filter(cart__user=weekly.ada, cart__status="ACTIVE").get().product == bread
    )
    books_balance()


def test_prices_above_the_limit_ask_first(weekly):
    price(weekly.milk, "11.00")  # exactly ten percent
    services.make_draft(**weekly.key, now=clock.now())
    assert weekly.one().state == "DRAFT"
    price(weekly.milk, "11.01")
    services.make_draft(**weekly.key, now=clock.now())
    assert weekly.one().state == "ASKED"
    assert told("standing_asked") == 1
    assert asked_context(occurrence_id=weekly.one().pk)["percent"] == Decimal("10.10")
    with pytest.raises(PriceRiseNotAccepted):
        services.place_now(**weekly.key, now=clock.now())
    services.accept_prices(**weekly.key, now=clock.now())
    assert weekly.one().state == "DRAFT"
    assert StandingItem.objects.get(standing=weekly.row).reference_price == Decimal("11.01")
    services.place_now(**weekly.key, now=clock.now())
    services.place_now(**weekly.key, now=clock.now())
    assert weekly.one().order.subtotal == Decimal("33.03")


def test_silence_about_prices_is_no_order(weekly):
    price(weekly.milk, "20.00")
    draft_due(now=clock.now())
    assert weekly.one().state == "ASKED"
    close_unanswered(now=weekly.due())
    one = weekly.one()
    assert (one.state, one.reason) == ("NOT_PLACED", "PRICE_NOT_ACCEPTED")
    assert not Order.objects.exists()
    assert told("standing_failed") == 1
    assert failed_context(occurrence_id=one.pk, reason=one.reason)["why"]
    books_balance()


def test_less_on_the_shelf_less_in_it_and_nothing_left_is_never_charged(shop):
    weekly = set_up(shop)
    with_less = shop.product(stock=2)
    services.change_occurrence(
        **weekly.key,
        change=OccurrenceChange(items=[ItemData(product_id=with_less.pk, quantity=Decimal(5))]),
        now=clock.now(),
    )
    services.place_now(**weekly.key, now=clock.now())
    assert weekly.one().order.items.get().quantity == 2
    other = set_up(shop)
    Product.objects.filter(pk=other.milk.pk).update(is_active=False)
    draft_due(now=clock.now())
    services.place_due(now=other.due())
    assert other.one().state == "EMPTY"
    assert Order.objects.filter(user=other.ada).count() == 0


def test_a_declined_card_is_tried_once_more_and_holds_nothing(shop):
    weekly = set_up(shop, card="tok_declined")
    draft_due(now=clock.now())
    due = weekly.due()
    services.place_due(now=due)
    one = weekly.one()
    assert (one.state, one.reason) == ("DRAFT", "PAYMENT_DECLINED")
    assert one.retry_at == due + dt.timedelta(hours=2)
    assert told("standing_failed") == 1
    assert shop.taken() == 0
    assert shop.stock(weekly.milk)[1] == 0
    services.place_due(now=due + dt.timedelta(hours=1))
    assert weekly.one().attempt == 1
    services.place_due(now=one.retry_at)
    one = weekly.one()
    assert (one.state, one.reason, one.attempt) == ("NOT_PLACED", "PAYMENT_DECLINED", 2)
    assert not Order.objects.exists()
    books_balance()


def test_a_bank_that_wants_the_person_is_said_so(shop):
    weekly = set_up(shop, card="tok_3ds")
    services.make_draft(**weekly.key, now=clock.now())
    with pytest.raises(PaymentDeclined):
        services.place_now(**weekly.key, now=clock.now())
    assert (weekly.one().state, weekly.one().reason) == ("DRAFT", "PAYMENT_ACTION_REQUIRED")


def test_no_card_left_pauses_it(weekly):
    draft_due(now=clock.now())
    weekly.ada.payment_tokens.all().delete()
    services.place_due(now=weekly.due())
    weekly.row.refresh_from_db()
    assert (weekly.row.status, weekly.row.status_reason) == ("PAUSED", "NO_CARD")
    assert not PlaceHold.objects.filter(kind="STANDING").exists()
    assert told("standing_failed") == 1


def test_no_address_left_pauses_it_and_another_default_takes_over(shop):
    moved, gone = set_up(shop), set_up(shop)
    draft_due(now=clock.now())
    moved.ada.addresses.all().delete()
    Address.objects.create(user=moved.ada, line1="7 HaOren", city="Haifa", is_default=True)
    gone.ada.addresses.all().delete()
    services.place_due(now=max(moved.due(), gone.due()))
    assert moved.one().state == "PLACED"
    gone.row.refresh_from_db()
    assert (gone.row.status, gone.row.status_reason) == ("PAUSED", "NO_ADDRESS")
    assert (gone.one().state, gone.one().reason) == ("NOT_PLACED", "NO_ADDRESS")
    assert Order.objects.filter(user=gone.ada).count() == 0
    assert not PlaceHold.objects.filter(kind="STANDING", reference=gone.one().pk).exists()
    told_of = Message.objects.get(kind="standing_failed", user=gone.ada)
    assert failed_context(**told_of.context)["why"] == reason_words("NO_ADDRESS")
    books_balance()


def test_three_failures_in_a_row_pause_it(weekly, shop):
    for one in weekly.row.occurrences.all()[:2]:
        one.state, one.window_kept = "NOT_PLACED", False
        one.save()
    PlaceHold.objects.all().delete()
    third = weekly.row.occurrences.all()[2]
    Occurrence.objects.filter(pk=third.pk).update(state="ASKED", window_kept=False)
    close_unanswered(now=third.place_at)
    weekly.row.refresh_from_db()
    assert (weekly.row.status, weekly.row.status_reason) == ("PAUSED", "FAILING")


def test_skip_restore_and_their_repetition(weekly):
    for _ in range(2):
        services.skip_occurrence(**weekly.key, now=clock.now())
    assert (weekly.one().state, weekly.one().window_kept) == ("SKIPPED", False)
    assert PlaceHold.objects.filter(kind="STANDING").count() == 3
    for _ in range(2):
        services.restore_occurrence(**weekly.key, now=clock.now())
    assert (weekly.one().state, weekly.one().window_kept) == ("PLANNED", True)
    late = weekly.due()
    with pytest.raises(OccurrenceClosed):
        services.skip_occurrence(**weekly.key, now=late)
    far = {**weekly.key, "date": weekly.date + WEEK * 6}
    services.skip_occurrence(**far, now=clock.now())  # further than windows reach
    assert Occurrence.objects.get(standing=weekly.row, date=far["date"]).state == "SKIPPED"


def test_pausing_skips_what_lies_before_its_end(weekly):
    until = weekly.date + WEEK * 2
    services.pause_standing(
        actor=weekly.ada, standing_id=weekly.row.pk, until=until, now=clock.now()
    )
    states = list(weekly.row.occurrences.values_list("state", flat=True))
    assert states == ["SKIPPED", "SKIPPED", "PLANNED", "PLANNED"]
    assert resume_rested(now=clock.now()) == 0
    services.resume_standing(actor=weekly.ada, standing_id=weekly.row.pk, now=clock.now())
    assert set(weekly.row.occurrences.values_list("state", flat=True)) == {"PLANNED"}
    assert all(weekly.row.occurrences.values_list("window_kept", flat=True))
    services.end_standing(actor=weekly.ada, standing_id=weekly.row.pk)
    assert not PlaceHold.objects.filter(kind="STANDING").exists()
    assert not weekly.row.occurrences.exists()
    books_balance()


def test_a_day_on_which_we_are_closed_moves_or_is_skipped(shop):
    def closed(date):
        Closure.objects.create(
            starts_at=starts_at(shop.slot, date),
            ends_at=ends_at(shop.slot, date),
            reason_he="חג",
            reason_en="Holiday",
        )

    closed(shop.date + WEEK)
    weekly = set_up(shop)
    second = weekly.row.occurrences.get(date=shop.date + WEEK)
    assert (second.state, second.moved, second.slot) == ("PLANNED", "HOLIDAY", shop.later_slot)
    strict = set_up(shop, holiday_rule="SKIP")
    second = strict.row.occurrences.get(date=shop.date + WEEK)
    assert (second.state, second.reason) == ("SKIPPED", "CLOSED")
    closed(shop.date + WEEK * 2)
    services.plan_standing(standing_id=strict.row.pk, now=clock.now())
    assert strict.row.occurrences.get(date=shop.date + WEEK * 2).state == "SKIPPED"
    books_balance()


def test_one_that_cannot_be_planned_holds_up_no_other(shop, monkeypatch):
    first, second = set_up(shop), set_up(shop)
    StandingOrder.objects.update(planned_on=None)
    plan = planning.plan_standing

    def fail_first(*, standing_id, now):
        if standing_id == first.row.pk:
            raise Busy
        plan(standing_id=standing_id, now=now)

    monkeypatch.setattr(planning, "plan_standing", fail_first)
    assert services.plan_all(now=clock.now()) == 2
    second.row.refresh_from_db()
    assert second.row.planned_on is not None


def test_a_full_window_is_told_and_tried_again(shop):
    shop.slot.capacity = 1
    shop.slot.save()
    first, second = set_up(shop), set_up(shop)
    assert first.one().window_kept
    one = second.one()
    assert (one.window_kept, one.reason) == (False, "SLOT_FULL")
    assert Message.objects.filter(kind="standing_failed", user=second.ada).count() == 4
    day_before = DeliverySlot.objects.create(
        branch=shop.warehouse, day_of_week=(shop.slot.day_of_week - 1) % 7,
        start_time=shop.slot.start_time, end_time=shop.slot.end_time, capacity=1,
    )  # fmt: skip
    nearest = failed_context(occurrence_id=one.pk, reason="SLOT_FULL")["nearest"]
    assert [choice.slot_id for choice in nearest] == [day_before.pk, shop.later_slot.pk]
    services.skip_occurrence(**first.key, now=clock.now())
    services.plan_standing(standing_id=second.row.pk, now=clock.now())
    assert second.one().window_kept


def test_moving_one_date_keeps_the_new_place(weekly, shop):
    services.change_occurrence(
        **weekly.key,
        change=OccurrenceChange(delivery_slot_id=shop.later_slot.pk, delivery_date=shop.date),
        now=clock.now(),
    )
    one = weekly.one()
    assert (one.slot, one.moved, one.window_kept) == (shop.later_slot, "CUSTOMER", True)
    assert (
        PlaceHold.objects.get(kind="STANDING", reference=one.pk).dated_slot.slot == shop.later_slot
    )


def test_changing_the_rule_counts_for_dates_nobody_edited(weekly, shop):
    services.change_occurrence(
        **weekly.key,
        change=OccurrenceChange(items=[ItemData(product_id=weekly.milk.pk, quantity=Decimal(1))]),
        now=clock.now(),
    )
    services.update_standing(
        actor=weekly.ada,
        standing_id=weekly.row.pk,
        changes={"start_time": shop.later_slot.start_time},
        now=clock.now(),
    )
    slots = dict(weekly.row.occurrences.values_list("date", "slot_id"))
    assert slots.pop(weekly.date) == shop.slot.pk
    assert set(slots.values()) == {shop.later_slot.pk}
    assert len(slots) == 3
