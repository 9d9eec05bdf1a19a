"""Plain digits only, whoever reads a number."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.urls import get_resolver
from rest_framework import serializers

from accounts.models import User
from api.fields import Day, Id, Money, PlainDigits, Quantity, TimeOfDay, Whole
from core.numbers import NumberField, WholeNumberField, is_plain
from core.service_admin import ReadOnlyAdmin

NOT_PLAIN = [
    "1_000",
    "1_0",
    "٥",
    "１",
    "१२",
    "1e3",
    "0x10",
    "½",
    "²",
    "1 000",
    "--1",
    "+",
    ".",
    "∞",
    "NaN",
]


PAGES = {"refund_page", "change_views", "change_form"}  # modules with forms of their own


@pytest.mark.parametrize("text", NOT_PLAIN)
@pytest.mark.parametrize(
    "field", [Whole(), Id(), Money(), Quantity()], ids=lambda f: type(f).__name__
)
def test_the_api_refuses_other_spellings(field: Any, text: str) -> None:
    with pytest.raises(serializers.ValidationError):
        field.run_validation(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
@pytest.mark.parametrize("field", [NumberField(), WholeNumberField()], ids=["number", "whole"])
def test_forms_refuse_other_spellings(field: Any, text: str) -> None:
    with pytest.raises(forms.ValidationError):
        field.clean(text)


def test_what_is_plain_is_read() -> None:
    assert Money().run_validation("12.90") == Money().run_validation(12.9) == Decimal("12.90")
    assert Quantity().run_validation("0.780") == Quantity().run_validation(0.78) == Decimal("0.78")
    assert Whole().run_validation("10") == Whole().run_validation(10) == 10
    assert NumberField().clean("1,5") == NumberField().clean(" 1.5 ") == Decimal("1.5")
    assert NumberField().clean("0,780") == Decimal("0.780")
    assert WholeNumberField().clean("12") == 12
    assert is_plain("-0.5")
    assert not is_plain("")


@pytest.mark.parametrize("text", ["٢٠٢٦-١١-٢٩", "２０２６-11-29"])
def test_days_in_other_digits_are_refused(text: str) -> None:
    with pytest.raises(serializers.ValidationError):
        Day().run_validation(text)


def test_times_in_other_digits_are_refused() -> None:
    with pytest.raises(serializers.ValidationError):
        TimeOfDay().run_validation("١٨:٠٠")


def _operations() -> Iterator[Any]:
    """Every described call of the API."""

    def walk(patterns: Any) -> Iterator[Any]:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns)
            else:
                view = getattr(pattern.callback, "view_class", None) or getattr(
                    pattern.callback, "cls", None
                )
                for name in ("get", "post", "put", "patch", "delete"):
                    call = getattr(getattr(view, name, None), "operation", None)
                    if call is not None:
                        yield call

    yield from walk(get_resolver().url_patterns)


def _fields(serializer: Any) -> Iterator[Any]:
    for field in serializer.fields.values():
        one = getattr(field, "child", field)
        yield one
        if isinstance(one, serializers.Serializer):
            yield from _fields(one)


def api_fields() -> list[tuple[str, Any]]:
    """Every field of a query or body, with the summary of its call."""
    return [
        (call.summary, field)
        for call in _operations()
        for serializer in (call.query, call.body)
        if serializer is not None
        for field in _fields(serializer())
    ]


def test_every_number_an_api_call_takes_is_read_plainly() -> None:
    numbers = [
        (summary, field.field_name, field)
        for summary, field in api_fields()
        if isinstance(
            field, serializers.IntegerField | serializers.DecimalField | serializers.FloatField
        )
    ]
    assert len(numbers) > 50
    assert [one[:2] for one in numbers if not isinstance(one[2], PlainDigits)] == []


def shop_forms() -> Iterator[type[forms.BaseForm]]:
    for config in apps.get_app_configs():
        root = importlib.import_module(config.name)
        if not root.__file__ or ".venv" in root.__file__:
            continue
        for module in pkgutil.walk_packages(root.__path__, f"{config.name}."):
            if (
                module.name.split(".")[-1]
                not in {"forms", "admin", "invariants_page", "stock"} | PAGES
            ):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(value) and issubclass(value, forms.BaseForm):
                    yield value


def test_every_number_of_a_form_is_read_plainly() -> None:
    found = {
        (form.__module__, form.__name__, name): field
        for form in shop_forms()
        for name, field in form.base_fields.items()  # type: ignore[attr-defined]
        if isinstance(field, forms.IntegerField)
    }
    assert len(found) > 10
    plain = (NumberField, WholeNumberField)
    assert [key for key, field in found.items() if not isinstance(field, plain)] == []


def test_every_number_of_the_office_is_read_plainly(rf: Any) -> None:
    request = rf.get("/")
    request.user = User(role="ADMIN")
    found = 0
    for model, desk in admin.site._registry.items():
        if not isinstance(desk, ReadOnlyAdmin):
            continue
        for column in model._meta.concrete_fields:
            field = desk.formfield_for_dbfield(column, request)
            if isinstance(field, forms.IntegerField):
                found += 1
                assert isinstance(field, NumberField | WholeNumberField), (model, column)
    assert found > 20
