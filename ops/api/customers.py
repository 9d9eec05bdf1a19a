"""Customers for whoever answers the phone: found, seen at a glance, and notes about them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from api.fields import Id, Instant, Money, Sought, Text, Whole, instant, money
from api.operations import KEY, WithStatus, operation
from api.queries import Query
from api.views import ApiView
from checkout import services as checkout
from checkout.api import CONFIRM_REFUSALS
from checkout.serializers import ConfirmedOut, PhoneOrderIn, phone_request
from core import clock
from core.errors import InvalidInput, NotFound
from core.limits import RateLimited
from core.typed_requests import PersonApiRequest
from ops import services
from ops.api.disputes import DisputeOut
from ops.selectors.customers import Glance
from ops.serializers import NoteOut
from orders import services as orders
from orders.errors import OwnOrder
from orders.models import FulfillmentType, Order, OrderStatus
from orders.problem_serializers import ProblemOut, problem_body
from orders.staff_models import NOTE_LENGTH, StaffNote
from payments.serializers import STATES

TAG = "Staff"
PHONE_REFUSALS = [*CONFIRM_REFUSALS, OwnOrder]


class CustomersQuery(Query):
    q = Sought(max_length=120, help_text="E-mail, name or phone; three characters at least.")


class CustomerOut(serializers.Serializer[Any]):
    id = Id()
    full_name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    orders_count = Whole()

    def to_representation(self, user: User) -> dict[str, Any]:
        return {
            "id": user.pk,
            "full_name": user.shown_name,
            "email": user.email,
            "phone": str(user.phone or ""),
            "orders_count": getattr(user, "orders_count", 0),
        }


class CustomerOrderOut(serializers.Serializer[Any]):
    order_id = Id()
    order_number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.values)
    payment_status = serializers.ChoiceField(choices=STATES)
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    created_at = Instant()
    total_amount = Money()

    def to_representation(self, order: Order) -> dict[str, Any]:
        return {
            "order_id": order.pk,
            "order_number": order.order_number,
            "status": order.status,
            "payment_status": order.payment.state,
            "fulfillment_type": order.fulfillment_type,
            "created_at": instant(order.created_at),
            "total_amount": money(order.total_amount),
        }


class GlanceOut(CustomerOut):
    language = serializers.ChoiceField(choices=["he", "en"])
    created_at = Instant()
    orders = CustomerOrderOut(many=True, help_text="The newest twenty.")
    disputes = DisputeOut(many=True, help_text="What their banks contest, newest first.")
    notes = NoteOut(many=True, help_text="About them and their orders, newest first.")
    problems = ProblemOut(many=True, help_text="What was wrong, newest first.")
    canceled_count = Whole()
    automatic_refunds_90d = Whole()
    refunded_total = Money()

    def to_representation(self, found: Glance) -> dict[str, Any]:  # type: ignore[override]
        user = found.customer
        return {
            **super().to_representation(user),
            "orders_count": found.orders_count,
            "language": user.language,
            "created_at": instant(user.created_at),
            "orders": [CustomerOrderOut().to_representation(one) for one in found.orders],
            "disputes": [DisputeOut().to_representation(one) for one in found.disputes],
            "notes": [NoteOut().to_representation(one) for one in found.notes],
            "problems": [problem_body(one) for one in found.problems],
            "canceled_count": found.canceled_count,
            "automatic_refunds_90d": found.automatic_refunds,
            "refunded_total": money(found.refunded_total),
        }


class NoteIn(serializers.Serializer[Any]):
    text = Text(lines=True, max_length=NOTE_LENGTH)


class Customers(ApiView):
    @operation(
        tag=TAG,
        summary="Find a customer",
        description="By e-mail, name or phone in any spelling. At most 30 times a minute.",
        query=CustomersQuery,
        answer=CustomerOut,
        many=True,
        refusals=[InvalidInput, RateLimited],
    )
    def get(self, request: PersonApiRequest, query: dict[str, Any]) -> list[User]:
        return services.find_customers(actor=request.user, text=query["q"])


class OneCustomer(ApiView):
    @operation(
        tag=TAG,
        summary="A customer at a glance",
        description="That it was looked at stands in the audit trail.",
        answer=GlanceOut,
        refusals=[NotFound],
    )
    def get(self, request: PersonApiRequest, customer_id: int) -> Glance:
        return services.look_at(actor=request.user, customer_id=customer_id, now=clock.now())


class CustomerOrders(ApiView):
    @operation(
        tag=TAG,
        summary="Order for a customer on the phone",
        description=(
            "With one of their saved cards and their `consent`; without a card the order is UNPAID "
            "and they get a link. Their own basket is not touched. Never a card number by phone."
        ),
        body=PhoneOrderIn,
        answer=ConfirmedOut,
        status=201,
        also={200: "The same key and body again: the same answer."},
        headers=[KEY],
        refusals=PHONE_REFUSALS,
    )
    def post(self, request: PersonApiRequest, customer_id: int, body: dict[str, Any]) -> WithStatus:
        result = checkout.order_by_phone(
            actor=request.user,
            key=request.headers.get("Idempotency-Key", ""),
            request=phone_request(body, customer_id),
            request_id=request.request_id,
            now=clock.now(),
        )
        return WithStatus(result.body(), status=200 if result.replayed else 201)


class CustomerNotes(ApiView):
    @operation(
        tag=TAG,
        summary="Write a note about a customer",
        description="For staff only; nobody changes it afterwards.",
        body=NoteIn,
        answer=NoteOut,
        status=201,
        refusals=[NotFound, InvalidInput],
    )
    def post(self, request: PersonApiRequest, customer_id: int, body: dict[str, Any]) -> StaffNote:
        return orders.write_note(
            actor=request.user, customer_id=customer_id, text=body["text"], now=clock.now()
        )


class OrderNotes(ApiView):
    @operation(
        tag=TAG,
        summary="Write a note about an order",
        description="For staff only; nobody changes it afterwards.",
        body=NoteIn,
        answer=NoteOut,
        status=201,
        refusals=[NotFound, InvalidInput],
    )
    def post(self, request: PersonApiRequest, order_id: int, body: dict[str, Any]) -> StaffNote:
        return orders.write_note(
            actor=request.user, order_id=order_id, text=body["text"], now=clock.now()
        )
