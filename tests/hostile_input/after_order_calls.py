"""Every call of the API that does something to an order after the button, with a body that is good."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from orders.models import Order
from tests.api_client import ApiClient
from tests.hostile_input.after_order import Aftermath
from tests.turns import one_of

OF_AN_ORDER = frozenset({"number", "order_id", "problem_id", "dispute_id", "customer_id"})
Body = Callable[[Aftermath, Order], dict[str, Any] | None]


def is_of_an_order(names: Collection[str]) -> bool:
    """Whether an address with these values names an order, or something of one."""
    return not OF_AN_ORDER.isdisjoint(names)


def ids_of(world: Aftermath, order: Order) -> dict[str, int]:
    """What the addresses of this order are made of; what it has not, another one lends. Looked up once:
    whatever is written to it afterwards is taken back.
    """
    if order.pk not in world.ids_of_orders:
        world.ids_of_orders[order.pk] = _looked_up(world, order)
    return world.ids_of_orders[order.pk]


def _looked_up(world: Aftermath, order: Order) -> dict[str, int]:
    paper = order.documents.order_by("pk").first()  # type: ignore[attr-defined]
    question = order.questions.order_by("pk").first()  # type: ignore[attr-defined]
    lent = next(one for one in world.orders.values() if one.documents.exists())  # type: ignore[attr-defined]
    return {
        **world.ids,
        "order_id": order.pk,
        "item_id": order.items.order_by("pk")[0].pk,
        "document_id": (paper or lent.documents.order_by("pk")[0]).pk,  # type: ignore[attr-defined]
        "question_id": question.pk if question else world.ids["question_id"],
        "customer_id": order.user_id,
    }


EVERY = one_of(6)
"""Of values that no field or body may hold, of states in which something is done twice, of states of orders
that somebody may not touch whatever their state, every sixth is tried, and of states in which something happens
the books are judged in every sixth: another one for each call. `make test-every` tries all."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call, who may make it, and the states of an order in which the law lets it happen."""

    route: str
    who: str
    body: Body
    method: str = "POST"
    fine_in: frozenset[str] = field(default_factory=frozenset)
    name: str = ""
    is_harmless: bool = False
    has_key: bool = True

    def path(self, world: Aftermath, order: Order) -> str:
        return address(self.route, world, order)

    def made_by(
        self,
        user: User | None,
        world: Aftermath,
        order: Order,
        *,
        body: Any = None,
        key: str = "a-key",
    ) -> Any:
        asked = self.body(world, order) if body is None else body
        headers = {"Idempotency-Key": key} if key else {}
        return ApiClient(user).call(self.method, self.path(world, order), asked, headers=headers)


def address(route: str, world: Aftermath, order: Order) -> str:
    known = ids_of(world, order)
    return reverse(f"{route}", kwargs={name: known[name] for name in CONVERTERS[route]})


def api_routes(world: Aftermath, order: Order) -> list[tuple[str, str]]:
    """Every address of the API that names an order, or something of one."""
    return [
        (name, address(name, world, order))
        for name, names in CONVERTERS.items()
        if is_of_an_order(names)
    ]


def _converters() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def walk(patterns: Iterable[Any], before: list[str], inside: bool) -> None:
        for one in patterns:
            names = [*before, *one.pattern.converters]
            if isinstance(one, URLResolver):
                walk(one.url_patterns, names, inside or one.namespace == "api")
            elif isinstance(one, URLPattern) and inside:
                found[f"api:{one.name}"] = names

    walk(get_resolver().url_patterns, [], False)
    return found


CONVERTERS = _converters()


def _version(order: Order) -> dict[str, Any]:
    return {"expected_version": order.version, "expected_total": str(order.total_amount)}


def _words(_world: Aftermath, order: Order) -> dict[str, Any]:
    return {"notes": "ring twice", **_version(order)}


def _fewer(world: Aftermath, order: Order) -> dict[str, Any]:
    """One bread alone: 30.00, and its fee."""
    lines = [{"product_id": world.bread.pk, "quantity": 1}]
    fee = 0 if order.fulfillment_type == "PICKUP" else 30
    return {"lines": lines, "expected_version": order.version, "expected_total": f"{30 + fee}.00"}


def _later(world: Aftermath, _order: Order) -> dict[str, Any]:
    date = world.shop.date.isoformat()
    return {"delivery_slot_id": world.shop.later_slot.pk, "delivery_date": date, "reason": "a jam"}


def _wrong(_world: Aftermath, order: Order) -> dict[str, Any]:
    last = order.items.order_by("-pk")[0]
    return {"items": [{"id": last.pk, "quantity": 1, "kind": "NOT_DELIVERED"}]}


def _answer(world: Aftermath, order: Order) -> dict[str, Any]:
    return {"answer": "ACCEPT", "product_id": world.other.pk}


def _to(status: str, **more: Any) -> Body:
    return lambda _world, _order: {"status": status, "reason": "because", **more}


def _fixed(**values: Any) -> Body:
    return lambda _world, _order: dict(values)


def _staff(body: Body) -> Body:
    return lambda world, order: {**(body(world, order) or {}), "reason": "as you asked"}


def _phone(world: Aftermath, _order: Order) -> dict[str, Any]:
    return {
        "fulfillment_type": "DELIVERY",
        "delivery_slot_id": world.shop.slot.pk,
        "delivery_date": world.shop.date.isoformat(),
        "lines": [{"product_id": world.milk.pk, "quantity": 1}],
        "payment": None,
    }


WAITS = frozenset({"created", "scheduled", "unpaid", "proposed", "late"})
PICKS = frozenset({"picking", "asked"})
PACKED = frozenset({"missing", "ready", "pickup"})
GONE = frozenset({"out", "returned", "delivered", "contested"})
HERE = WAITS | PICKS | PACKED
ALL = HERE | GONE | {"canceled"}
CARD = _fixed(payment={"provider": "sandbox", "token": "tok_mastercard"})

CALLS = (
    # The customer.
    Call(route="api:order-change", who="ada", body=_words, fine_in=WAITS | {"returned"}),
    Call(route="api:order-change", who="ada", body=_fewer, name="fewer", fine_in=WAITS),
    Call(route="api:order-change-preview", who="ada", is_harmless=True,
         body=lambda w, o: {k: v for k, v in _fewer(w, o).items() if k != "expected_total"},
         fine_in=WAITS, has_key=False),
    Call(route="api:order-payment", who="ada", body=CARD, fine_in=HERE),
    Call(route="api:order-cancel", who="ada", body=lambda _w, _o: None, has_key=False,
         fine_in=WAITS - {"late"}),
    Call(route="api:order-arrived", who="ada", body=_fixed(bay="7"), has_key=False,
         fine_in=frozenset({"pickup"})),
    Call(route="api:order-business", who="ada", has_key=False,
         body=_fixed(business_name="Us", vat_id="000000018"), fine_in=HERE),
    Call(route="api:order-problems", who="ada", body=_wrong, fine_in=frozenset({"delivered"})),
    Call(route="api:order-question-answer", who="ada", body=_answer, has_key=False,
         fine_in=frozenset({"asked", "proposed"})),
    Call(route="api:order-reorder", who="ada", body=lambda _w, _o: None, has_key=False, fine_in=ALL),
    Call(route="api:order-to-list", who="ada", body=_fixed(name="Mine"), has_key=False, fine_in=ALL),
    # The staff.
    Call(route="api:ops-order-change", who="mia", body=_staff(_words),
         fine_in=HERE - {"unpaid"} | {"returned"}),
    Call(route="api:ops-order-change", who="mia", body=_staff(_fewer), name="fewer",
         fine_in=WAITS - {"unpaid"} | PICKS | {"missing"}),
    Call(route="api:ops-order-change-preview", who="mia", is_harmless=True, has_key=False,
         body=lambda w, o: {k: v for k, v in _words(w, o).items() if k != "expected_total"},
         fine_in=HERE | {"returned"}),
    Call(route="api:ops-order-change-question", who="mia", body=_staff(_fewer), has_key=False,
         fine_in=WAITS | PICKS | {"missing"}),
    Call(route="api:ops-order-reslot", who="mia", body=_later, has_key=False,
         fine_in=(HERE - {"pickup"}) | {"returned"}),
    Call(route="api:ops-order-notes", who="eli", body=_fixed(text="a note"), has_key=False,
         is_harmless=True, fine_in=ALL),
    Call(route="api:ops-customer-notes", who="eli", body=_fixed(text="a note"), has_key=False,
         is_harmless=True, fine_in=ALL),
    Call(route="api:ops-order-item-question", who="mia", body=_fixed(), has_key=False,
         fine_in=PICKS),
    Call(route="api:ops-order-item", who="mia", method="PATCH", has_key=False,
         body=_fixed(picked_status="PICKED"), fine_in=PICKS),
    Call(route="api:ops-order-item-substitutes", who="mia", has_key=False,
         fine_in=PICKS | {"missing"},
         body=lambda w, _o: {"product_id": w.other.pk, "agreed": True}),
    *(Call(route="api:ops-order-status", who="mia", method="PATCH", body=_to(status), name=status,
           has_key=False, fine_in=frozenset(states))
      for status, states in {
          "IN_PROGRESS": WAITS - {"unpaid", "scheduled"} | {"missing"},
          "READY": {"missing"},
          "MISSING": set[str](),
          "DELAYED": WAITS - {"late"} | PICKS | {"ready", "pickup", "out", "contested"},
          "OUT_FOR_DELIVERY": {"ready", "returned"},
          "DELIVERED": {"out", "contested", "returned", "pickup"},
          "CANCELED": WAITS | PICKS | {"missing", "returned"},
          "CREATED": set[str](),
      }.items()),
    Call(route="api:admin-order-request-payment", who="mia", body=_fixed(), has_key=False,
         fine_in=frozenset({"scheduled"})),
    Call(route="api:admin-order-refund", who="mia", fine_in=GONE - {"contested"},
         body=_fixed(amount="1.00", reason_code="LATE")),
    Call(route="api:admin-problem-decide", who="mia", body=_fixed(decision="REFUND"), has_key=False,
         fine_in=ALL),
    Call(route="api:admin-dispute-answer", who="mia", fine_in=ALL,
         body=_fixed(text="It arrived.", include=["PAPERS"])),
    Call(route="api:admin-dispute-accept", who="mia", body=_fixed(), fine_in=ALL),
    Call(route="api:admin-dispute-credit-note", who="mia", body=_fixed()),
    Call(route="api:ops-customer-orders", who="mia", body=_phone, fine_in=ALL),
)  # fmt: skip
