"""Departments and categories as managers arrange them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.services import Action, Actor
from catalog import process_cache
from catalog.errors import CategoryLoop
from catalog.locks import lock_categories
from catalog.models import Category, Product
from catalog.search_port import documents_changed
from catalog.services.write_helpers import (
    clean,
    differing,
    flat,
    free_slug,
    record_change,
    saved,
    switch,
)
from core.errors import InvalidInput, NotFound
from core.text import tidy
from core.transactions import write_transaction

FIELDS = ("name_he", "name_en", "parent_id", "slug", "aisle", "icon", "position")
DEEPEST = 5  # a department counts as 1


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
    values["name_he"] = values["name_he"] or tidy(name) or values["name_en"]
    values["name_en"] = values["name_en"] or tidy(name) or values["name_he"]
    with write_transaction():
        categories = lock_categories()
        parent = _parent(categories, values["parent_id"])
        if parent is not None and len(_path(categories, parent)) >= DEEPEST:
            raise _too_deep()
        values["slug"] = values.get("slug") or free_slug(Category, values["name_en"])
        values["aisle"] = values.get("aisle") or (parent.aisle if parent else "")
        is_open = values.get("is_active", True) and (parent is None or parent.is_open)
        category = Category(**values, is_open=is_open)
        clean(category)
        saved(category)
        told = {field: getattr(category, field) for field in FIELDS}
        record_change(actor=actor, row=category, action=Action.CREATE, new=told)
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
            record_change(actor=actor, row=category, action=Action.UPDATE, old=old, new=new)
        below = _below(categories, category)
        if {"name_he", "name_en", "parent_id"} & old.keys():
            places = [row.pk for row in below]
            found = Product.objects.filter(category_id__in=places).values_list("pk", flat=True)
            documents_changed(found)
        active = values.get("is_active", category.is_active)
        opened = _opened(categories, below, active=active)
        # Closed before and opened after the switch: an inactive one is never open.
        _mark(below, opened, is_open=False)
        switch(actor=actor, row=category, active=active)
        _mark(below, opened, is_open=True)
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


def _path(categories: Mapping[int, Category], category: Category) -> list[Category]:
    """From `category` up to its department."""
    path = [category]
    while (parent_id := path[-1].parent_id) is not None:
        path.append(categories[parent_id])
    return path


def _below(categories: Mapping[int, Category], category: Category) -> list[Category]:
    """`category` and all below it, each after the one it stands in."""
    children: dict[int | None, list[Category]] = {}
    for row in categories.values():
        children.setdefault(row.parent_id, []).append(row)
    found = [category]
    for row in found:
        found += children.get(row.pk, [])
    return found


def _check_place(
    categories: Mapping[int, Category], category: Category, parent_id: int | None
) -> None:
    """Raise CategoryLoop where `category` would stand below itself, InvalidInput where it or one
    below it would stand too deep.
    """
    parent = _parent(categories, parent_id)
    if parent is None:
        return
    above = _path(categories, parent)
    if category in above:
        raise CategoryLoop
    deepest = max(len(_path(categories, row)) for row in _below(categories, category))
    height = deepest - len(_path(categories, category)) + 1
    if len(above) + height > DEEPEST:
        raise _too_deep()


def _too_deep() -> InvalidInput:
    text = _("Categories stand at most %(most)d deep.") % {"most": DEEPEST}
    return InvalidInput(fields={"parent_id": [text]})


def _opened(
    categories: Mapping[int, Category], below: list[Category], *, active: bool
) -> frozenset[int]:
    """Those of a subtree that are open once its first one is `active` or not."""
    first = below[0]
    above = categories[first.parent_id] if first.parent_id is not None else None
    opened = {first.pk} if active and (above is None or above.is_open) else set()
    for row in below[1:]:
        if row.is_active and row.parent_id in opened:
            opened.add(row.pk)
    return frozenset(opened)


def _mark(below: list[Category], opened: frozenset[int], *, is_open: bool) -> None:
    """Write what changes to `is_open`, for the whole subtree in one statement."""
    changing = [r for r in below if r.is_open != is_open and (r.pk in opened) == is_open]
    if changing:
        Category.objects.filter(pk__in=[row.pk for row in changing]).update(is_open=is_open)
        process_cache.changed()
    for row in changing:
        row.is_open = is_open
