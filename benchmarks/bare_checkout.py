"""The bare writes of an order: what any checkout over these tables must do, and nothing else."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import TokenAuthentication
from cart.models import Cart
from checkout.models import IdempotencyKey
from orders.models import Order, OrderItem
from orders.numbering import new_number


class BareCheckout(APIView):
    """`{"branch_id": 1, "product_ids": [1, 2, 3, 4, 5]}`, one of each."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = DefaultContentNegotiation
    schema = None

    def post(self, request: Request) -> Response:
        wanted: Any = request.data
        order = write(request.user, wanted["branch_id"], wanted["product_ids"])
        body = {
            "order_id": order.pk,
            "order_number": order.order_number,
            "total": order.total_amount,
        }
        return Response({"data": body}, status=201)


def write(user: Any, branch_id: int, product_ids: list[int]) -> Order:
    """Eight statements in one transaction: key, basket, stock locked in order, raised together,
    payment, order, lines, audit."""
    now, number = timezone.now(), new_number()
    stocks: Any = apps.get_model("inventory", "Stock").objects
    with transaction.atomic():
        IdempotencyKey.objects.create(
            user=user, key=uuid.uuid4().hex, body_hash="", lease_expires_at=now, created_at=now
        )
        cart = Cart.objects.create(user=user, status="CHECKED_OUT")
        rows = list(
            stocks.select_for_update(of=("self",))
            .select_related("product")
            .filter(branch_id=branch_id, product_id__in=product_ids)
            .order_by("pk")
        )
        for row in rows:
            row.reserved += 1
        stocks.bulk_update(rows, ["reserved"])
        goods = sum((row.product.price for row in rows), Decimal(0))
        payment = apps.get_model("payments", "Payment").objects.create(
            user=user, order_number=number, provider="sandbox", idempotency_key=number,
            amount=goods + 30,
        )  # fmt: skip
        order = Order.objects.create(
            order_number=number, user=user, cart=cart, payment=payment, branch_id=branch_id,
            fulfillment_type="PICKUP", due_at=now, subtotal=goods, delivery_fee=30, fee_vat_rate=18,
            vat_total=12, total_amount=goods + 30, created_at=now,
        )  # fmt: skip
        OrderItem.objects.bulk_create(_item(order, row.product) for row in rows)
        apps.get_model("audit", "AuditEntry").objects.create(
            entity_type="order", entity_id=order.pk, action="CREATE", actor=user
        )
    return order


def _item(order: Order, product: Any) -> OrderItem:
    return OrderItem(
        order=order, product=product, name_he=product.name_he, name_en=product.name_en,
        sku=product.sku, sold_by="UNIT", unit_price=product.price, quantity=1,
        line_total=product.price, vat_rate=18,
    )  # fmt: skip
