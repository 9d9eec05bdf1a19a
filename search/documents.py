"""Writing what the engine knows of products, in the transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from catalog import process_cache
from catalog.models import Product
from core.database import long_work
from search import outbox, sql
from search.labels import Label, product_keys, read_label
from search.rules import Rules, rules_by_key
from search.vocabulary import Vocabulary, vocabulary_of
from search.words import is_word, tokens

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A product with its names taken apart."""

    product: Product
    labels: tuple[Label, Label]

    @property
    def heads(self) -> list[str]:
        return list(dict.fromkeys(head for label in self.labels for head in label.heads))

    @property
    def named(self) -> list[str]:
        """What its names name, heads included, without what it is without."""
        return [unit.token for label in self.labels for unit in label.units if not unit.is_without]


def index_products(product_ids: Iterable[int], *, anyway: bool = True) -> int:
    """Bring the documents of these products up to date; how many there are. Three statements a batch,
    one more where a rule was changed. Not `anyway`: who has no other words keeps the version.
    """
    ids = list(product_ids)
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    return sum(_index(batch, anyway=anyway) for batch in batches)


def rebuild() -> int:
    """Write every document and count every word anew: after a change of the rules of reading, or of
    a PHRASE. Twice, because what a flavour is follows from all heads.
    """
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for _pass in range(2):
        index_products(ids)
        rebuild_words()
    return len(ids)


def learn_anew() -> None:
    """Every night: what labels are about and taste of follows from all of them; and where products
    are in stock, should a change ever have been missed.
    """
    rebuild_words()
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        index_products(batch, anyway=False)
        outbox.stand_at(batch)


def rebuild_words() -> None:
    """Count every word on sale anew, and forget those that no label carries any more."""
    with long_work():
        sql.rebuild_words()
        process_cache.changed()


def missing(limit: int = BATCH) -> list[int]:
    """Products without a document."""
    found = Product.objects.filter(search_document=None).order_by("pk")
    return list(found.values_list("pk", flat=True)[:limit])


def _index(ids: list[int], *, anyway: bool) -> int:
    found = Product.objects.filter(pk__in=ids).select_related("brand", "category").order_by("pk")
    products = list(found.annotate(rules_key=RawSQL(sql.RULES_KEY, [])))  # noqa: S611 - constant text
    if not products:
        return 0
    rules = rules_by_key(products[0].rules_key)
    read = [
        _Read(
            product=product,
            labels=(read_label(product.name_he, rules), read_label(product.name_en, rules)),
        )
        for product in products
    ]
    vocabulary = vocabulary_of({word for one in read for word in one.named})
    documents = [_document(one, vocabulary, rules) for one in read]
    sql.store_documents(
        documents, _learned(read, documents), tell=outbox.is_wanted(), anyway=anyway
    )
    outbox.wake_on_commit()
    process_cache.changed()
    return len(read)


def _document(read: _Read, vocabulary: Vocabulary, rules: Rules) -> sql.SearchDocument:
    product, category = read.product, read.product.category
    units = [unit for label in read.labels for unit in label.units]
    brand = (product.brand.name_he, product.brand.name_en) if product.brand else ()
    codes = [product.sku.lower(), product.barcode or ""]
    described = [word for unit in units for word in (unit.generic, *unit.besides) if word]
    quantities = [key for label in read.labels for key in label.quantities]
    return sql.SearchDocument(
        product_id=product.pk,
        names=_distinct(
            word
            for unit in units
            for word in (unit.token, *(one for one in unit.besides if not rules.is_not_sold(one)))
        ),
        brand=_distinct([*_words(*brand), *codes]),
        category=_distinct(_words(category.name_he, category.name_en)),
        described=_distinct([*described, *_words(product.description_he, product.description_en)]),
        heads=read.heads,
        flavours=_flavours(read, vocabulary),
        quantities=_distinct([*quantities, *product_keys(product.size, product.size_unit)]),
    )


def _learned(read: list[_Read], documents: list[sql.SearchDocument]) -> list[sql.LearnedWord]:
    """The words of these, in an order that two writers share."""
    known: dict[str, tuple[bool, int]] = {}
    for one, document in zip(read, documents, strict=True):
        for word in (*document.names, *document.brand, *document.category):
            is_head = word in document.heads
            if is_head or word not in known:
                known[word] = (is_head, one.product.category_id)
    return [sql.LearnedWord(word, *known[word]) for word in sorted(known)]


def _flavours(read: _Read, vocabulary: Vocabulary) -> list[str]:
    """Its other words that are what labels of another category are about."""
    own = {form for head in read.heads for form in (head, *vocabulary.forms(head))}
    found = []
    for word in read.named:
        if word in own:
            continue
        majority = vocabulary.majority(vocabulary.whole_forms(word))
        if majority is not None and majority != read.product.category_id:
            found.append(word)
    return _distinct(found)


def _words(*texts: str) -> list[str]:
    return [token for text in texts for token in tokens(text) if is_word(token)]


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))
