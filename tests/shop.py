"""A small shop to try things in: a warehouse, a second branch, windows, goods, people with cards."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings

from accounts.models import Address, Role, User
from accounts.tests.factories import person
from branches.models import Branch, DeliverySlot
from cart.models import Cart, CartItem
from catalog.models import Category, Product
from catalog.tests import factories
from checkout.requests import CardToken, ConfirmRequest
from checkout.services import ConfirmResult, confirm
from core import clock, faults
from core.clock import day_of_week, shop_date
from core.transactions import write_transaction
from inventory.ledger import Move, Reason, move
from inventory.locks import lock_stocks
from inventory.services import open_rows
from orders.models import Order
from payments import providers
from payments.providers.sandbox import Sandbox

_number = itertools.count(1)
HOURS = {str(day): ["07:00", "22:00"] for day in range(7)}


@dataclass(kw_only=True)
class Shop:
    """Made by `open_shop`. `date` has two windows open, in which `capacity` orders fit."""

    warehouse: Branch
    branch: Branch
    date: dt.date
    slot: DeliverySlot
    later_slot: DeliverySlot
    category: Category
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(sleep=lambda _: None))

    def product(self, *, stock: Decimal | int | str = 100, **values: Any) -> Product:
        """A product of ₪10.00 with `stock` at the warehouse and at the other branch."""
        made = factories.product(**{"category": self.category, **values})
        open_rows(actor=None, product_ids=[made.pk])
        for branch in (self.warehouse, self.branch):
            self.deliver(made, branch, Decimal(stock))
        return made

    def weighed(self, **values: Any) -> Product:
        """₪8.90 a kg, in steps of half a kg."""
        return self.product(**{**factories.WEIGHED, **values})

    def deliver(self, product: Product, branch: Branch, quantity: Decimal) -> None:
        """Goods arrive; the ledger knows."""
        with write_transaction():
            stock = lock_stocks(branch_id=branch.pk, product_ids=[product.pk])[product.pk]
            move(
                actor=None,
                moves=[Move(stock=stock, on_hand=quantity)],
                reason=Reason.OPENING,
                action=_actions().UPDATE,
                reference="",
            )

    def customer(self, *, card: str | None = "tok_visa", address: bool = True) -> User:
        """A customer with a default card and a default address."""
        user = self.person(Role.CUSTOMER)
        if address:
            Address.objects.create(user=user, line1="3 HaZait", city="Haifa", is_default=True)
        if card is not None:
            apps.get_model("payments", "PaymentToken").objects.create(
                user=user,
                provider="sandbox",
                token=card,
                brand="visa",
                last4="4242",
                is_default=True,
            )
        return user

    def person(self, role: str) -> User:
        """Somebody who has chosen no language: the shop's is Hebrew."""
        return person(role, language=settings.LANGUAGE_CODE)

    def employee(self) -> User:
        return self.person(Role.EMPLOYEE)

    def manager(self) -> User:
        return self.person(Role.MANAGER)

    def fill(self, user: User, quantities: Mapping[Product, Decimal | int | str]) -> Cart:
        """The user's active basket with exactly these goods added."""
        cart, _made = Cart.objects.get_or_create(user=user, status="ACTIVE")
        CartItem.objects.bulk_create(
            CartItem(
                cart=cart,
                product=product,
                quantity=Decimal(quantity),
                price_when_added=product.price,
            )
            for product, quantity in quantities.items()
        )
        cart.save(update_fields=["updated_at"])
        return cart

    def request(self, **values: Any) -> ConfirmRequest:
        """A delivery in the first window."""
        fields: dict[str, Any] = {
            "fulfillment_type": "DELIVERY",
            "delivery_slot_id": self.slot.pk,
            "delivery_date": self.date,
            **values,
        }
        return ConfirmRequest(**fields)

    def pickup(self, **values: Any) -> ConfirmRequest:
        return ConfirmRequest(
            **{"fulfillment_type": "PICKUP", "branch_id": self.branch.pk, **values}
        )

    def confirm(
        self, user: User, *, key: str = "key-1", request: ConfirmRequest | None = None
    ) -> ConfirmResult:
        return confirm(
            actor=user,
            key=key,
            request=request or self.request(),
            request_id="test",
            now=clock.now(),
        )

    def order(
        self,
        user: User | None = None,
        quantities: Mapping[Product, Decimal | int | str] | None = None,
        request: ConfirmRequest | None = None,
    ) -> Order:
        """A placed and paid order, by default of three of one product."""
        user = user or self.customer()
        self.fill(user, quantities or {self.product(): 3})
        result = self.confirm(user, key=f"key-{next(_number)}", request=request)
        return Order.objects.get(pk=result.order_id)

    def stock(self, product: Product, branch: Branch | None = None) -> tuple[Decimal, Decimal]:
        """On hand and reserved, as they stand in the table."""
        row = apps.get_model("inventory", "Stock").objects.get(
            product=product, branch=branch or self.warehouse
        )
        return row.on_hand, row.reserved

    def payments(self, user: User) -> list[Any]:
        return list(apps.get_model("payments", "Payment").objects.filter(user=user).order_by("pk"))

    def audit(self, **wanted: Any) -> list[Any]:
        return list(apps.get_model("audit", "AuditEntry").objects.filter(**wanted).order_by("pk"))

    def taken(self, slot: DeliverySlot | None = None) -> int:
        rows = (slot or self.slot).dates.filter(date=self.date).values_list("taken", flat=True)
        return rows.first() or 0

    def raw_card(self, token: str) -> CardToken:
        return CardToken(provider="sandbox", token=token)


def open_shop(*, capacity: int = 50) -> Shop:
    """Everything a checkout needs, written straight into the tables."""
    date = shop_date(clock.now()) + dt.timedelta(days=2)
    warehouse = _branch("warehouse", is_delivery_source=True)
    slots = [
        DeliverySlot.objects.create(
            branch=warehouse,
            day_of_week=day_of_week(date),
            start_time=dt.time(hour),
            end_time=dt.time(hour + 2),
            capacity=capacity,
        )
        for hour in (10, 12)
    ]
    n = next(_number)
    category = Category.objects.create(
        slug=f"goods-{n}", name_he=f"מצרכים {n}", name_en=f"Goods {n}"
    )
    return Shop(
        warehouse=warehouse,
        branch=_branch("corner"),
        date=date,
        slot=slots[0],
        later_slot=slots[1],
        category=category,
    )


@contextmanager
def open_with_sandbox(*, capacity: int = 50) -> Iterator[Shop]:
    """`open_shop`, with a provider that makes nobody wait."""
    shop = open_shop(capacity=capacity)
    with providers.using(shop.sandbox):
        yield shop


@contextmanager
def during_payment(shop: Shop, action: Callable[[], object]) -> Iterator[None]:
    """Run `action` once while the provider is being asked, between the two transactions."""
    done: list[bool] = []

    def act() -> None:
        if not done:
            done.append(True)
            action()

    faults.arm("before_provider_call", act)
    try:
        yield
    finally:
        faults.disarm()
    assert done, "the provider was never asked"


def _branch(code: str, **values: Any) -> Branch:
    n = next(_number)
    return Branch.objects.create(
        code=f"{code}-{n}",
        name_he=f"סניף {n}",
        name_en=f"Branch {n}",
        address_he="רחוב הזית 3",
        address_en="3 HaZait Street",
        city_he="חיפה",
        city_en="Haifa",
        opening_hours=HOURS,
        **values,
    )


def _actions() -> Any:
    from audit.services import Action

    return Action
