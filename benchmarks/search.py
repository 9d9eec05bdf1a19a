"""What finding costs in a large shop: `python -m benchmarks.search [--products 100000] [--rounds 20]`.

A shop of its own in a temporary folder is filled with copies of the demo products. Each text is asked
as if nobody had asked before, a page of 24 with all counts: seconds on the clock of the statements,
and processor time of PostgreSQL, which a busy machine does not distort. With `--opensearch URL` the
same texts are asked there too (a node: `python -m tests.opensearch.server FOLDER 1g`). Then what each text costs in statements, asked first and again, what
understanding costs in Python alone, and what a saved product costs its document. `--documents 1000000`
goes on with `benchmarks.cluster`, so that one command prints every figure.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.serving import cpu, prepared_shop, spent_here

TEXTS = {
    "narrow": "חלב 1%",
    "one word": "בננה",
    "common": "חלב",
    "two words": "גבינה צהובה",
    "a tenth": "גינת",
    "shelf": "פירות",
    "a diet": "ללא גלוטן",
    "half": "vegan",
    "few": "diet",
    "without": "without",
}
LONG = "חלב טרי שוקולדטה גבינה צהובה qwzxkvj לחם אחיד ביצים קמח"
FILL = """
INSERT INTO search_searchdocument
       (product_id, words, heads, flavours, quantities, popularity, branches, version)
SELECT p.id, d.words, d.heads, d.flavours, d.quantities, p.id %% 10, d.branches, 1
  FROM catalog_product p
  JOIN (SELECT DISTINCT ON (s.name_he, s.size, s.category_id) s.name_he, s.size, s.category_id,
               sd.words, sd.heads, sd.flavours, sd.quantities, sd.branches
          FROM catalog_product s JOIN search_searchdocument sd ON sd.product_id = s.id
         WHERE s.sku NOT LIKE 'B-%%') d
    ON d.name_he = p.name_he AND d.size = p.size AND d.category_id = p.category_id
 WHERE p.sku LIKE 'B-%%' ON CONFLICT DO NOTHING
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--opensearch", default="")
    parser.add_argument(
        "--opensearch-pid", type=int, default=0, help="the node, for its processor time"
    )
    parser.add_argument(
        "--documents", type=int, default=0, help="in a cluster of its own, after it"
    )
    asked = parser.parse_args()
    with prepared_shop(SEARCH_OPENSEARCH_URL=asked.opensearch) as opened:
        opened.manage("seed")
        os.environ.update(opened.environment)
        import django

        django.setup()
        run(
            opened.database, products=asked.products, rounds=asked.rounds, node=asked.opensearch_pid
        )
    if asked.documents:
        command = [sys.executable, "-m", "benchmarks.cluster", "--documents", str(asked.documents)]
        subprocess.run(command, check=True)


def run(database: int, *, products: int, rounds: int, node: int = 0) -> None:
    """Fill and measure, in the shop."""
    from benchmarks.api import fill
    from catalog.models import Product

    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    small = measure("postgresql", Product.objects.count(), database, rounds)
    fill(products)
    _documents()
    large = measure("postgresql", Product.objects.count(), database, rounds)
    print(f"narrow, processor time, large ÷ small: {large['narrow'] / small['narrow']:.2f} (1.5)")
    _statements()
    _understanding(rounds)
    _saving(rounds, database)
    if os.environ.get("SEARCH_OPENSEARCH_URL"):
        from search import rebuilding

        began = time.perf_counter()
        rebuilding.rebuild()
        print(f"rebuilt in {time.perf_counter() - began:.0f} s")
        measure("opensearch", Product.objects.count(), node or database, rounds)


def _documents() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(FILL, [])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")


def measure(engine: str, products: int, root: int, rounds: int) -> dict[str, float]:
    """Each text, asked for the first time by a process that serves the shop already: middle and 95th of the
    statements' time, or of the whole request on OpenSearch; and CPU of the process `root`, which is
    given back by text: on a busy machine it alone compares.
    """
    from django.conf import settings
    from django.test.utils import override_settings

    from catalog import process_cache

    where = (
        settings.SEARCH_OPENSEARCH
        if engine == "opensearch"
        else {**settings.SEARCH_OPENSEARCH, "URL": ""}
    )
    by_text = {}
    with override_settings(SEARCH_OPENSEARCH=where):
        process_cache.forget()
        _ask("ביצים", engine)
        for name, text in TEXTS.items():
            total = max(_ask(f"{text} {sign}", engine) for sign in ("(", ")"))
            begun = cpu(root)
            times = sorted(
                _timed(partial(_ask, one, engine), whole=engine == "opensearch")
                for one in _never_asked(text, rounds)
            )
            spent = (cpu(root) - begun) * 1000 / rounds
            by_text[name] = spent
            print(
                f"{engine:<11} {products:>8} products  {name:<10} {total:>6} found"
                f"  middle {times[len(times) // 2]:7.1f} ms  p95 {times[max(0, int(len(times) * 0.95) - 1)]:7.1f} ms"
                f"  cpu {spent:6.1f} ms"
            )
    return by_text


def _never_asked(text: str, count: int) -> list[str]:
    """The same text in spellings that no process has understood or found yet."""
    signs = {ord("0"): "!", ord("1"): "?"}
    return [f"{text} {f'{number:b}'.translate(signs)}" for number in range(1, count + 1)]


def _statements() -> None:
    """How many statements a text costs that nobody asked, and again. Others were asked before."""
    from catalog import process_cache

    for name, text in TEXTS.items():
        process_cache.forget()
        _listed("ביצים")
        first, again = _count(partial(_listed, text)), _count(partial(_listed, text))
        print(f"statements  {name:<10} first {first:>2} (6)  again {again:>2} (3)")


def _understanding(rounds: int) -> None:
    """A text of ten words, two of them unknown: processor time of its reading, without what asks the
    database.
    """
    from django.db import connection

    from catalog import process_cache
    from search import found
    from search.understanding import Understanding

    asked = 0.0

    def clocked(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal asked
        before, begun = asked, time.process_time()
        try:
            return execute(*arguments)
        finally:
            asked = before + time.process_time() - begun  # what it asks within counts once

    times = []
    for _ in range(rounds + 2):
        reading = Understanding(
            memory=process_cache.recall(), exists=partial(clocked, found.exists)
        )
        asked, begun = 0.0, time.process_time()
        with connection.execute_wrapper(clocked):
            reading.read(LONG)
        times.append(1000 * (time.process_time() - begun - asked))
    print(f"understanding ten words: {sorted(times[2:])[rounds // 2]:.1f} ms (3) in Python")


def _saving(rounds: int, database: int) -> None:
    """One product whose words changed: its document alone. Processor time of this process and PostgreSQL."""
    from catalog.models import Product
    from catalog.search_port import documents_changed

    pk = Product.objects.earliest("pk").pk
    documents_changed([pk])
    begun = spent_here(database)
    for _ in range(rounds):
        documents_changed([pk])
    spent = (spent_here(database) - begun) * 1000 / rounds
    count = _count(lambda: documents_changed([pk]))
    print(f"one document: {spent:.1f} ms (5), {count} statements")


def _count(ask: Callable[[], Any]) -> int:
    from django.db import connection

    asked: list[str] = []

    def counted(execute: Any, sql: str, *arguments: Any) -> Any:
        asked.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(counted):
        ask()
    return len(asked)


def _listed(text: str) -> Any:
    from catalog import selectors

    return selectors.listing(q=text, limit=24, offset=0)


def _timed(ask: Callable[[], Any], *, whole: bool) -> float:
    from django.db import connection

    spent = 0.0

    def clocked(execute: Any, *arguments: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent += time.perf_counter() - began

    began = time.perf_counter()
    with connection.execute_wrapper(clocked):
        ask()
    return 1000 * (time.perf_counter() - began if whole else spent)


def _ask(text: str, engine: str) -> Any:
    page = _listed(text)
    if page.engine != engine:
        raise SystemExit(f"{page.engine} answered in place of {engine}")
    return page.total


if __name__ == "__main__":
    main()
