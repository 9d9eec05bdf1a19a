"""The catalogue in the JSON API: shelves, administration, what the first web client asks."""

from catalog.api.administration import AdminCategories, AdminCategory, AdminProduct, AdminProducts
from catalog.api.first_client import (
    Featured,
    ToggleCategory,
    ToggleProduct,
)
from catalog.api.shelves import Autocomplete, Categories, CategoryProducts, ProductDetail, Search

__all__ = [
    "AdminCategories", "AdminCategory", "AdminProduct", "AdminProducts", "Autocomplete",
    "Categories", "CategoryProducts", "Featured", "ProductDetail", "Search", "ToggleCategory",
    "ToggleProduct",
]  # fmt: skip
