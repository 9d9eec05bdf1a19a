"""Which line a request waits in, by how its path begins; the first that fits. Without a line: at once."""

from __future__ import annotations

from core import admission
from core.admission import MONEY, PEOPLE, SHELVES

LINES: tuple[admission.Row, ...] = (
    ("/metrics", None),
    ("POST /checkout/", MONEY),
    ("/checkout/back", MONEY),
    ("POST /orders/", MONEY),
    ("/api/v1/checkout/confirm", MONEY),
    ("POST /api/v1/orders/", MONEY),
    ("/api/v1/payments/webhooks/", MONEY),
    ("/ops/", MONEY),
    ("/admin/", MONEY),
    ("/api/v1/ops/", MONEY),
    ("/api/v1/stock-requests", MONEY),
    ("/api/v1/admin/", MONEY),
    ("/account/", PEOPLE),
    ("/cart/", PEOPLE),
    ("/checkout/", PEOPLE),
    ("/orders/", PEOPLE),
    ("/api/v1/auth/", PEOPLE),
    ("/api/v1/me", PEOPLE),
    ("/api/v1/cart", PEOPLE),
    ("/api/v1/checkout/", PEOPLE),
    ("/api/v1/orders", PEOPLE),
    ("/", SHELVES),
)
