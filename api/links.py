"""What an answer is good for: its ids are the way to the next calls."""

from __future__ import annotations

from typing import Any

ID, FIRST = "/data/id", "/data/0/id"

# The call, the calls it leads to, and where its answer holds their path's values.
LINKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("get_categories", ["get_category_products"], {"category_id": FIRST}),
    ("get_product_search", ["get_product"], {"product_id": FIRST}),
    ("post_addresses", ["patch_address", "post_address_default", "delete_address"],
     {"address_id": ID}),
    ("post_payment_tokens", ["post_payment_token_default", "delete_payment_token"],
     {"token_id": ID}),
    ("post_cart_items", ["put_cart_item", "delete_cart_item"], {"item_id": "/data/items/0/id"}),
    ("get_cart", ["put_cart_item", "delete_cart_item"], {"item_id": "/data/items/0/id"}),
    ("post_checkout_confirm", ["get_order", "get_order_invoice", "post_order_cancel"],
     {"order_id": "/data/order_id"}),
    ("get_orders", ["get_order", "get_order_invoice", "post_order_cancel", "post_order_reorder"],
     {"order_id": FIRST}),
    ("get_ops_orders", ["get_ops_order", "get_ops_order_invoice", "patch_ops_order_status"],
     {"order_id": "/data/0/order_id"}),
    ("get_ops_order", ["patch_ops_order_item"],
     {"order_id": ID, "item_id": "/data/items/0/id"}),
    ("get_ops_order", ["patch_ops_order_status", "post_admin_order_refund"], {"order_id": ID}),
    ("post_stock_requests", ["patch_admin_stock_request_review"], {"request_id": ID}),
    ("get_admin_stock_requests", ["patch_admin_stock_request_review"], {"request_id": FIRST}),
    ("post_admin_categories",
     ["get_admin_category", "patch_admin_category", "delete_admin_category"],
     {"category_id": ID}),
    ("post_admin_products", ["get_admin_product", "patch_admin_product", "delete_admin_product"],
     {"product_id": ID}),
    ("post_admin_branches", ["get_admin_branch", "patch_admin_branch", "delete_admin_branch"],
     {"branch_id": ID}),
    ("post_admin_delivery_slots",
     ["get_admin_delivery_slot", "patch_admin_delivery_slot", "delete_admin_delivery_slot"],
     {"slot_id": ID}),
    ("get_admin_inventory", ["put_admin_inventory_row"], {"stock_id": FIRST}),
    ("get_admin_users", ["get_admin_user"], {"user_id": FIRST}),
]  # fmt: skip


def add_links(document: dict[str, Any]) -> None:
    """Write LINKS into the successful answers of the document."""
    operations = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for operation in item.values()
    }
    for name, targets, values in LINKS:
        parameters = {key: f"$response.body#{pointer}" for key, pointer in values.items()}
        for status, answer in operations[name]["responses"].items():
            if status.startswith("2"):
                links = answer.setdefault("links", {})
                for target in targets:
                    links[target] = {"operationId": target, "parameters": parameters}
