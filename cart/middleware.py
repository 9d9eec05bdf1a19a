"""A guest who signs in keeps what is in the basket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Role
from cart import notices, services
from cart.session import forget_guest, guest_key
from core import clock

UNDO_TAG = "undo-merge"
"""A message that carries it has the button that takes the guest's basket out again."""

Handler = Callable[[HttpRequest], HttpResponse]


class GuestBasketMiddleware:
    """Join the guest's basket to the customer's at the first page after signing in.

    Here and not in the sign-in view, because accounts know nothing of baskets, and because a
    join that failed is tried again at the next page.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.path.startswith(("/api/", "/media/")) or not request.user.is_authenticated:
            return
        key = guest_key(request)
        if key is None or request.user.role != Role.CUSTOMER:
            return
        merged = services.merge_guest(user=request.user, guest_key=key, now=clock.now())
        forget_guest(request)
        if merged.joined and merged.added:
            text = _("From before you signed in came along: %(names)s.")
            said = text % {"names": notices.named(merged.names)}
            messages.info(request, said, extra_tags=UNDO_TAG)
