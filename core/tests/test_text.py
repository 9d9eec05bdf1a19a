"""What people type shows something, in every form and call."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from rest_framework import serializers

from accounts.models import User
from api.fields import Sought, Text
from branches.errors import DuplicateBranchName
from branches.models import Branch
from branches.services import BranchData, create_branch, update_branch
from core.errors import InvalidInput
from core.service_admin import ReadOnlyAdmin
from core.tests.test_numbers import api_fields, shop_forms
from core.text import TextField, shows, tidy, validate_text

# What is looked up, compared or read by a reader of its own is right or wrong as a whole.
LOOKED_UP = {
    "q", "barcode", "code", "token", "key", "product", "phone", "fee", "urgency", "new_password",
    "current_password", "password", "opening_hours", "icon", "garnish", "accent", "aisle",
    "branchId", "substitution",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [("  a\u00a0 b ", "a b"), ("Cafe\u0301", "Café"), ("one\n two", "one\n two"), ("\u2003", "")],
)
def test_tidy(text: str, kept: str) -> None:
    assert tidy(text) == kept


@pytest.mark.parametrize("text", ["a", "שָׁ", "👍", "!", "a\u200db"])
def test_what_can_be_seen(text: str) -> None:
    assert shows(text)
    validate_text(text)


def fields_of(form: type[forms.BaseForm]) -> dict[str, forms.Field]:
    """As they are once a form is made, where that needs nothing."""
    try:
        return form().fields
    except (TypeError, AttributeError, ValueError):
        return form.base_fields  # type: ignore[attr-defined, no-any-return]


def test_every_text_of_a_form_is_judged(db: None) -> None:
    found = {
        (form.__module__, form.__name__, name): field
        for form in shop_forms()
        for name, field in fields_of(form).items()
        if type(field) in {forms.CharField, TextField} and name not in LOOKED_UP
    }
    assert len(found) > 15
    wrong = [key for key, field in found.items() if validate_text not in field.validators]
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_form_that_looks_something_up_sees_what_a_reader_sees() -> None:
    texts = {
        (form.__module__, form.__name__, name): type(field)
        for form in shop_forms()
        for name, field in fields_of(form).items()
        if name in {"q", "barcode", "product"} and isinstance(field, forms.CharField)
    }
    assert len(texts) > 8
    assert {key for key, kind in texts.items() if kind is forms.CharField} == set()


def test_every_call_that_looks_something_up_sees_what_a_reader_sees() -> None:
    found = {summary: type(field) for summary, field in api_fields() if field.field_name == "q"}
    assert len(found) > 10
    assert {summary for summary, kind in found.items() if kind is not Sought} == set()


def test_every_text_of_the_office_is_judged(rf: Any) -> None:
    request, found = rf.get("/"), 0
    request.user = User(role="ADMIN")
    for model, desk in admin.site._registry.items():
        if not isinstance(desk, ReadOnlyAdmin):
            continue
        for column in model._meta.concrete_fields:
            field = desk.formfield_for_dbfield(column, request)
            if type(field) is forms.CharField:
                found += 1
                assert validate_text in field.validators, (model, column)
    assert found > 20


def test_every_text_a_call_takes_is_judged() -> None:
    """Fields for words are `Text`; what is not is a secret, a code or a choice."""
    plain = {
        (summary, field.field_name)
        for summary, field in api_fields()
        if type(field) is serializers.CharField and field.field_name not in LOOKED_UP
    }
    allowed = ("token", "cursor", "email", "brand", "tag", "key", "code", "child", "", "slot")
    assert {one for one in plain if not (one[1] or "").endswith(allowed)} == set()
    assert sum(isinstance(field, Text) for _summary, field in api_fields()) > 20


@pytest.mark.django_db
class TestBranches:
    def made(self, **values: str) -> Branch:
        fields = {
            "name_he": "סניף", "name_en": "Café", "address_he": "א", "address_en": "a",
            "city_he": "ב", "city_en": "b", **values,
        }  # fmt: skip
        return create_branch(actor=None, data=BranchData(**fields))  # type: ignore[arg-type]

    @pytest.mark.parametrize("same", ["Cafe\u0301", " Café", "Café\u00a0"])
    def test_names_that_look_the_same_are_the_same(self, same: str) -> None:
        self.made()
        with pytest.raises(DuplicateBranchName):
            self.made(name_he="אחר", name_en=same)

    @pytest.mark.parametrize("name", ["\u200f", "\u3164", "Ca\u200bfé", "-"])
    @pytest.mark.parametrize("field", ["name_en", "name_he"])
    def test_a_name_can_be_seen(self, field: str, name: str) -> None:
        branch = self.made()
        with pytest.raises(InvalidInput) as refused:
            self.made(**{"name_en": "Other", "name_he": "אחר", field: name})
        assert list(refused.value.details["fields"]) == [field]
        with pytest.raises(InvalidInput):
            update_branch(actor=None, branch_id=branch.pk, changes={field: name})
        assert Branch.objects.count() == 1

    def test_an_address_can_be_seen(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            self.made(city_en="\u2060")
        assert list(refused.value.details["fields"]) == ["city_en"]
