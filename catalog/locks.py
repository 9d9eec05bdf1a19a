"""Row locks of the catalogue, for a manager's change."""

from __future__ import annotations

from catalog.models import Brand, Category, Product
from core.errors import NotFound


def lock_product(*, product_id: int) -> Product:
    """A product, active or not. Raises NotFound."""
    product = (
        Product.objects.select_for_update(of=("self",))
        .select_related("brand", "category")
        .filter(pk=product_id)
        .first()
    )
    if product is None:
        raise NotFound
    return product


def lock_categories() -> dict[int, Category]:
    """All categories by key: two moves at once could otherwise close a loop together."""
    return {c.pk: c for c in Category.objects.select_for_update().order_by("pk")}


def lock_brand(*, brand_id: int) -> Brand:
    """A brand. Raises NotFound."""
    brand = Brand.objects.select_for_update().filter(pk=brand_id).first()
    if brand is None:
        raise NotFound
    return brand
