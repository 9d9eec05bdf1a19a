"""Orders as the staff works on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.models import User
from branches import selectors as branches
from inventory.errors import InsufficientStock
from inventory.selectors import availability
from mami import clock
from mami.api.operations import operation
from mami.api.pagination import Page, by_cursor
from mami.api.views import ApiView
from mami.errors import Busy, InvalidInput, NotFound
from mami.signed_in import PersonApiRequest
from ops import selectors
from ops.selectors import SORTS, QueueFilter
from ops.selectors.substitutes import Offer, offers
from ops.serializers import (
    OfferOut,
    OpsOrder,
    OpsOrderOut,
    OpsQuery,
    PickIn,
    QueueRowOut,
    StatusIn,
    SubstituteIn,
)
from ops.urgency import urgency
from orders import errors, services
from orders.printing import print_order
from orders.selectors import order_by_id
from orders.status import allowed_transitions
from payments.errors import PaymentNotHeld

TAG = "Staff"
FILTERS = ("statuses", "date_from", "date_to", "branch_id", "q", "sort")


class OpsOrders(ApiView):
    @operation(
        tag=TAG,
        summary="The queue of orders",
        description="The most urgent first, over the whole result; dates are those of the window.",
        query=OpsQuery,
        answer=QueueRowOut,
        page=True,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        if "branch_id" in query:
            branches.any_branch(branch_id=query["branch_id"])
        now, wanted = clock.now(), {k: query[k] for k in FILTERS if k in query}
        wanted["statuses"] = tuple(wanted.get("statuses", ()))
        found = selectors.orders_queue(filters=QueueFilter(**wanted), now=now)
        page = by_cursor(selectors.with_people(found), keys=SORTS[query["sort"]], **query)
        return replace(page, items=selectors.rows(orders=page.items, now=now))


class OpsOrderDetail(ApiView):
    @operation(tag=TAG, summary="An order, with shelf places and stock", answer=OpsOrderOut)
    def get(self, request: PersonApiRequest, order_id: int) -> OpsOrder:
        return _shown(request.user, order_id)


class OpsInvoice(ApiView):
    @operation(
        tag=TAG,
        summary="The invoice of an order",
        description="As its customer gets it from `/orders/{order_id}/invoice`.",
        media_type="application/pdf",
    )
    def get(self, request: PersonApiRequest, order_id: int) -> HttpResponse:
        return print_order(order=order_by_id(order_id=order_id)).answer()


class OpsItem(ApiView):
    @operation(
        tag=TAG,
        summary="Answer a line: found, missing, not looked for yet",
        description="Only while the order is IN_PROGRESS. Repeating an answer changes nothing.",
        body=PickIn,
        answer=OpsOrderOut,
        refusals=[errors.OrderNotInPicking, errors.OrderClaimed, Busy],
    )
    def patch(
        self, request: PersonApiRequest, body: dict[str, Any], order_id: int, item_id: int
    ) -> OpsOrder:
        services.pick_item(
            actor=request.user, order_id=order_id, item_id=item_id, **body, now=clock.now()
        )
        return _shown(request.user, order_id)


class OpsSubstitutes(ApiView):
    @operation(
        tag=TAG,
        summary="What could be given instead of a line",
        description="Safe and free at the branch, the closest first; nothing where none is wanted.",
        answer=OfferOut,
        many=True,
    )
    def get(self, request: PersonApiRequest, order_id: int, item_id: int) -> list[Offer]:
        order = order_by_id(order_id=order_id)
        item = next((one for one in order.items.all() if one.pk == item_id), None)
        if item is None:
            raise NotFound
        return offers(item=item, branch_id=order.branch_id)

    @operation(
        tag=TAG,
        summary="Give another product instead of a line",
        description=(
            "A line of which nothing was found becomes MISSING, one of which a part was found keeps "
            "it. The substitute is a PICKED line with `substitute_for`; it never costs more than "
            "what it replaces. PENDING for either takes it back."
        ),
        body=SubstituteIn,
        answer=OpsOrderOut,
        status=201,
        refusals=[
            errors.OrderNotInPicking,
            errors.SubstituteNotPossible,
            InsufficientStock,
            Busy,
        ],
    )
    def post(
        self, request: PersonApiRequest, body: dict[str, Any], order_id: int, item_id: int
    ) -> OpsOrder:
        services.substitute(
            actor=request.user, order_id=order_id, item_id=item_id, **body, now=clock.now()
        )
        return _shown(request.user, order_id)


class OpsStatus(ApiView):
    @operation(
        tag=TAG,
        summary="Move an order on",
        description=(
            "`details` of INVALID_STATUS_TRANSITION: `from`, `to`, `allowed` and, where only a "
            "condition is unmet, `blocked_by`."
        ),
        body=StatusIn,
        answer=OpsOrderOut,
        refusals=[
            errors.InvalidStatusTransition,
            errors.OrderClaimed,
            PaymentNotHeld,
            InvalidInput,
            Busy,
        ],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], order_id: int) -> OpsOrder:
        services.change_status(
            actor=request.user,
            order_id=order_id,
            to=body["status"],
            reason=body.get("reason", ""),
            now=clock.now(),
        )
        return _shown(request.user, order_id)


def _shown(actor: User, order_id: int) -> OpsOrder:
    order = order_by_id(order_id=order_id)
    products = {item.product_id for item in order.items.all()}
    return OpsOrder(
        order=order,
        allowed=allowed_transitions(order, actor),
        available=availability(branch_id=order.branch_id, product_ids=products),
        urgency=urgency(due_at=order.due_at, now=clock.now()),
    )
