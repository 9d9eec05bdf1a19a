"""Orders as the staff works on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from rest_framework.request import Request

from accounts.models import User
from api.operations import operation
from api.pagination import Page, by_cursor
from api.views import ApiView
from billing.errors import DocumentNotDrawn
from billing.papers import Paper
from billing.selectors import documents_of, stored_pdf
from billing.serializers import DocumentOut, DocumentQuery
from branches import selectors as branches
from core import clock
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from inventory.errors import InsufficientStock
from inventory.selectors import availability
from ops import selectors
from ops.selectors import SORTS, QueueFilter
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
from orders.invoice_pdf import print_order, print_stored
from orders.models import OrderStatus
from orders.selectors import notes_of, order_by_id
from orders.status import offered_transitions
from orders.substitutes import SubstituteCandidate, substitute_candidates
from payments.errors import PaymentNotHeld, PaymentPending, RefundExceedsCapture
from payments.selectors import holds_of

TAG = "Staff"
FILTERS = ("statuses", "date_from", "date_to", "branch_id", "q", "unpaid", "sort")


class OpsOrders(ApiView):
    @operation(
        tag=TAG,
        summary="The queue of orders",
        description="The most urgent first, over the whole result; dates are those of the window. "
        "Pickups whose customer waits outside stand before the first page.",
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
        outside = []
        if query["sort"] == "urgency" and not wanted.get("q"):
            outside = selectors.waiting_outside(filters=QueueFilter(**wanted), now=now)
        if wanted["statuses"] and OrderStatus.READY not in wanted["statuses"]:
            outside = []
        found = found.exclude(pk__in=[order.pk for order in outside]) if outside else found
        page = by_cursor(
            found, keys=SORTS[query["sort"]], shows=selectors.page_with_people, **query
        )
        first = [] if query.get("cursor") else outside
        return replace(page, items=selectors.rows(orders=[*first, *page.items], now=now))


class OpsOrderDetail(ApiView):
    @operation(tag=TAG, summary="An order, with shelf places and stock", answer=OpsOrderOut)
    def get(self, request: PersonApiRequest, order_id: int) -> OpsOrder:
        return shown(request.user, order_id)


class OpsInvoice(ApiView):
    @operation(
        tag=TAG,
        summary="The invoice of an order",
        description="As its customer gets it from `/orders/{order_id}/invoice`.",
        media_type="application/pdf",
        refusals=[DocumentNotDrawn],
    )
    def get(self, request: PersonApiRequest, order_id: int) -> HttpResponse:
        return print_order(order=order_by_id(order_id=order_id)).answer(request)


class OpsDocuments(ApiView):
    @operation(
        tag=TAG,
        summary="The papers of an order",
        description="The tax invoice and a credit note for each refund, newest first.",
        answer=DocumentOut,
        many=True,
    )
    def get(self, request: PersonApiRequest, order_id: int) -> list[Paper]:
        return documents_of(order_id=order_by_id(order_id=order_id).pk)


class OpsDocument(ApiView):
    @operation(
        tag=TAG,
        summary="One paper of an order",
        description="The same bytes for ever; `ETag` is their hash. `lang`: he or en, else mine.",
        query=DocumentQuery,
        media_type="application/pdf",
        refusals=[NotFound, DocumentNotDrawn],
    )
    def get(
        self, request: PersonApiRequest, query: dict[str, Any], order_id: int, document_id: int
    ) -> HttpResponse:
        language = query.get("lang") or get_language() or "he"
        pdf = stored_pdf(order_id=order_id, document_id=document_id, language=language)
        return print_stored(pdf).answer(request)


class OpsItem(ApiView):
    @operation(
        tag=TAG,
        summary="Answer a line: found, missing, not looked for yet",
        description="Only while the order is IN_PROGRESS. Repeating an answer changes nothing. "
        "With `seen_version`, a line that was answered since is left as it is.",
        body=PickIn,
        answer=OpsOrderOut,
        refusals=[
            errors.OrderNotInPicking,
            errors.OrderBeingChanged,
            errors.OrderClaimed,
            errors.OwnOrder,
            errors.PickOvertaken,
            Busy,
        ],
    )
    def patch(
        self, request: PersonApiRequest, body: dict[str, Any], order_id: int, item_id: int
    ) -> OpsOrder:
        services.pick_item(
            actor=request.user, order_id=order_id, item_id=item_id, **body, now=clock.now()
        )
        return shown(request.user, order_id)


class OpsSubstitutes(ApiView):
    @operation(
        tag=TAG,
        summary="What could be given instead of a line",
        description="Safe and free at the branch, the closest first; nothing where none is wanted.",
        answer=OfferOut,
        many=True,
    )
    def get(
        self, request: PersonApiRequest, order_id: int, item_id: int
    ) -> list[SubstituteCandidate]:
        order = order_by_id(order_id=order_id)
        item = next((one for one in order.items.all() if one.pk == item_id), None)
        if item is None:
            raise NotFound
        return substitute_candidates(item=item, branch_id=order.branch_id)

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
            errors.OrderBeingChanged,
            errors.OwnOrder,
            errors.PickOvertaken,
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
        return shown(request.user, order_id)


class OpsStatus(ApiView):
    @operation(
        tag=TAG,
        summary="Move an order on",
        description=(
            "`details` of INVALID_STATUS_TRANSITION: `from`, `to`, `allowed` and, where only a "
            "condition is unmet, `blocked_by`. Leaving charges first. CANCELED after the goods had "
            "left puts only the lines `restock` back on the shelf."
        ),
        body=StatusIn,
        answer=OpsOrderOut,
        refusals=[
            errors.InvalidStatusTransition,
            errors.OrderClaimed,
            errors.OrderNeedsManager,
            errors.OwnOrder,
            errors.ChargeRefused,
            errors.RefundExceedsLine,
            RefundExceedsCapture,
            PaymentNotHeld,
            PaymentPending,
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
            restock=body.get("restock", ()),
            returned=body.get("returned"),
            reason_code=body.get("reason_code", ""),
            now=clock.now(),
        )
        return shown(request.user, order_id)


def shown(actor: User, order_id: int) -> OpsOrder:
    """An order as staff see it. Seven queries. Raises NotFound."""
    order = order_by_id(order_id=order_id)
    products = {item.product_id for item in order.items.all()}
    return OpsOrder(
        order=order,
        allowed=offered_transitions(order, actor),
        holds=holds_of(order_number=order.order_number),
        notes=notes_of(order=order),
        available=availability(branch_id=order.branch_id, product_ids=products),
        urgency=urgency(due_at=order.due_at, now=clock.now()),
    )
