"""What staff do about the money of an order."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.errors import DomainError
from core.typed_requests import PersonRequest
from ops import selectors
from orders import services as orders


@require_POST
def request_payment(request: PersonRequest, number: str) -> HttpResponse:
    """Ask the customer, or their card, for the money again."""
    found = selectors.order_by_number(number=number)
    try:
        orders.request_payment(actor=request.user, order_id=found.pk, now=clock.now())
        messages.success(request, _("Asked for the money again."))
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    return redirect("ops:order", number=found.order_number)
