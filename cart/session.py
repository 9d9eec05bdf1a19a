"""A guest's basket key in the session: made only when something is put in the basket."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from cart.owner import Guest, Owner
from core.errors import PermissionRefused

KEY = "cart_key"


def guest_key(request: HttpRequest) -> uuid.UUID | None:
    """The key this visitor's basket has, if there is one."""
    try:
        return uuid.UUID(request.session.get(KEY, ""))
    except ValueError:
        return None


def owner_or_none(request: HttpRequest) -> Owner | None:
    """Whose basket a page shows; None for staff and for visitors who put nothing in one."""
    if isinstance(request.user, User):
        return request.user if request.user.role == Role.CUSTOMER else None
    key = guest_key(request)
    return Guest(key=key) if key else None


def owner_from(request: HttpRequest) -> Owner:
    """Whose basket a change is for; a new guest gets a key. Raises PermissionRefused for staff."""
    owner = owner_or_none(request)
    if owner is None and request.user.is_authenticated:
        raise PermissionRefused(_("Staff accounts have no basket. Sign in as a customer to shop."))
    if owner is None:
        owner = Guest(key=uuid.uuid4())
        request.session[KEY] = str(owner.key)
    return owner


def forget_guest(request: HttpRequest) -> None:
    """After the guest's basket was joined to a customer's."""
    request.session.pop(KEY, None)
