"""Handing changes on to every index beside PostgreSQL."""

from __future__ import annotations

import structlog

from search import opensearch, outbox
from search.models import SearchGeneration
from search.outbox import Claimed
from search.present import present

log = structlog.get_logger(__name__)
BATCH = 500


def sync() -> int:
    """Send what waits; how many changes were handed on. Stops where the cluster does not answer: what
    was not handed on waits. No request is under way inside a transaction.
    """
    while outbox.take_in_crossings():
        pass
    if not outbox.is_wanted():
        forget()
        return 0
    told = 0
    while claimed := outbox.claim_changes(BATCH):
        if not _hand_on(claimed):
            break
        told += len(claimed)
    return told


def forget() -> None:
    """Without a cluster no change is kept, so what an index holds is not to be trusted any more: it
    has to be built anew before it is asked again.
    """
    outbox.forget_all()
    SearchGeneration.objects.all().delete()


def _hand_on(claimed: list[Claimed]) -> bool:
    indexes = dict(SearchGeneration.objects.values_list("index", "schema"))
    ids = sorted({one.product_id for one in claimed})
    found = present(ids)
    gone = set(ids) - {document.product_id for document in found}
    cluster = opensearch.cluster()
    try:
        refused = cluster.apply(indexes, found) | cluster.forget(indexes, gone)
    except opensearch.SearchDown as down:
        outbox.release(claimed)
        log.info("search_changes_wait", reason=down.reason, changes=len(claimed))
        return False
    outbox.done(one for one in claimed if one.product_id not in refused)
    outbox.refused([one for one in claimed if one.product_id in refused], refused)
    return True
