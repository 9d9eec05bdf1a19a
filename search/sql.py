"""The statements of search over its own tables and the words of the catalogue."""

from __future__ import annotations

import json
from collections import namedtuple
from typing import Any, NamedTuple

from django.db import connection

from inventory.sql import CROSSED, branches_with

KNOWN = """
SELECT word, products, heads, category_id FROM search_searchword WHERE word = ANY(%s)
UNION ALL
SELECT token, NULL, 0, NULL FROM unnest(%s::text[]) AS token
WHERE EXISTS (SELECT FROM search_searchword w
              WHERE w.word >= token AND w.word < token || chr(1114109) AND w.word LIKE token || '%%')
"""
LIKE = """
SELECT word, products, heads FROM search_searchword
WHERE left(word, 1) = ANY(%s) AND length(word) BETWEEN %s AND %s
ORDER BY similarity(word, %s) DESC, products DESC LIMIT %s
"""
RULES_KEY = """
(SELECT count(*) || ' ' || coalesce(sum(hashtextextended(concat(id, ctid, xmin), 0)), 0)
   FROM search_searchrule) || (SELECT ' ' || count(*) || ' ' || coalesce(max(id), 0)
   FROM search_searchruleword WHERE is_active)
"""
# Of what a label names, that which labels of another category mostly are about.
FLAVOURS = """
array(SELECT one.word FROM jsonb_to_recordset(given.named) AS one(nr int, word text, forms text[])
       WHERE (SELECT w.category_id FROM search_searchword w
               WHERE w.word = ANY(one.forms) AND w.heads > 0 AND w.category_id IS NOT NULL
               GROUP BY 1 ORDER BY sum(w.heads) DESC, 1 LIMIT 1) <> p.category_id ORDER BY one.nr)
"""
# Everything that documents change, in one statement: they themselves, the words that are known from
# now on, the cluster's changes, and what is looked at again after the commit. Where a product is in
# stock is read here for a new document alone; of others only `AT_BRANCHES` changes it, under the row's
# lock. Both are looked at once more: the step may be another one, and what moves meanwhile finds no
# new document yet. Nothing is written where the rules are other ones than the labels were read by:
# their key comes back.
STORE = f"""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(%s::jsonb) AS one
         (product_id bigint, words text, heads text[], named jsonb, quantities text[])),
rules AS MATERIALIZED (SELECT {RULES_KEY} AS key),
stored AS (
  INSERT INTO search_searchdocument AS d
         (product_id, words, heads, flavours, quantities, branches, popularity, version)
  SELECT p.id, given.words::tsvector, given.heads, {FLAVOURS}, given.quantities,
         {branches_with(product="p.id", step="p.quantity_step")}, 0, 1
    FROM given JOIN catalog_product p ON p.id = given.product_id
   WHERE (SELECT key FROM rules) = %s ORDER BY p.id
  ON CONFLICT (product_id) DO UPDATE SET words = EXCLUDED.words, heads = EXCLUDED.heads,
         flavours = EXCLUDED.flavours, quantities = EXCLUDED.quantities, path = EXCLUDED.path,
         version = d.version + 1
   WHERE %s OR (d.words, d.heads, d.flavours, d.quantities, d.path) IS DISTINCT FROM
         (EXCLUDED.words, EXCLUDED.heads, EXCLUDED.flavours, EXCLUDED.quantities, EXCLUDED.path)
  RETURNING product_id),
learned AS (
  INSERT INTO search_searchword AS known (word, products, heads, category_id)
  SELECT word, 1, CASE WHEN is_head THEN 1 ELSE 0 END, CASE WHEN is_head THEN category_id END
    FROM unnest(%s::text[], %s::bool[], %s::bigint[]) AS one(word, is_head, category_id)
   WHERE length(word) <= 60 AND (SELECT key FROM rules) = %s
  ON CONFLICT (word) DO UPDATE SET heads = greatest(known.heads, EXCLUDED.heads),
         category_id = coalesce(known.category_id, EXCLUDED.category_id)
   WHERE known.heads < EXCLUDED.heads
         OR (known.category_id IS NULL AND EXCLUDED.category_id IS NOT NULL)),
told AS (
  INSERT INTO search_searchchange (product_id, tries, refused, created_at)
  SELECT product_id, 0, '', now() FROM stored WHERE %s),
looked_at AS ({CROSSED} SELECT product_id, 0 FROM stored)
SELECT key FROM rules
"""  # noqa: S608 - pieces of SQL, no input
LOCK = """
SELECT 1 FROM search_searchdocument WHERE product_id = ANY(%s) ORDER BY product_id FOR UPDATE
"""
AT_BRANCHES = f"""
WITH seen AS (
  SELECT p.id, {branches_with(product="p.id", step="p.quantity_step")} AS branches
    FROM catalog_product p WHERE p.id = ANY(%s))
UPDATE search_searchdocument AS d SET branches = seen.branches, version = d.version + 1
  FROM seen WHERE d.product_id = seen.id AND d.branches <> seen.branches RETURNING d.product_id
"""  # noqa: S608
REBUILD = """
WITH open AS (
  SELECT p.id, p.category_id, d.words, d.heads FROM search_searchdocument d
    JOIN catalog_product p ON p.id = d.product_id JOIN catalog_category c ON c.id = p.category_id
   WHERE p.is_active AND c.is_open),
counted AS (
  SELECT lexeme AS word, count(*) AS products FROM open, unnest(words) AS v(lexeme, positions, weights)
   WHERE weights && ARRAY['A', 'B', 'C'] GROUP BY 1),
per_category AS (
  SELECT head, category_id, count(*) AS n, avg(cardinality(heads)) AS besides
    FROM open, unnest(heads) AS head GROUP BY 1, 2),
about AS (
  SELECT DISTINCT ON (head) head, category_id, sum(n) OVER (PARTITION BY head) AS heads
    FROM per_category ORDER BY head, n DESC, besides, category_id)
INSERT INTO search_searchword (word, products, heads, category_id)
SELECT word, products, coalesce(about.heads, 0), about.category_id
  FROM counted LEFT JOIN about ON about.head = counted.word WHERE length(word) <= 60
"""

RULES = """
SELECT r.id, r.kind, r.replacement,
       array(SELECT w.text FROM search_searchruleword w
              WHERE w.rule_id = r.id AND w.is_active ORDER BY w.position, w.id),
       array(SELECT c.category_id FROM search_searchrule_categories c
              WHERE c.searchrule_id = r.id ORDER BY c.id)
  FROM search_searchrule r WHERE r.is_active ORDER BY r.id
"""

Row = namedtuple("Row", "word products heads category_id")


class RuleRow(NamedTuple):
    """An active rule with its texts and shelves."""

    pk: int
    kind: str
    replacement: str
    texts: list[str]
    category_ids: list[int]


class LikeWord(NamedTuple):
    """A known word that may be meant."""

    word: str
    products: int
    heads: int


def known_words(wanted: list[str], asked: list[str]) -> list[Row]:
    """The known words among `wanted`, and (with `products` None) those of `asked` that begin one."""
    return [Row(*row) for row in _rows(KNOWN, [wanted, asked])]


def active_rules() -> list[RuleRow]:
    """Every active rule, the oldest first."""
    return [RuleRow(*row) for row in _rows(RULES, [])]


def words_like(
    starts: list[str], shortest: int, longest: int, limit: int, word: str
) -> list[LikeWord]:
    """Known words of about this length that begin with one of `starts`, the most similar first."""
    return [LikeWord(*row) for row in _rows(LIKE, [starts, shortest, longest, word, limit])]


class LearnedWord(NamedTuple):
    """A word of a label, whether that is about it, and the category of the product."""

    word: str
    is_head: bool
    category_id: int


class SearchDocument(NamedTuple):
    """What an engine learns of a product from its texts: words of names, brand, category and
    description, heads, sizes; and each thing its names name besides, with its forms. Category, brand,
    tags and price are those of the product's row.
    """

    product_id: int
    names: list[str]
    brand: list[str]
    category: list[str]
    described: list[str]
    heads: list[str]
    named: list[tuple[str, list[str]]]
    quantities: list[str]


def store_documents(
    documents: list[SearchDocument],
    words: list[LearnedWord],
    *,
    rules_key: str,
    tell: bool,
    anyway: bool,
) -> str:
    """Write what an engine knows of products, whose versions move on, and know these words from now on;
    their counts are made anew at night. With `tell` a cluster has to learn of it; those that are as before are written
    `anyway` or left alone. Nothing is, where the rules are no more those of `rules_key`: the key of those in
    force is given back. One statement.
    """
    given = [
        {
            "product_id": one.product_id,
            "words": _vector(one),
            "heads": one.heads,
            "named": [
                {"nr": nr, "word": word, "forms": forms}
                for nr, (word, forms) in enumerate(one.named)
            ],
            "quantities": one.quantities,
        }
        for one in documents
    ]
    learned = [list(column) for column in zip(*words, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [json.dumps(given), rules_key, anyway, *learned, rules_key, tell])
        return str(cursor.fetchone()[0])


def rules_key() -> str:
    """What tells the rules in force from others. One query."""
    return str(_rows(f"SELECT {RULES_KEY}", [])[0][0])


def _vector(document: SearchDocument) -> str:
    """Words with weights: A names, B brand and codes, C category, D description."""
    places: dict[str, str] = {}
    for weight, words in zip("ABCD", document[1:5], strict=True):
        for word in words:
            quoted = word.replace("\\", "\\\\").replace("'", "''")
            places.setdefault(f"'{quoted}'", "")
            places[f"'{quoted}'"] += f",{ord(weight) - 64}{weight}"
    return " ".join(f"{word}:{where[1:]}" for word, where in places.items())


def stand_at(product_ids: list[int]) -> list[int]:
    """Read anew where these are in stock, as it is now; for which that was another.

    The rows are locked before the statement that reads: of two that come at once the second sees
    what the first did and what stock became meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [product_ids])
        cursor.execute(AT_BRANCHES, [product_ids])
        return [product_id for (product_id,) in cursor.fetchall()]


def rebuild_words() -> None:
    """Count every word on sale anew, and forget those that no label carries any more."""
    with connection.cursor() as cursor:
        # All documents may have come in this very transaction: without figures of them the plan is
        # one for an empty table.
        cursor.execute("ANALYZE search_searchdocument, catalog_product, catalog_category")
        cursor.execute("DELETE FROM search_searchword")
        cursor.execute(REBUILD)


def _rows(statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
