"""The button by which a picker asks the customer what to pack instead."""

from __future__ import annotations

import re

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
from orders.services.asking import MOST_OFFERS

KEY = re.compile(r"[0-9]{1,18}", re.ASCII)


@require_POST
def ask(request: PersonRequest, number: str, item_id: int) -> HttpResponse:
    """Ask about a line, offering `product` (up to three); picking goes on meanwhile."""
    found = selectors.order_by_number(number=number)
    keys = request.POST.getlist("product")
    if any(KEY.fullmatch(key) is None for key in keys) or len(keys) > MOST_OFFERS:
        messages.error(request, _("Offer at most three products, or none of your own choice."))
        return redirect("ops:pick", number=found.order_number)
    try:
        asked = orders.ask_customer(
            actor=request.user,
            order_id=found.pk,
            item_id=item_id,
            product_ids=[int(key) for key in keys],
            now=clock_now(),
        )
        told = _("The customer was asked. They may answer until") + " "
        messages.success(request, told + moment_text(asked.answer_until))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    return redirect("ops:pick", number=found.order_number)
