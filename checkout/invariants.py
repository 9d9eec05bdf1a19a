"""What must be true between open checkouts and everything they hold; and the whole of the books."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from billing import invariants as billing
from branches.models import DatedSlot, PlaceHold
from catalog import invariants as catalog
from checkout.models import IdempotencyKey, Reservation, ReservationLine
from core import clock
from core.invariants import Finding, Rule
from inventory import invariants as inventory
from orders import invariants as orders
from orders.change_models import OrderChange, OrderQuestion, QuestionOffer
from orders.models import Order, OrderDelivery, OrderStatus
from orders.personal import NOBODY
from orders.selectors import open_promises
from payments import invariants as payments
from waiting import invariants as waiting

Status = Reservation.Status
PATIENCE = dt.timedelta(seconds=60)


def promises_are_kept(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What is promised on each shelf is what open checkouts, unpicked orders and changes under way
    asked for."""
    wanted = open_promises()
    lines = ReservationLine.objects.filter(reservation__status=Status.ACTIVE).values_list(
        "reservation__branch_id", "product_id", "quantity"
    )
    for branch, product, quantity in lines:
        key = (branch, product)
        wanted[key] = wanted.get(key, Decimal(0)) + quantity
    for change in OrderChange.objects.filter(status=OrderChange.Status.OPEN):
        for key, amount in change.added.items():
            place = (change.branch_id, int(key))
            wanted[place] = wanted.get(place, Decimal(0)) + Decimal(amount)
    offers = QuestionOffer.objects.filter(question__status=OrderQuestion.Status.OPEN)
    for branch, elsewhere, product, quantity in offers.values_list(
        "question__order__branch_id", "question__branch_id", "product_id", "quantity"
    ):
        branch = elsewhere or branch
        wanted[branch, product] = wanted.get((branch, product), Decimal(0)) + quantity
    found = inventory.promised()
    for branch, product in sorted({*wanted, *found}):
        asked, kept = wanted.get((branch, product), Decimal(0)), found.get((branch, product), 0)
        if asked != kept:
            yield Finding(
                what=f"product {product} at branch {branch}: {kept} is promised, open checkouts "
                f"and orders ask for {asked}",
                repair=f"release {kept - asked} of product {product} at branch {branch}",
            )


def places_are_counted(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The places taken of each window are its open checkouts, its orders and changes under way."""
    used = Counter(
        Reservation.objects.filter(status=Status.ACTIVE, dated_slot__isnull=False).values_list(
            "dated_slot_id", flat=True
        )
    )
    used += Counter(
        Order.objects.filter(dated_slot__isnull=False)
        .exclude(status=OrderStatus.CANCELED)
        .values_list("dated_slot_id", flat=True)
    )
    used += Counter(
        OrderChange.objects.filter(
            status=OrderChange.Status.OPEN, dated_slot__isnull=False
        ).values_list("dated_slot_id", flat=True)
    )
    taken = dict(DatedSlot.objects.exclude(taken=0).values_list("pk", "taken"))
    for key in sorted({*used, *taken}):
        if used[key] != taken.get(key, 0):
            yield Finding(
                what=f"window {key}: {taken.get(key, 0)} places are taken, {used[key]} are used",
                repair=f"set `taken` of dated slot {key} to {used[key]}",
            )


def checkouts_became_their_orders(as_of: dt.datetime | None) -> Iterator[Finding]:
    order = Order.objects.filter(
        order_number=OuterRef("order_number"), user=OuterRef("user"), cart=OuterRef("cart")
    )
    rows = Reservation.objects.annotate(ordered=Exists(order))
    wrong = rows.filter(
        Q(status=Status.CONSUMED, ordered=False) | (~Q(status=Status.CONSUMED) & Q(ordered=True))
    )
    if as_of is not None:
        wrong = wrong.filter(finished_at__lte=as_of)
    for row in wrong:
        yield Finding(
            what=f"checkout {row.order_number} is {row.status} and "
            f"{'has' if row.ordered else 'has no'} order",
            repair=f"look up payment {row.payment_id} at the provider before touching anything",
        )


def answers_name_orders(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Whoever was told of an order has it."""
    answered = IdempotencyKey.objects.filter(state=IdempotencyKey.State.DONE, scope="confirm")
    rows = list(answered.values_list("pk", "user_id", "response_body__order_number"))
    kept = set(
        Order.objects.filter(order_number__in=[number for _, _, number in rows]).values_list(
            "user_id", "order_number"
        )
    )
    for key, user, number in rows:
        if (user, number) not in kept:
            yield Finding(
                what=f"key {key} answered with order {number}, which its customer does not have",
                repair=f"restore order {number} from the backup before the disaster",
            )


def nothing_stays_open(as_of: dt.datetime | None) -> Iterator[Finding]:
    """A checkout whose request is dead is settled within a minute."""
    limit = clock.now() - PATIENCE
    rows = Reservation.objects.filter(status=Status.ACTIVE, expires_at__lt=limit)
    for row in rows:
        yield Finding(
            what=f"checkout {row.order_number} has been open since {row.created_at:%Y-%m-%d %H:%M}",
            repair="see that the worker runs; it settles what it finds",
        )


def no_question_stays_open(as_of: dt.datetime | None) -> Iterator[Finding]:
    """A question whose time is over is closed within a minute."""
    late = OrderQuestion.objects.filter(
        status=OrderQuestion.Status.OPEN, answer_until__lt=clock.now() - PATIENCE
    )
    for row in late:
        yield Finding(
            what=f"question {row.pk} of order {row.order_id} is open past its time",
            repair="see that the worker runs; it closes what is over",
        )
    kept = PlaceHold.objects.filter(kind=PlaceHold.Kind.QUESTION, until__gt=clock.now())
    asked = OrderQuestion.objects.filter(
        kind=OrderQuestion.Kind.CHANGE, status=OrderQuestion.Status.OPEN
    ).values("pk")
    for hold in kept.exclude(reference__in=asked):
        yield Finding(
            what=f"a place in window {hold.dated_slot_id} is kept for question {hold.reference}, "
            "which is not open",
            repair=f"delete kept place {hold.pk}",
        )


def no_change_stays_open(as_of: dt.datetime | None) -> Iterator[Finding]:
    """A change whose request is dead is finished within a minute, and its order knows of it."""
    limit = clock.now() - PATIENCE
    open_ones = OrderChange.objects.filter(status=OrderChange.Status.OPEN)
    for row in open_ones.filter(expires_at__lt=limit):
        yield Finding(
            what=f"change {row.pk} of order {row.order_id} has been open since "
            f"{row.created_at:%Y-%m-%d %H:%M}",
            repair="see that the worker runs; it finishes what it finds",
        )
    flagged = set(Order.objects.filter(is_being_changed=True).values_list("pk", flat=True))
    for order_id in flagged ^ set(open_ones.values_list("order_id", flat=True)):
        yield Finding(
            what=f"order {order_id} and its open change do not know of each other",
            repair=f"set `is_being_changed` of order {order_id} to whether it has an open change",
        )


def who_left_is_named_nowhere(as_of: dt.datetime | None) -> Iterator[Finding]:
    """No order of an erased person carries a name, a phone, a place or words."""
    left = OrderDelivery.objects.filter(order__user__erased_at__isnull=False)
    named = left.exclude(recipient=NOBODY, phone="", line1=NOBODY, city=NOBODY)
    for number in named.order_by("order_id").values_list("order__order_number", flat=True):
        yield Finding(
            what=f"order {number} of an erased person still says whose it was",
            repair="manage.py erase_again with the key of the person",
        )
    worded = Order.objects.filter(user__erased_at__isnull=False).exclude(
        notes="", business_name="", vat_id=""
    )
    for number in worded.order_by("pk").values_list("order_number", flat=True):
        yield Finding(
            what=f"order {number} of an erased person still holds words of theirs",
            repair="manage.py erase_again with the key of the person",
        )


RULES = [
    Rule(name="who left is named nowhere", check=who_left_is_named_nowhere),
    Rule(name="reserved = open promises", check=promises_are_kept),
    Rule(name="slots taken = checkouts and orders", check=places_are_counted),
    Rule(name="checkouts = their orders", check=checkouts_became_their_orders, historic=True),
    Rule(name="answers given = orders kept", check=answers_name_orders),
    Rule(name="nothing stays open", check=nothing_stays_open),
    Rule(name="no change stays open", check=no_change_stays_open),
    Rule(name="no question stays open", check=no_question_stays_open),
]
ALL = [
    *catalog.RULES,
    *inventory.RULES,
    *RULES,
    *orders.RULES,
    *payments.RULES,
    *billing.RULES,
    *waiting.RULES,
]
