"""Every word and number that managers read in the office: in their language, without machine's zeros."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.db import models
from django.test import Client, RequestFactory
from django.utils.translation import override

from inventory.models import Stock, StockMovement
from tests.admin_forms import address
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db
ADMINS = sorted(admin.site._registry.items(), key=lambda model_admin: model_admin[0]._meta.label)
# Names of things that are the same in both languages.
OWN_NAMES = {"English", "עברית", "Mami", "id"}
TAGS = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)


@pytest.fixture
def office(db):
    with open_with_sandbox() as shop:
        shop.order()
        yield shop


def is_hebrew(text: str) -> bool:
    return any("א" <= letter <= "ת" for letter in text)


def is_foreign(text: str, language: str) -> bool:
    """Has words, and none in this language."""
    words = any(letter.isalpha() for letter in text) and text not in OWN_NAMES
    return words and is_hebrew(text) != (language == "he")


def said(model: type[models.Model], model_admin: Any, request: Any) -> Iterator[tuple[str, Any]]:
    """Every word that a model's list, filters, forms and tables are made of."""
    yield "table", model._meta.verbose_name
    yield "tables", model._meta.verbose_name_plural
    yield "app", model._meta.app_config.verbose_name
    for name in model_admin.get_list_display(request):
        yield f"column {name}", label_for_field(name, model, model_admin)
    changelist = model_admin.get_changelist_instance(request)
    for spec in changelist.filter_specs:
        yield "filter", spec.title
    for _function, name, title in model_admin._get_base_actions():
        yield f"action {name}", title
    for title, _options in model_admin.get_fieldsets(request):
        yield "set of fields", title or ""
    typed = model_admin.form.declared_fields  # shown with the label of the form, told below
    for name in flatten_fieldsets(model_admin.get_fieldsets(request)):
        if name in typed:
            continue
        if not isinstance(name, str) or hasattr(model_admin, name) or name in _columns(model):
            yield f"field {name}", label_for_field(name, model, model_admin)
    yield from _choices_and_inlines(model, model_admin, request)
    if model_admin.has_change_permission(request):
        for name, field in model_admin.get_form(request).base_fields.items():
            yield f"form {name}", field.label or ""
            yield f"help {name}", field.help_text or ""


def _choices_and_inlines(
    model: type[models.Model], model_admin: Any, request: Any
) -> Iterator[tuple[str, Any]]:
    for field in model._meta.fields:
        for value, label in field.choices or ():
            yield f"choice {field.name}={value}", label
    for inline in model_admin.get_inlines(request, None):
        table = inline(model, admin.site)
        yield "inline", table.verbose_name_plural
        for name in table.get_fields(request):
            yield f"inline {name}", label_for_field(name, inline.model, table)


def _columns(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields()}


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_word_is_the_readers(office, language):
    request = RequestFactory().get("/")
    request.user = office.person("ADMIN")
    foreign = []
    with override(language):
        for model, model_admin in ADMINS:
            foreign += [
                f"{model._meta.label} {what}: {text}"
                for what, text in said(model, model_admin, request)
                if is_foreign(str(text), language)
                # The background jobs' own states are told by the office's words for them.
                and not (model._meta.app_label == "procrastinate" and what.startswith("choice"))
            ]
    assert not foreign, "\n".join(sorted(set(foreign)))


@pytest.mark.parametrize("language", ["he", "en"])
def test_lists_and_rows_show_no_machines_numbers(office, language):
    """`67`, not `67.000`; the name of a weekday, not its number."""
    client = Client(headers={"Accept-Language": language})
    client.force_login(office.person("ADMIN"))
    wrong = []
    for model, _admin in ADMINS:
        row = model._default_manager.order_by("pk").first()
        pages = [address(model, "changelist"), address(model, "change", row.pk) if row else ""]
        for page in filter(None, pages):
            text = html.unescape(TAGS.sub(" ", client.get(page).content.decode()))
            wrong += [
                f"{page}: {found}" for found in re.findall(r"(?<![\d.])\d+\.\d{3}(?![\d.])", text)
            ]
            wrong += [
                f"{page}: {found}"
                for found in re.findall(r"(?<!\d)[0-6] \d\d:\d\d–\d\d:\d\d", text)
            ]
    assert not wrong


def test_quantities_keep_what_is_behind_the_point(office):
    milk = office.weighed()
    Stock.objects.filter(product=milk).update(on_hand=Decimal("67.250"))
    client = Client()
    client.force_login(office.person("ADMIN"))
    row = Stock.objects.filter(product=milk).first()
    assert "67.25" in client.get(address(Stock, "changelist")).content.decode()
    assert 'value="67.25"' in client.get(address(Stock, "change", row.pk)).content.decode()
    movement = StockMovement.objects.order_by("pk").first()
    assert client.get(address(StockMovement, "change", movement.pk)).status_code == 200
    for order in ("on_hand", "on_hand_delta"):
        listed = StockMovement if order.endswith("delta") else Stock
        assert client.get(address(listed, "changelist") + "?o=4.-3").status_code == 200


def test_finished_jobs_do_not_hide_the_others(office):
    from tests.test_jobs import insert_job

    jobs = {
        status: insert_job("x.y", {}, status=status) for status in ("succeeded", "todo", "failed")
    }
    client = Client()
    client.force_login(office.person("ADMIN"))
    where = "/admin/procrastinate/procrastinatejob/"

    def listed(query: str = "") -> set[int]:
        return {job.pk for job in client.get(where + query).context["cl"].result_list}

    assert jobs["succeeded"] not in listed()
    assert {jobs["todo"], jobs["failed"]} <= listed()
    assert set(jobs.values()) <= listed("?status__exact=all")
    assert jobs["succeeded"] in listed("?status__exact=succeeded")
    assert listed("?status__exact=x") == set()
