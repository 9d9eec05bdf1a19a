"""Who may call what: one row for each route of every face, enforced and walked by a test.

A row names a right, or (for the JSON API) a right for each method. A route without a row fails
the build and answers 404 to everybody.
"""

from __future__ import annotations

import enum
from typing import Any


class Right(enum.Enum):
    """Groups of callers; each but PUBLIC needs an active, signed-in person."""

    PUBLIC = "public"
    ANY = "any"
    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"


_ROLES: dict[Right, frozenset[str]] = {
    Right.ANY: frozenset({"CUSTOMER", "EMPLOYEE", "MANAGER", "ADMIN"}),
    Right.CUSTOMER: frozenset({"CUSTOMER"}),
    Right.EMPLOYEE: frozenset({"EMPLOYEE", "MANAGER", "ADMIN"}),
    Right.MANAGER: frozenset({"MANAGER", "ADMIN"}),
    Right.ADMIN: frozenset({"ADMIN"}),
}

P, A, C = Right.PUBLIC, Right.ANY, Right.CUSTOMER
E, M, X = Right.EMPLOYEE, Right.MANAGER, Right.ADMIN

Row = Right | dict[str, Right]

# Pages. Key: the route's name. What a person owns is filtered by owner behind the right.
PAGES: dict[str, Row] = {
    "home": P,
    "language": P,
    "page": P,
    "favicon": P,
    "robots": P,
    "media": P,
    "catalog:aisles": P,
    "catalog:department": P,
    "catalog:product": P,
    "catalog:save": A,
    "catalog:saved": A,
    "catalog:search": P,
    "catalog:suggest": P,
    "catalog:offers": P,
    "cart:page": P,
    "cart:drawer": P,
    "cart:add": P,
    "cart:set": P,
    "cart:substitution": P,
    "cart:substitution_of_all": P,
    "cart:clear": P,
    "cart:hold": P,
    "cart:release": P,
    "accounts:login": P,
    "accounts:register": P,
    "accounts:logout": A,
    "accounts:forgot": P,
    "accounts:reset": P,
    "accounts:home": A,
    "accounts:profile": A,
    "accounts:password": A,
    "accounts:addresses": C,
    "accounts:address_add": C,
    "accounts:address": C,
    "accounts:address_delete": C,
    "accounts:address_default": C,
    "payments:cards": C,
    "payments:card_add": {"POST": C},
    "payments:card_added": C,
    "payments:card_delete": C,
    "payments:card_default": C,
    "checkout:page": {"GET": C, "POST": P},  # what a visitor typed is kept over the sign-in
    "checkout:preview": {"POST": C},
    "checkout:card": {"POST": C},
    "checkout:back": {"GET": P},  # a bank may send an app's customer, who is not signed in here
    "sandbox_bank": P,
    "metrics": {"GET": P},  # to whoever carries MAMI_METRICS_TOKEN
    "orders:list": C,
    "orders:detail": C,
    "orders:progress": C,
    "orders:invoice": C,
    "orders:photo": C,
    "orders:cancel": C,
    "orders:reorder": C,
    "ops:queue": E,
    "ops:order": E,
    "ops:invoice": E,
    "ops:runs": E,
    "ops:board": M,
    "ops:slip": E,
    "ops:claim": E,
    "ops:hand_back": E,
    "ops:hand_over": M,
    "ops:deliver": M,
    "ops:photo": E,
    "ops:status": E,
    "ops:pick": E,
    "ops:answer": E,
    "ops:scan": E,
    "ops:swap": E,
    "ops:swaps": E,
    "ops:replay": E,
    "ops:finish": E,
    "stockrequests:mine": E,
    "stockrequests:products": E,
    "stockrequests:review": M,
    "stockrequests:decide": M,
}

# The JSON API. Key: the route's name, then the method.
API: dict[str, Row] = {
    "api:schema": P,
    "api:docs": P,
    "api:redoc": P,
    "api:unknown": P,
    "api:health": {"GET": P},
    "api:auth-register": {"POST": P},
    "api:auth-login": {"POST": P},
    "api:auth-refresh": {"POST": P},
    "api:auth-logout": {"POST": A},
    "api:auth-me": {"GET": A},
    "api:auth-change-password": {"POST": A},
    "api:auth-forgot-password": {"POST": P},
    "api:auth-reset-password": {"POST": P},
    "api:me": {"GET": A, "PATCH": A},
    "api:addresses": {"GET": C, "POST": C},
    "api:address": {"PATCH": C, "DELETE": C},
    "api:address-default": {"POST": C},
    "api:payment-tokens": {"GET": C, "POST": C},
    "api:payment-token": {"DELETE": C},
    "api:payment-token-default": {"POST": C},
    "api:payment-webhook-stripe": {"POST": P},
    "api:categories": {"GET": P},
    "api:category-products": {"GET": P},
    "api:product": {"GET": P},
    "api:product-search": {"GET": P},
    "api:product-autocomplete": {"GET": P},
    "api:branches": {"GET": P},
    "api:delivery-slots": {"GET": P},
    "api:delivery-slots-available": {"GET": P},
    "api:cart": {"GET": C, "DELETE": C},
    "api:cart-items": {"POST": C},
    "api:cart-item": {"PUT": C, "DELETE": C},
    "api:checkout-preview": {"POST": C},
    "api:checkout-confirm": {"POST": C},
    "api:orders": {"GET": A},
    "api:order": {"GET": A},
    "api:order-invoice": {"GET": A},
    "api:order-cancel": {"POST": A},
    "api:order-reorder": {"POST": C},
    "api:ops-orders": {"GET": E},
    "api:ops-order": {"GET": E},
    "api:ops-order-invoice": {"GET": E},
    "api:ops-order-item": {"PATCH": E},
    "api:ops-order-item-substitutes": {"GET": E, "POST": E},
    "api:ops-order-status": {"PATCH": E},
    "api:ops-performance": {"GET": M},
    "api:stock-requests": {"POST": E},
    "api:stock-requests-my": {"GET": E},
    "api:admin-stock-requests": {"GET": M},
    "api:admin-stock-request-review": {"PATCH": M},
    "api:admin-stock-requests-bulk": {"PATCH": M},
    "api:admin-categories": {"GET": M, "POST": M},
    "api:admin-category": {"GET": M, "PATCH": M, "DELETE": M},
    "api:admin-products": {"GET": M, "POST": M},
    "api:admin-product": {"GET": M, "PATCH": M, "DELETE": M},
    "api:admin-branches": {"GET": M, "POST": M},
    "api:admin-branch": {"GET": M, "PATCH": M, "DELETE": M},
    "api:admin-delivery-slots": {"GET": M, "POST": M},
    "api:admin-delivery-slot": {"GET": M, "PATCH": M, "DELETE": M},
    "api:admin-inventory": {"GET": M},
    "api:admin-inventory-row": {"PUT": M, "PATCH": M},
    "api:admin-audit": {"GET": M},
    "api:admin-reconciliation": {"GET": M},
    "api:admin-order-refund": {"POST": M},
    "api:old-categories": {"GET": P},
    "api:old-category-products": {"GET": P},
    "api:old-product": {"GET": P},
    "api:old-product-search": {"GET": P},
    "api:old-product-autocomplete": {"GET": P},
    "api:old-featured": {"GET": P},
    "api:old-delivery-source": {"GET": P},
    "api:old-toggle-category": {"PATCH": M},
    "api:old-toggle-product": {"PATCH": M},
    "api:old-toggle-branch": {"PATCH": M},
    "api:old-toggle-slot": {"PATCH": M},
    "api:old-inventory-row": {"PATCH": M},
    "api:old-stock-requests": {"GET": M},
    "api:old-stock-requests-bulk": {"PATCH": M},
    "api:old-stock-request-resolve": {"PATCH": M},
    "api:old-stock-request-review": {"PATCH": M},
    "api:old-wishlist": {"GET": C, "POST": C},
    "api:old-wish": {"DELETE": C},
    "api:admin-users": {"GET": X},
    "api:admin-user": {"GET": X, "PATCH": X},
}

RIGHTS: dict[str, Row] = {**PAGES, **API}


def right_for(route: str, method: str) -> Right | None:
    """The right a route asks for, or None where the table has no row for it."""
    row = RIGHTS.get(route)
    if isinstance(row, dict):
        return row.get("GET" if method == "HEAD" else method)
    return row


def allows(right: Right, user: Any) -> bool:
    """Whether `user` (perhaps anonymous) holds `right`."""
    if right is Right.PUBLIC:
        return True
    return bool(user.is_authenticated and user.is_active and user.role in _ROLES[right])
