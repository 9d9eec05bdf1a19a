"""Looking after the catalogue: products, categories, brands, VAT rates, wishes."""

from catalog.indexing import index_products
from catalog.services.brands import brand_called, create_brand, update_brand
from catalog.services.categories import (
    activate_category,
    create_category,
    deactivate_category,
    update_category,
)
from catalog.services.products import (
    ProductData,
    activate_product,
    create_product,
    deactivate_product,
    update_product,
)
from catalog.services.vat import add_vat_rate
from catalog.services.wishes import forget_wish, save_wish

__all__ = [
    "ProductData",
    "activate_category",
    "activate_product",
    "add_vat_rate",
    "brand_called",
    "create_brand",
    "create_category",
    "create_product",
    "deactivate_category",
    "deactivate_product",
    "forget_wish",
    "index_products",
    "save_wish",
    "update_brand",
    "update_category",
    "update_product",
]
