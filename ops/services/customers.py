"""Finding a customer for whoever calls, and looking at one: personal data, so it is counted and told."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput, PermissionRefused
from core.limits import CUSTOMER_SEARCH
from core.transactions import write_transaction
from ops.selectors import customers as selectors

FEWEST = 3


def find_customers(*, actor: User, text: str) -> list[User]:
    """Customers by e-mail, name or phone in any spelling, at most 30 searches a minute.

    Raises PermissionRefused (no staff), InvalidInput (fewer than three characters), RateLimited.
    """
    if not actor.is_employee:
        raise PermissionRefused
    words = " ".join(text.split())
    if len(words) < FEWEST:
        raise InvalidInput(fields={"q": [_("Type at least three characters.")]})
    CUSTOMER_SEARCH.hit(actor.pk)
    return selectors.customers_meant(text=words)


def look_at(*, actor: User, customer_id: int, now: dt.datetime) -> selectors.Glance:
    """One customer at a glance; that the actor looked stands in the trail.

    Raises PermissionRefused (no staff), NotFound.
    """
    if not actor.is_employee:
        raise PermissionRefused
    customer = selectors.customer(customer_id=customer_id)
    with write_transaction():
        record(actor=actor, entity_type="user", entity_id=customer.pk, action=Action.READ)
    return selectors.glance(customer=customer, now=now)
