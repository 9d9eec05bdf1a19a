"""The catalogue in the JSON API: shelves for everybody, administration, wishes."""

from catalog.api.administration import (
    AdminCategories,
    AdminCategory,
    AdminProduct,
    AdminProducts,
)
from catalog.api.shelves import Autocomplete, Categories, CategoryProducts, ProductDetail, Search

__all__ = [
    "AdminCategories", "AdminCategory", "AdminProduct", "AdminProducts", "Autocomplete",
    "Categories", "CategoryProducts", "ProductDetail", "Search",
]  # fmt: skip
