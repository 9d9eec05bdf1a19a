"""What the catalogue does at night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from catalog.indexing import rebuild_words


@app.periodic(cron="40 3 * * *")
@app.task(name="catalog.rebuild_words", queueing_lock="catalog.rebuild_words", pass_context=False)
def rebuild_search_words(timestamp: int) -> None:
    """Forget words that no label carries any more, so that spelling is not corrected to them."""
    rebuild_words()
