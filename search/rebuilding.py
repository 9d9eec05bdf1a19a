"""A new index beside the one that is asked: filled while people search and managers write."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from catalog import process_cache
from core import clock
from search import opensearch, outbox
from search.models import GenerationState, SearchDocument, SearchGeneration
from search.opensearch import SCHEMA
from search.present import Present, next_present, present
from search.sync import sync

BATCH = 1000
COMPARED = 200
ROUNDS = 20  # in which they differ though nothing was written
SETTLING_SECONDS = 120
PAUSES = (1, 2, 4, 8, 16)  # seconds, for a cluster whose memory is full for the moment
Say = Callable[[str], object]


class RebuildFailed(Exception):
    """The new index is not what PostgreSQL has; the old one goes on being asked."""


def rebuild(say: Say = print) -> SearchGeneration:
    """Fill a new index, compare it, and let the alias stand for it. The old one is kept for a way back.

    From its first moment on the new index gets every change as well, so what is written meanwhile is
    in both, and the versions settle which is newer. Raises RebuildFailed, SearchDown; the old alias
    is untouched then.
    """
    cluster = opensearch.cluster()
    generation = SearchGeneration.objects.create(
        index=f"{cluster.alias}-{SCHEMA}-{time.time_ns() // 1000}", schema=SCHEMA
    )
    try:
        cluster.create_generation(generation.index)
        say(f"{generation.index}: {_fill(cluster, generation.index)} products sent")
        _settle(cluster, generation.index)
        _promote(cluster, generation)
        outbox.forget_given_up()
    except Exception:
        generation.delete()
        cluster.drop(generation.index)
        raise
    say(f"{cluster.alias} is {generation.index} now")
    return generation


def roll_back() -> SearchGeneration:
    """Ask the index from before the last rebuild again. Raises RebuildFailed where none is kept."""
    kept = SearchGeneration.objects.filter(state=GenerationState.KEPT).order_by("-id").first()
    if kept is None:
        raise RebuildFailed("no older index is kept")
    _promote(opensearch.cluster(), kept)
    return kept


def drop_old() -> list[str]:
    """Remove the indexes that are neither asked nor being filled; their names."""
    kept = list(SearchGeneration.objects.filter(state=GenerationState.KEPT))
    for generation in kept:
        generation.delete()  # first, so that no change is sent to an index that is gone
        opensearch.cluster().drop(generation.index)
    return [generation.index for generation in kept]


def _fill(cluster: opensearch.SearchCluster, index: str) -> int:
    sent = last = 0
    while documents := next_present(after=last, limit=BATCH):
        if refused := _send(cluster, index, documents):
            product_id, why = next(iter(refused.items()))
            raise RebuildFailed(f"product {product_id} was refused: {why}")
        sent += len(documents)
        last = documents[-1].product_id
    return sent


def _send(
    cluster: opensearch.SearchCluster, index: str, documents: list[Present]
) -> dict[int, str]:
    for pause in PAUSES:
        try:
            return cluster.apply({index: SCHEMA}, documents)
        except opensearch.SearchDown as down:
            if down.reason != "busy":
                raise
            time.sleep(pause)
    return cluster.apply({index: SCHEMA}, documents)


def _settle(cluster: opensearch.SearchCluster, index: str) -> None:
    """Wait until nothing waits and both agree.

    What was written while they were compared is no difference: a busy shop settles too, if not at once.
    """
    why, differed, until = "", 0, time.monotonic() + SETTLING_SECONDS
    while differed < ROUNDS and time.monotonic() < until:
        sync()
        if changes := _waiting():
            why = f"{changes} changes wait"
            time.sleep(0.1)  # somebody else's claim: their answer is on its way
            continue
        cluster.refresh(index)
        why = _difference(cluster, index)
        if not why:
            return
        differed += not _waiting()
    raise RebuildFailed(why)


def _waiting() -> int:
    waits = outbox.waiting(clock.now())
    return waits.changes - waits.given_up


def _difference(cluster: opensearch.SearchCluster, index: str) -> str:
    """What is not the same: the number of documents, or one of 200 of them. Empty if all is."""
    ids = list(SearchDocument.objects.values_list("pk", flat=True))
    if (count := cluster.count(index)) != len(ids):
        return f"{count} documents, not {len(ids)}"
    some = secrets.SystemRandom().sample(ids, min(COMPARED, len(ids)))
    there = cluster.read(index, some)
    for document in present(some):
        if there.get(document.product_id) != document.fields:
            return f"product {document.product_id} is another one in the index"
    return ""


def _promote(cluster: opensearch.SearchCluster, generation: SearchGeneration) -> None:
    cluster.promote(generation.index)
    live = SearchGeneration.objects.filter(state=GenerationState.LIVE).exclude(pk=generation.pk)
    live.update(state=GenerationState.KEPT)
    generation.state = GenerationState.LIVE
    generation.save(update_fields=["state"])
    process_cache.changed()
