"""What a text costs in OpenSearch among very many documents: `python -m benchmarks.cluster`.

A node of its own is started (Java and Maven are asked for; SEARCH_OPENSEARCH_URL names another), in a
shop of its own that holds the demo products; the index holds copies of their documents, sent without
products of their own. Texts are understood in the shop and asked of the cluster as shelves ask, a page
of 24 with all counts: milliseconds from request to answer, those the node says it took, and its
processor time, which a busy machine does not distort.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.search import TEXTS
from benchmarks.serving import cpu, prepared_shop

INDEX = "mami-bench-products-1"
BATCH = 2_000
SECONDS = 300  # for one request of many documents
ALLOWED_MS = 100
BUSY = 429
# While it is filled nobody searches, and a node that dies is filled again.
FILLING = {"refresh_interval": "-1", "auto_expand_replicas": False, "number_of_replicas": 0,
           "translog.durability": "async"}  # fmt: skip
SERVING = {"refresh_interval": "1s", "translog.durability": "request"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--heap", default="1g")
    asked = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True
    )
    with _node(asked.heap) as (url, node):
        wanted = {"SEARCH_OPENSEARCH_URL": url, "SEARCH_OPENSEARCH_PREFIX": "mami-bench"}
        with prepared_shop(SEARCH_OPENSEARCH_TIMEOUT_MS=str(SECONDS * 1000), **wanted) as opened:
            opened.manage("seed")
            os.environ.update(opened.environment)
            import django

            django.setup()
            run(documents=asked.documents, rounds=asked.rounds, node=node)


@contextmanager
def _node(heap: str) -> Iterator[tuple[str, int]]:
    """The address of a node and its process; 0 for one that is not ours."""
    if url := os.environ.get("SEARCH_OPENSEARCH_URL"):
        yield url, 0
        return
    from runtime import embedded
    from tests.opensearch.server import SearchNode

    cache = embedded.var_folder() / ".cache" / "opensearch"
    with tempfile.TemporaryDirectory(prefix="mami-node-") as folder:
        node = SearchNode(Path(folder), cache=cache, heap=heap)
        try:
            node.start()
            yield node.url, node.pid
        finally:
            node.kill()


def run(*, documents: int, rounds: int, node: int) -> None:
    """Fill and measure, in the shop."""
    from search import opensearch

    cluster = opensearch.cluster()
    cluster.drop(INDEX)
    cluster.create_generation(INDEX)
    try:
        begun, spent = time.perf_counter(), cpu(node) if node else 0.0
        _fill(cluster, documents)
        spent = cpu(node) - spent if node else 0.0
        print(
            f"filled in {time.perf_counter() - begun:.0f} s, {spent:.0f} s of the node's processor",
            flush=True,
        )
        cluster.promote(INDEX)
        print(f"{cluster.count(INDEX):,} documents, load {os.getloadavg()[0]:.1f}", flush=True)
        worst = max(
            _measure(cluster, name, text, rounds=rounds, node=node) for name, text in TEXTS.items()
        )
        print(f"worst p95 {worst:.1f} ms ({ALLOWED_MS})")
    finally:
        cluster.drop(INDEX)


def _fill(cluster: Any, documents: int) -> None:
    """Copies of the demo products under keys of their own; popularity differs, as in a shop. Each is made
    of text that is written once, so that the node is what is waited for.
    """
    from search.present import next_present

    client = cluster._client
    client.indices.put_settings(index=INDEX, body={"index": FILLING})
    own = {"product_id", "popularity"}
    known = [
        json.dumps({name: value for name, value in one.fields.items() if name not in own})[1:]
        for one in next_present(after=0, limit=10_000)
    ]
    begun = time.perf_counter()
    for start in range(0, documents, BATCH):
        lines = [
            f'{{"index":{{"_id":"{pk}"}}}}\n{{"product_id":{pk},"popularity":{pk % 10},{known[pk % len(known)]}\n'
            for pk in range(start + 1, min(start + BATCH, documents) + 1)
        ]
        _send(client, "".join(lines))
        if not (start + BATCH) % 100_000:
            print(f"  {start + BATCH:,} sent, {time.perf_counter() - begun:.0f} s", flush=True)
    client.indices.put_settings(index=INDEX, body={"index": SERVING})
    client.indices.refresh(index=INDEX, request_timeout=SECONDS)
    _settle(client)


def _send(client: Any, lines: str) -> None:
    """One bulk. A node whose heap is full for the moment is asked again, as its clients have to."""
    from opensearchpy.exceptions import TransportError

    until = time.monotonic() + SECONDS
    while True:
        try:
            told = client.bulk(
                body=lines,
                index=INDEX,
                request_timeout=SECONDS,
                params={"filter_path": "errors"},
            )
        except TransportError as error:
            if error.status_code != BUSY or time.monotonic() > until:
                raise
            time.sleep(1)
            continue
        if told["errors"]:
            raise SystemExit("a document was refused")
        return


def _settle(client: Any) -> None:
    """Wait until segments are merged: an index that is served for a day has done so."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        told = client.indices.stats(index=INDEX, metric="merge", request_timeout=SECONDS)
        if not told["_all"]["primaries"]["merges"]["current"]:
            return
        time.sleep(1)


def _measure(cluster: Any, name: str, text: str, *, rounds: int, node: int) -> float:
    """The 95th of milliseconds for a text; prints it."""
    from catalog import process_cache
    from catalog.selectors.question import ShelfQuestion
    from search.asking import _shop
    from search.engine import Engine
    from search.opensearch_body import body

    memory = process_cache.recall()
    question = ShelfQuestion(understood=Engine().understand(text, memory=memory), anywhere=True)
    asked = body(question, _shop(question, memory), limit=24, offset=0, counts=True)
    begun = time.perf_counter()
    answer = cluster.search(asked)
    first = 1000 * (time.perf_counter() - begun)
    cluster.search(asked)
    seen, took, spent = [], [], cpu(node) if node else 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = cluster.search(asked)
        seen.append(1000 * (time.perf_counter() - begun))
        took.append(answer["took"])
    spent = (cpu(node) - spent) * 1000 / rounds if node else 0.0
    last = max(0, int(rounds * 0.95) - 1)
    seen.sort()
    took.sort()
    print(
        f"{name:<10} {answer['hits']['total']['value']:>8} found  first {first:7.1f} ms"
        f"  middle {seen[rounds // 2]:7.1f} ms  p95 {seen[last]:7.1f} ms"
        f"  took {took[rounds // 2]:>5}/{took[last]:>5} ms  processor {spent:6.1f} ms",
        flush=True,
    )
    return seen[last]


if __name__ == "__main__":
    main()
