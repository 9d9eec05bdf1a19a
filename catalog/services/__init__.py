"""Looking after the catalogue: products, categories, brands, VAT rates, wishes."""

from catalog.services.brands import brand_called, create_brand, update_brand
from catalog.services.categories import (
    activate_category,
    create_category,
    deactivate_category,
    update_category,
)
from catalog.services.pictures import clean_pictures, sweep_pictures
from catalog.services.products import (
    ProductData,
    activate_product,
    create_product,
    deactivate_product,
    update_product,
)
from catalog.services.vat import add_vat_rate

__all__ = [
    "ProductData",
    "activate_category",
    "activate_product",
    "add_vat_rate",
    "brand_called",
    "clean_pictures",
    "create_brand",
    "create_category",
    "create_product",
    "deactivate_category",
    "deactivate_product",
    "sweep_pictures",
    "update_brand",
    "update_category",
    "update_product",
]
