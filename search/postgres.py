"""PostgreSQL as the search engine: the words of documents are a vector, the order whole numbers.

No text score is used anywhere: each product gets numbers that are compared one after the other, so
that another engine can give the same order. Pages in that order are read by `found`; here products are
narrowed for shelves that a column sorts, and the numbers told one by one.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery as TextQuery
from django.db.models import BooleanField, Case, IntegerField, Q, Value, When
from django.db.models.functions import Least

from branches.models import Branch
from catalog.models import Product
from catalog.querysets import ProductQuerySet
from catalog.search_port import Alternative, SearchQuery
from search.models import SearchDocument

LABEL = "ABC"  # names, brand and codes, category; D is the description
PLACES = (("A", 3), ("B", 2), ("C", 1))
NOBODY = Q(pk=0)  # not an empty set: what is counted around it is still asked
Alternatives = tuple[Alternative, ...]


class Words(TextQuery):
    """A tsquery that is cast and not parsed: its words are cut already, `_` and all."""

    def __init__(self, text: str) -> None:
        super().__init__(text, config="simple", search_type="raw")

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        text = self.get_source_expressions()[-1]
        sql, params = compiler.compile(text)
        return f"({sql})::tsquery", list(params)


def narrow(products: ProductQuerySet, query: SearchQuery) -> ProductQuerySet:
    """Those of `products` that the query finds."""
    if query.is_empty:
        return products.filter(NOBODY)
    if query.product_id is not None:
        return products.filter(pk=query.product_id)
    found = products.filter(_words(query), search_document__isnull=False)
    if query.whole_places:
        found = products.filter(pk__in=_of_whole_places(query), search_document__isnull=False)
    if query.heads:
        found = found.filter(search_document__heads__overlap=list(query.heads))
    if query.wanted:
        found = found.filter(search_document__quantities__contains=list(query.wanted))
    if query.tags:
        found = found.filter(dietary_tags__contains=list(query.tags))
    if query.allergen_free:
        found = found.exclude(allergens__overlap=list(query.allergen_free))
    return found


def in_stock(*, branch_id: int | None, anywhere: bool) -> Case:
    """What documents know of stock: at a branch, at any active one, or where deliveries leave from."""
    branches = Branch.objects.order_by().values("pk")
    if branch_id is not None:
        at = Q(search_document__branches__contains=[branch_id])
    elif anywhere:
        active = ArraySubquery(branches.filter(is_active=True))
        at = Q(search_document__branches__overlap=active)
    else:
        source = ArraySubquery(branches.filter(is_delivery_source=True))
        at = Q(search_document__branches__overlap=source)
    return Case(When(at, then=Value(True)), default=Value(False), output_field=BooleanField())


def numbers(query: SearchQuery) -> dict[str, Any]:
    """The first six numbers of the order by their names; a plain 0 is the same for every product."""
    none = Value(0)
    names = ("sizes", "shelf", "place", "about", "unflavoured", "usual")
    found: dict[str, Any] = dict.fromkeys(names, none)
    if query.preferred:
        found["sizes"] = sum((_one(_has(key)) for key in query.preferred), start=none)
    if query.asked_categories:
        found["shelf"] = _one(Q(category__in=query.asked_categories))
    if query.parts:
        places = [_place(part) for part in query.parts]
        heads = sorted({form for part in query.parts for one in part for form in one.heads})
        found["place"] = Least(*places) if len(places) > 1 else places[0]
        found["about"] = _one(Q(search_document__heads__overlap=heads))
        found["unflavoured"] = _one(Q(search_document__flavours=[]))
    elif query.named is not None:
        says_so = When(_matches((query.named,), "A"), then=Value(3))
        found["place"] = Case(says_so, default=Value(0), output_field=IntegerField())
    if query.majority is not None:
        found["usual"] = _one(Q(category=query.majority))
    return found


def _words(query: SearchQuery, document: str = "search_document__") -> Q:
    words = Q()
    for part in query.parts:
        words &= Q((f"{document}words", Words(tsquery(part, LABEL))))
    return words


def _of_whole_places(query: SearchQuery) -> Any:
    """The keys of what has the words, and of what stands there: each by its own index."""
    there = Product.objects.filter(category__in=query.whole_places).order_by().values("pk")
    if not query.parts:
        return there
    return SearchDocument.objects.filter(_words(query, "")).values("pk").union(there)


def _matches(part: Alternatives, weights: str) -> Q:
    return Q(search_document__words=Words(tsquery(part, weights)))


def tsquery(part: Alternatives, weights: str) -> str:
    return " | ".join(f"({_all_of(one, weights)})" for one in part)


def _all_of(alternative: Alternative, weights: str) -> str:
    weights = "D" if alternative.described else weights
    words = []
    for number, forms in enumerate(alternative.words):
        said = [f"{_quoted(form)}:{weights}" for form in forms]
        if number == 0:
            said += [f"{_quoted(word)}:*{weights}" for word in alternative.beginnings]
        words.append(f"({' | '.join(said)})")
    return " & ".join(words)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _place(part: Alternatives) -> Case:
    """Where the words stand: in the name 3, the brand 2, its own category 1, elsewhere 0."""
    return Case(
        *(When(_matches(part, weight), then=Value(number)) for weight, number in PLACES),
        default=Value(0),
        output_field=IntegerField(),
    )


def _has(key: str) -> Q:
    return Q(search_document__quantities__contains=[key])


def _one(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
