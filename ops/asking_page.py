"""The button by which a picker asks the customer what to pack instead."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.templatetags.shop import moment_text
from core.clock import now as clock_now
from core.errors import DomainError
from core.typed_requests import PersonRequest
from ops import selectors
from orders import services as orders


@require_POST
def ask(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """Ask about a line, offering `product` (up to three); picking goes on meanwhile."""
    found = selectors.order_by_number(number=number)
    keys = [key for key in request.POST.getlist("product") if key.isascii() and key.isdigit()]
    try:
        asked = orders.ask_customer(
            actor=request.user,
            order_id=found.pk,
            item_id=item_id,
            product_ids=[int(key) for key in keys[:3] if len(key) < 19],
            now=clock_now(),
        )
        told = _("The customer was asked. They may answer until") + " "
        messages.success(request, told + moment_text(asked.answer_until))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    return redirect("ops:pick", number=found.order_number)
