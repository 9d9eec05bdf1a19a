"""D5: shoppers, staff, the clock and sudden death in any order; the books balance after each step.

`MAMI_STORIES=2000` runs the long form (of 50 steps). The seed is printed; `MAMI_SEED` tells the same
stories again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from cart.models import Cart, CartItem
from checkout.books import ALL
from checkout.services import confirm, recover
from inventory import services as inventory
from inventory.models import Stock
from mami import clock, faults
from mami.books import judge
from mami.errors import DomainError
from orders import services as orders
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from payments import providers
from payments.services import perform_open_calls
from tests.shop import open_shop

STORIES = int(os.environ.get("MAMI_STORIES", "15"))
CARDS = ["tok_visa", "tok_declined", "tok_timeout", "tok_unreachable", "tok_3ds"]
ROWS_WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
places = st.integers(0, 99)
_number, _ended = itertools.count(1), itertools.count(1)


class Death(BaseException):
    """The process is gone."""


class Story(RuleBasedStateMachine):
    """One day at the shop, in a transaction of its own that is rolled back at its end."""

    def __init__(self) -> None:
        super().__init__()
        name = f"story-{next(_number)}.sqlite3"
        self.ledger = override_settings(SANDBOX_LEDGER=django_settings.MAMI_VAR / "stories" / name)
        self.ledger.enable()  # the provider keeps what our rolled-back stories forget
        self.day = transaction.atomic()
        self.day._from_testcase = True  # durable transactions may begin inside
        self.day.__enter__()
        self.shop = open_shop(capacity=4)
        self.provider = providers.using(self.shop.sandbox)
        self.provider.__enter__()
        self.now = clock.now()
        self.keys = 0
        self.judged: object = None
        self.last: dict[int, tuple[Any, str, Any]] = {}

    def teardown(self) -> None:
        faults.disarm()
        self.provider.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.day.__exit__(None, None, None)
        self.ledger.disable()
        if next(_ended) % 20 == 0:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")  # what was rolled back would slow down the next ones

    @initialize()
    def open(self) -> None:
        self.goods = [
            self.shop.product(stock=5),
            self.shop.product(stock=3),
            self.shop.weighed(stock=4),
        ]
        self.people = [self.shop.customer(card=None) for _ in range(3)]
        self.eli, self.mia = self.shop.employee(), self.shop.manager()

    @rule(who=places, what=places, how_many=st.integers(1, 4), card=st.sampled_from(CARDS), pickup=st.booleans(),
          dies=st.one_of(st.none(), st.sampled_from(sorted(faults.POINTS))))  # fmt: skip
    def order(
        self, who: int, what: int, how_many: int, card: str, pickup: bool, dies: str | None
    ) -> None:
        person, product = self.people[who % 3], self.goods[what % 3]
        cart, _made = Cart.objects.get_or_create(user=person, status="ACTIVE")
        CartItem.objects.update_or_create(
            cart=cart,
            product=product,
            defaults={"quantity": how_many, "price_when_added": product.price},
        )
        cart.save()
        ask = self.shop.pickup if pickup else self.shop.request
        request = ask(payment=self.shop.raw_card(card))
        self.keys += 1
        self.last[person.pk] = (person, f"key-{self.keys}", request)
        self._confirm(person, f"key-{self.keys}", request, dies)

    @rule(who=places, dies=st.one_of(st.none(), st.sampled_from(sorted(faults.POINTS))))
    def send_again(self, who: int, dies: str | None) -> None:
        if sent := self.last.get(self.people[who % 3].pk):
            person, key, request = sent
            self._confirm(person, key, request, dies)

    def _confirm(self, person: Any, key: str, request: Any, dies: str | None) -> None:
        def die() -> None:
            faults.disarm()
            raise Death

        if dies:
            faults.arm(dies, die)
        try:
            confirm(actor=person, key=key, request=request, request_id="story", now=self.now)
        except (DomainError, Death):
            pass
        finally:
            faults.disarm()

    @rule(yes=st.booleans())
    def answer_the_bank(self, yes: bool) -> None:
        """Whoever was asked to confirm says yes or no, perhaps too late."""
        payments = apps.get_model("payments", "Payment").objects.filter(
            last4="", provider="sandbox"
        )
        waiting = payments.exclude(provider_reference="").order_by("-pk")
        for reference in waiting.values_list("provider_reference", flat=True)[:1]:
            self.shop.sandbox.decide(reference=reference, yes=yes)

    @rule(which=places, action=st.sampled_from(["cancel", "claim", "finish"]))
    def act(self, which: int, action: str) -> None:
        if (found := self._order(which)) is None:
            return
        steps = {
            "cancel": lambda: orders.cancel(actor=found.user, order_id=found.pk, now=self.now),
            "claim": lambda: orders.claim(actor=self.eli, order_id=found.pk, now=self.now),
            "finish": lambda: orders.finish_picking(
                actor=self.eli, order_id=found.pk, now=self.now
            ),
        }
        self._try(steps[action])

    @rule(
        which=places,
        answer=st.sampled_from(PickedStatus.values),
        amount=st.sampled_from([None, "1", "0.7", "2.2"]),
    )
    def pick(self, which: int, answer: str, amount: str | None) -> None:
        items = list(OrderItem.objects.filter(order__status="IN_PROGRESS").order_by("pk"))
        if not items:
            return
        item = items[which % len(items)]
        self._try(
            lambda: orders.pick_item(
                actor=self.eli,
                order_id=item.order_id,
                item_id=item.pk,
                picked_status=answer,
                picked_quantity=Decimal(amount) if amount else None,
                now=self.now,
            )
        )

    @rule(which=places, to=st.sampled_from(OrderStatus.values))
    def move(self, which: int, to: str) -> None:
        if (found := self._order(which)) is not None:
            self._try(
                lambda: orders.change_status(actor=self.mia, order_id=found.pk, to=to, now=self.now)
            )

    @rule(which=places, amount=st.decimals("0.01", "60.00", places=2))
    def refund(self, which: int, amount: Decimal) -> None:
        if (found := self._order(which)) is not None:
            self.keys += 1
            self._try(
                lambda: orders.refund(
                    actor=self.mia,
                    order_id=found.pk,
                    amount=amount,
                    reason="late",
                    key=f"r{self.keys}",
                    now=self.now,
                )
            )

    @rule(what=places, quantity=st.integers(0, 8))
    def count(self, what: int, quantity: int) -> None:
        row = Stock.objects.get(product=self.goods[what % 3], branch=self.shop.warehouse)
        self._try(
            lambda: inventory.set_on_hand(
                actor=self.mia, stock_id=row.pk, quantity=Decimal(quantity)
            )
        )

    @rule(seconds=st.sampled_from([1, 15, 45, 900]))
    def time_passes(self, seconds: int) -> None:
        self.now += dt.timedelta(seconds=seconds)
        recover(now=self.now)
        perform_open_calls(now=self.now)

    @invariant()
    def the_books_balance(self) -> None:
        """After each step that wrote anything; what nobody touched is as it was judged before."""
        if (written := self._written()) == self.judged:
            return
        self.judged = written
        broken = {
            verdict.rule.name: [finding.what for finding in verdict.findings]
            for verdict in judge(ALL)
            if not verdict.is_kept
        }
        assert broken == {}

    def _written(self) -> object:
        """Changes with every row this story writes, by the database's own count, and with every
        byte of the provider's ledger.
        """
        with connection.cursor() as cursor:
            cursor.execute(ROWS_WRITTEN)
            rows = cursor.fetchone()
        ledger = Path(django_settings.SANDBOX_LEDGER)
        files = sorted(ledger.parent.glob(f"{ledger.name}*"))
        return rows, [(file.name, file.read_bytes()) for file in files]

    def _order(self, which: int) -> Order | None:
        found = list(Order.objects.select_related("user").order_by("pk"))
        return found[which % len(found)] if found else None

    def _try(self, step: Any) -> None:
        with contextlib.suppress(DomainError):
            step()


@pytest.mark.slow
def test_any_story_leaves_the_books_balanced(transactional_db: None) -> None:
    number = int(os.environ.get("MAMI_SEED") or random.randrange(10**9))
    print(f"MAMI_SEED={number}")
    run(
        seed(number)(Story),
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=50 if STORIES >= 1000 else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
