"""What search does by itself: documents that are missing, words counted anew at night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from core import clock
from search import documents, querylog, sync


@app.periodic(cron="40 3 * * *")
@app.task(name="catalog.rebuild_words", queueing_lock="catalog.rebuild_words", pass_context=False)
def rebuild_search_words(timestamp: int) -> None:
    """Forget words that no label carries any more, so that spelling is not corrected to them, and
    learn anew what labels are about.
    """
    documents.learn_anew()


@app.periodic(cron="* * * * *")
@app.task(name="search.index_missing", queueing_lock="search.index_missing", pass_context=False)
def index_missing(timestamp: int) -> int:
    """Write the documents of products that have none: after an upgrade, or an import."""
    found = documents.missing()
    return documents.index_products(found) if found else 0


@app.task(name="search.index_some", pass_context=False)
def index_some(product_ids: list[int]) -> int:
    """Write the documents of the products that a renamed shelf or brand changed."""
    return documents.index_products(product_ids)


@app.periodic(cron="* * * * * */5")
@app.task(name="search.sync", queueing_lock="search.sync", pass_context=False)
def sync_changes(timestamp: int) -> int:
    """Hand changes on to the cluster: on every commit, and for what was missed every five seconds."""
    return sync.sync()


@app.periodic(cron="20 4 * * *")
@app.task(name="search.forget_texts", queueing_lock="search.forget_texts", pass_context=False)
def forget_texts(timestamp: int) -> int:
    """Delete the texts that were searched for long ago."""
    return querylog.forget_old(now=clock.now())
