"""Stock in the office: lists and forms of Django admin, and the pages for files and transfers."""

from inventory.admin.stock import StockAdmin, StockMovementAdmin

__all__ = ["StockAdmin", "StockMovementAdmin"]
