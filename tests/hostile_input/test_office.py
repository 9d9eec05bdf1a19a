"""No list, form or page of the office breaks, whatever stands in its address or its form."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.hostile_input.test_pages import tell
from tests.hostile_input.values import IN_ADDRESSES, IN_FORMS, Trial
from tests.shop import open_with_sandbox
from tests.turns import in_turn, one_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LOOKUPS = ("exact", "in", "gte", "regex", "nothing")
VALUES = (
    "\x00",
    "",
    "x",
    "[]",
    "(",
    "9" * 30,
    "-1",
    "1e999",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "2026-02-31",
    "1,x",
)
LIST = (
    "q",
    "o",
    "p",
    "all",
    "e",
    "day",
    "level",
    "_facets",
    "_to_field",
    "_popup",
    "cursor",
    "first",
    "last",
    "export",
)


@pytest.fixture
def office(db):
    with open_with_sandbox() as shop:
        shop.order()
        client = Client()
        client.force_login(shop.person("ADMIN"))
        yield client


def address(model: Any, page: str, *args: Any) -> str:
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
    except NoReverseMatch:
        return ""


@pytest.mark.filterwarnings("error:DateTimeField .* received a naive datetime")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_any_filter_of_any_list(office, model):
    trial, where = Trial(office), address(model, "changelist")
    fields = [field.name for field in model._meta.get_fields() if isinstance(field, models.Field)]
    for place, field in enumerate(fields):
        for turn, lookup in enumerate(LOOKUPS):  # the fields of a list together try every value
            if (place + turn) % one_of(3):
                continue
            value = VALUES[(place * 3 + turn) % len(VALUES)]
            trial.call("get", f"{where}?{field}__{lookup}={quote(value)}")
    for value in in_turn(VALUES, MODELS.index(model)):
        trial.call("get", where + "?" + "&".join(f"{name}={quote(value)}" for name in LIST))
        trial.call("get", f"{where}?q={quote(value)}")
    tell(trial)


def test_any_key_of_any_row(office):
    trial = Trial(office)
    for turn, model in enumerate(MODELS):
        known = address(model, "change", "KEY")
        for value in in_turn(IN_ADDRESSES, turn):
            odd = quote(value, errors="surrogatepass")
            for page in ("change", "history", "delete"):
                where = address(model, page, "KEY") or known
                trial.call("get", where.replace("KEY", odd))
    tell(trial)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_any_value_in_any_form(office, model):
    trial = Trial(office)
    names = [field.name for field in model._meta.get_fields() if isinstance(field, models.Field)]
    row = model._default_manager.order_by("pk").first()
    pages = [address(model, "add"), address(model, "change", row.pk) if row else ""]
    for where in filter(None, pages):
        answer = trial.call("post", where, dict.fromkeys(names, "1"))
        if answer is not None and answer.status_code == 403:
            continue  # the office asks whether somebody may before it reads what they sent
        for value in in_turn(IN_FORMS, MODELS.index(model)):
            trial.call("post", where, dict.fromkeys(names, value))
    actions = {"action": "\x00", "_selected_action": ["x", "9" * 30, "\x00"], "index": "x"}
    for more in ({}, {"action": "deactivate"}, {"select_across": "x"}, {"action": "retry"}):
        trial.call("post", address(model, "changelist"), {**actions, **more})
    tell(trial)
