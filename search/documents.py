"""Writing what the engine knows of products, in the transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog import process_cache
from catalog.models import Product
from core.database import long_work
from search import outbox, sql
from search.labels import Label, product_keys, read_label
from search.rules import Rules, rules_by_key
from search.words import inflected, is_word, prefixed, tokens

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
    """Bring the documents of these products up to date; how many there are. Two statements a batch,
    two more where a rule was changed. Not `anyway`: who has no other words keeps the version.
    """
    ids = list(product_ids)
    found = 0
    for start in range(0, len(ids), BATCH):
        some = Product.objects.filter(pk__in=ids[start : start + BATCH])
        batch = list(some.select_related("brand", "category").order_by("pk"))
        write_documents(batch, anyway=anyway)
        found += len(batch)
    return found


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


def write_documents(products: list[Product], *, anyway: bool = True) -> None:
    """Bring the documents of these up to date, whose rows are at hand as they are now. One statement,
    three more where a rule was changed.
    """
    key, told = "", None
    while products and told != key:
        key, rules = rules_by_key(told or "")
        read = [
            _Read(
                product=product,
                labels=(read_label(product.name_he, rules), read_label(product.name_en, rules)),
            )
            for product in products
        ]
        documents = [_document(one, rules) for one in read]
        words = _learned(read, documents)
        told = sql.store_documents(
            documents, words, rules_key=key, tell=outbox.is_wanted(), anyway=anyway
        )
    if products:
        outbox.wake_on_commit()
        process_cache.changed()


def _document(read: _Read, rules: Rules) -> sql.SearchDocument:
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
        named=_named_besides(read, rules),
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


def _named_besides(read: _Read, rules: Rules) -> list[tuple[str, list[str]]]:
    """Its words that are no form of what it is about, each with the forms that labels may carry. Another
    text of the rule that knows its head is no flavour either: chocolate milk is שוקו.
    """
    own = {form for head in read.heads for form in (*inflected(head), *prefixed(head))}
    said = set(read.named)
    for rule in filter(None, (rules.by_text.get((head,)) for head in read.heads)):
        own |= {
            word for text in rule.texts if len(text) > 1 and said.issuperset(text) for word in text
        }
    return [(word, list(inflected(word))) for word in _distinct(read.named) if word not in own]


def _words(*texts: str) -> list[str]:
    return [token for text in texts for token in tokens(text) if is_word(token)]


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))
