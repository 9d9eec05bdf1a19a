"""Departments and categories as managers arrange them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.services import Action, Actor
from catalog.errors import CategoryLoop
from catalog.indexing import index_products
from catalog.locks import lock_categories
from catalog.models import Category, Product
from catalog.services.changes import clean, differing, flat, free_slug, saved, switch, tell
from mami.errors import InvalidInput, NotFound
from mami.transactions import write_transaction

FIELDS = ("name_he", "name_en", "parent_id", "slug", "aisle", "icon", "position")


def create_category(
    *,
    actor: Actor | None,
    name_he: str = "",
    name_en: str = "",
    name: str = "",
    parent_id: int | None = None,
    **more: Any,
) -> Category:
    """Add a department (no parent) or a category in one; `name` stands in for a missing language.

    Raises InvalidInput, DuplicateName.
    """
    values = flat({"name_he": name_he, "name_en": name_en, "parent_id": parent_id, **more})
    values["name_he"] = values["name_he"] or name.strip() or values["name_en"]
    values["name_en"] = values["name_en"] or name.strip() or values["name_he"]
    with write_transaction():
        parent = _parent(lock_categories(), values["parent_id"])
        values["slug"] = values.get("slug") or free_slug(Category, values["name_en"])
        values["aisle"] = values.get("aisle") or (parent.aisle if parent else "")
        category = Category(**values)
        clean(category)
        saved(category)
        told = {field: getattr(category, field) for field in FIELDS}
        tell(actor=actor, row=category, action=Action.CREATE, new=told)
    return category


def update_category(
    *, actor: Actor | None, category_id: int, changes: Mapping[str, Any]
) -> Category:
    """Change fields of a category, `is_active` among them.

    Raises NotFound, InvalidInput, DuplicateName, CategoryLoop.
    """
    values = flat(changes)
    if name := values.pop("name", ""):
        values = {"name_he": name, "name_en": name, **values}
    with write_transaction():
        categories = lock_categories()
        category = categories.get(category_id)
        if category is None:
            raise NotFound
        if "parent_id" in values:
            _check_place(categories, category, values["parent_id"])
        old = differing(category, values, FIELDS)
        for field in old:
            setattr(category, field, values[field])
        if old:
            clean(category)
            saved(category, update_fields=list(old))
            new = {field: getattr(category, field) for field in old}
            tell(actor=actor, row=category, action=Action.UPDATE, old=old, new=new)
        if {"name_he", "name_en", "parent_id"} & old.keys():
            index_products(_products_below(category))
        switch(actor=actor, row=category, active=values.get("is_active", category.is_active))
    return category


def deactivate_category(*, actor: Actor | None, category_id: int) -> Category:
    """Hide a category and what is below it from shoppers. Raises NotFound."""
    return update_category(actor=actor, category_id=category_id, changes={"is_active": False})


def activate_category(*, actor: Actor | None, category_id: int) -> Category:
    """Show a category again. Raises NotFound."""
    return update_category(actor=actor, category_id=category_id, changes={"is_active": True})


def _parent(categories: Mapping[int, Category], parent_id: int | None) -> Category | None:
    if parent_id is None:
        return None
    if parent_id not in categories:
        raise InvalidInput(fields={"parent_id": [_("This category does not exist.")]})
    return categories[parent_id]


def _check_place(
    categories: Mapping[int, Category], category: Category, parent_id: int | None
) -> None:
    """Raise CategoryLoop when `category` would stand below itself."""
    above = _parent(categories, parent_id)
    while above is not None:
        if above.pk == category.pk:
            raise CategoryLoop
        above = categories.get(above.parent_id) if above.parent_id else None


def _products_below(category: Category) -> list[int]:
    places = {category.pk, *category.children.values_list("pk", flat=True)}
    return list(Product.objects.filter(category_id__in=places).values_list("pk", flat=True))
