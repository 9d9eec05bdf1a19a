"""What the description of the API says of itself, for drf-spectacular."""

from __future__ import annotations

from typing import Any

DESCRIPTION: dict[str, Any] = {
    "TITLE": "Mami",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "DESCRIPTION": (
        "The online supermarket Mami: catalogue, basket, checkout, orders, and the staff's work. "
        'Every answer is `{"data": …}`, every failure `{"error": {"code", "message", '
        '"details"}}`; codes never change, messages follow `Accept-Language`. Money is a decimal '
        "string in ILS with VAT, quantities are numbers, instants are UTC. Repeat a write that got "
        "no answer with the same `Idempotency-Key`."
    ),
    "SERVERS": [{"url": "/", "description": "The shop that serves this page."}],
    "TAGS": [
        {"name": name}
        for name in (
            *(
                "Accounts",
                "Catalogue",
                "Branches",
                "Basket",
                "Lists",
                "Waiting",
                "Checkout",
                "Orders",
            ),
            "Standing orders",
            *("Staff", "Stock requests", "Administration", "First web client", "Health"),
        )
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    },
    "POSTPROCESSING_HOOKS": [
        "api.schema.tidy",
    ],
}
