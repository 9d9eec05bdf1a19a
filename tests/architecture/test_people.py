"""Whoever leaves is forgotten: no field that points at a person may be forgotten itself."""

from __future__ import annotations

from collections import Counter

from django.apps import apps

from accounts.models import User
from accounts.personal_rooms import ROOMS, rooms
from tests.architecture.project import APPS, ROOT

OURS = frozenset(APPS)
"""Django's own office log points at people too: staff, who do not leave by themselves."""


def pointing() -> set[str]:
    """Every foreign key to a person, as `app.Model.field`."""
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy and model._meta.app_label in OURS
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is User
    }


def test_every_foreign_key_to_a_person_is_named_by_the_room_of_its_own_app() -> None:
    named = Counter(name for room in rooms() for name in room.PEOPLE)
    assert set(named) == pointing()
    assert set(named.values()) == {1}
    for path, room in zip(ROOMS, rooms(), strict=True):
        app = path.partition(".")[0]
        assert all(name.startswith(f"{app}.") for name in room.PEOPLE), path


def test_every_room_is_listed() -> None:
    there = {f"{app}.personal" for app in APPS if (ROOT / app / "personal.py").exists()}
    assert there == set(ROOMS)
