"""What managers send and see of search by the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Sought, Whole
from api.queries import DateRange, Paging, Query
from catalog.searched import searched
from catalog.serializers import SearchedOut
from search.models import RuleKind, RuleSource, SearchRule
from search.selectors import Explained
from search.telling import HOWS


class RuleIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=RuleKind.values)
    words = serializers.ListField(
        child=Sought(max_length=200), max_length=200,
        help_text="Texts of one to four words, in any language; 1 to 50 of them.",
    )  # fmt: skip
    replacement = Sought(required=False, allow_blank=True, max_length=200, help_text="For INSTEAD.")
    category_ids = serializers.ListField(
        child=Id(), required=False, max_length=50, help_text="Shelves, for NOT_SOLD and GUIDE."
    )


class RulePatchIn(RuleIn):
    is_active = serializers.BooleanField(required=False)


class RuleOut(serializers.Serializer[Any]):
    id = Id()
    kind = serializers.ChoiceField(choices=RuleKind.values)
    words = serializers.ListField(child=serializers.CharField())
    replacement = serializers.CharField()
    category_ids = serializers.ListField(child=Id())
    is_active = serializers.BooleanField()
    source = serializers.ChoiceField(choices=RuleSource.values)
    finds = Whole(allow_null=True, help_text="Products the replacement finds now.")
    updated_at = Instant()

    def to_representation(self, told: tuple[SearchRule, int | None]) -> dict[str, Any]:
        rule, finds = told
        return {
            "id": rule.pk,
            "kind": rule.kind,
            "words": [word.text for word in rule.words.all()],
            "replacement": rule.replacement,
            "category_ids": [category.pk for category in rule.categories.all()],
            "is_active": rule.is_active,
            "source": rule.source,
            "finds": finds,
            "updated_at": self.fields["updated_at"].to_representation(rule.updated_at),
        }


class RulesQuery(Paging):
    kind = serializers.ChoiceField(choices=RuleKind.values, required=False)
    q = Sought(required=False, allow_blank=True, max_length=100)
    isActive = serializers.BooleanField(required=False, source="is_active")  # noqa: N815


class LoggedQuery(Paging, DateRange):
    show = serializers.CharField(
        required=False, max_length=20, help_text="`open` (as if absent), `all`, or a status."
    )
    q = Sought(required=False, allow_blank=True, max_length=60)


class LoggedOut(serializers.Serializer[Any]):
    """A text that people searched for; no person, address or session is kept with it."""

    text = serializers.CharField()
    language = serializers.CharField()
    searches = Whole()
    results = Whole()
    status = serializers.CharField()
    last_at = Instant()
    rule_id = Id(allow_null=True)


class DismissIn(serializers.Serializer[Any]):
    text = Sought(max_length=200)


class ExplainQuery(Query):
    q = Sought(max_length=100)
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class ExplainedWordOut(serializers.Serializer[Any]):
    typed = serializers.CharField()
    used = serializers.CharField()
    how = serializers.ChoiceField(choices=list(HOWS))


class ExplainedProductOut(serializers.Serializer[Any]):
    product_id = Id()
    sku = serializers.CharField()
    name = serializers.CharField()
    order = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=(
            "Sizes asked for, the asked shelf, the place of the words, about it, no flavours, the "
            "usual shelf, in stock, popularity, id: compared one after the other."
        ),
    )


class ExplainedOut(serializers.Serializer[Any]):
    search = SearchedOut(allow_null=True)
    words = ExplainedWordOut(many=True)
    top = ExplainedProductOut(many=True)

    def to_representation(self, explained: Explained) -> dict[str, Any]:
        told = searched(explained.page)
        return {
            "search": None if told is None else SearchedOut().to_representation(told),
            "words": [word._asdict() for word in explained.words],
            "top": [
                {"product_id": item.pk, "sku": item.sku, "name": item.name, "order": order}
                for item, order in explained.top
            ],
        }
