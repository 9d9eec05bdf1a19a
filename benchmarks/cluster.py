"""What a text costs in OpenSearch among very many documents: `python -m benchmarks.cluster URL [--pid NODE]`.

    python -m tests.opensearch.server FOLDER 1g     # in another terminal

A shop of its own holds the demo products; the index holds copies of their documents, sent without
products of their own. Texts are understood in the shop and asked of the cluster as shelves ask, a page
of 24 with all counts: milliseconds from request to answer, those the node says it took, and its
processor time, which a busy machine does not distort.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from benchmarks.search import TEXTS
from benchmarks.serving import cpu, prepared_shop

INDEX = "mami-bench-products-1"
BATCH = 500


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pid", type=int, default=0, help="the node, for its processor time")
    asked = parser.parse_args()
    wanted = {"SEARCH_OPENSEARCH_URL": asked.url, "SEARCH_OPENSEARCH_PREFIX": "mami-bench"}
    with prepared_shop(SEARCH_OPENSEARCH_TIMEOUT_MS="60000", **wanted) as opened:
        opened.manage("seed")
        os.environ.update(opened.environment)
        import django

        django.setup()
        run(documents=asked.documents, rounds=asked.rounds, node=asked.pid)


def run(*, documents: int, rounds: int, node: int) -> None:
    """Fill and measure, in the shop."""
    from search import opensearch

    cluster = opensearch.cluster()
    cluster.drop(INDEX)
    cluster.create(INDEX)
    try:
        begun, spent = time.perf_counter(), cpu(node) if node else 0.0
        _fill(cluster, documents)
        spent = cpu(node) - spent if node else 0.0
        print(
            f"filled in {time.perf_counter() - begun:.0f} s, {spent:.0f} s of the node's processor"
        )
        cluster.promote(INDEX)
        print(f"{cluster.count(INDEX):,} documents, load {os.getloadavg()[0]:.1f}")
        for name, text in TEXTS.items():
            _measure(cluster, name, text, rounds=rounds, node=node)
    finally:
        cluster.drop(INDEX)


def _fill(cluster: Any, documents: int) -> None:
    """Copies of the demo products under keys of their own; popularity differs, as in a shop."""
    from search.opensearch import SCHEMA
    from search.present import Present, next_present

    known = next_present(after=0, limit=10_000)
    for start in range(0, documents, BATCH):
        some = []
        for pk in range(start + 1, min(start + BATCH, documents) + 1):
            fields = known[pk % len(known)].fields | {"product_id": pk, "popularity": pk % 10}
            some.append(Present(pk, 1, fields))
        if refused := cluster.apply({INDEX: SCHEMA}, some):
            raise SystemExit(next(iter(refused.values())))
    cluster.refresh(INDEX)


def _measure(cluster: Any, name: str, text: str, *, rounds: int, node: int) -> None:
    from catalog import process_cache
    from catalog.selectors.shelves import ShelfQuestion
    from search.asking import _shop
    from search.engine import Engine
    from search.opensearch_body import body

    memory = process_cache.recall()
    question = ShelfQuestion(understood=Engine().understand(text, memory=memory), anywhere=True)
    asked = body(question, _shop(question, memory), limit=24, offset=0, counts=True)
    for _ in range(2):
        answer = cluster.search(asked)
    seen, took, spent = [], [], cpu(node) if node else 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = cluster.search(asked)
        seen.append(1000 * (time.perf_counter() - begun))
        took.append(answer["took"])
    spent = (cpu(node) - spent) * 1000 / rounds if node else 0.0
    last = int(rounds * 0.95) - 1
    print(
        f"{name:<10} {answer['hits']['total']['value']:>8} found  middle {sorted(seen)[rounds // 2]:7.1f} ms"
        f"  p95 {sorted(seen)[last]:7.1f} ms  took {sorted(took)[rounds // 2]:>5}/{sorted(took)[last]:>5} ms"
        f"  processor {spent:6.1f} ms"
    )


if __name__ == "__main__":
    main()
