"""What people search for: counted in the process, written a few seconds later, without who it was.

Never kept: a text with an @, or with seven digits or more unless it is the code of a product. What
is not written when a process dies is lost, which harms nobody.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import unicodedata
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils.translation import get_language
from structlog import get_logger

from catalog.search_port import SearchQuery
from core import clock
from core.clock import shop_date
from core.gtin import known_gtin14
from search.locks import lock_texts_before
from search.models import SearchQueryLog
from search.rules import key_of
from search.services import logged

log = get_logger(__name__)
MOST_TEXTS = 200
MANY_DIGITS = 7
OFTEN = 5  # so many searches make a text worth offering, and no single person's
KEPT_DAYS = 180
UPSERT = """
INSERT INTO search_searchquerylog (day, text, key, language, searches, results, status, last_at)
SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[],
                     %s::timestamptz[])
ON CONFLICT (day, text, language) DO UPDATE SET
       searches = search_searchquerylog.searches + EXCLUDED.searches, results = EXCLUDED.results,
       status = EXCLUDED.status, last_at = EXCLUDED.last_at
"""


class _Key(NamedTuple):
    text: str  # first: rows are locked in this order, and so are those of their texts
    language: str
    day: dt.date


class _Count(NamedTuple):
    searches: int
    results: int
    status: str
    last_at: dt.datetime


_waiting: dict[_Key, _Count] = {}
_since: list[float] = []
_timers: list[threading.Timer] = []
_lock = threading.Lock()


def note(query: SearchQuery, results: int) -> None:
    """Somebody asked for this; no query."""
    text = logged(query.text)
    if not may_be_kept(text):
        return
    now = clock.now()
    key = _Key(text, "en" if get_language() == "en" else "he", shop_date(now))
    with _lock:
        before = _waiting.get(key)
        count = before.searches + 1 if before else 1
        _waiting[key] = _Count(count, results, str(query.status), now)
        if not _since:
            _since.append(time.monotonic())
            _timers.append(_begun_timer())


def may_be_kept(text: str) -> bool:
    """Whether a text says nothing of a person."""
    if not text or "@" in unicodedata.normalize("NFKC", text):
        return False
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) < MANY_DIGITS:
        return True
    return text.replace(" ", "").replace("-", "") == digits and known_gtin14(digits) is not None


def is_due() -> bool:
    """Whether texts have waited long enough, or are many."""
    waited = time.monotonic() - _since[0] if _since else 0.0
    return waited >= settings.SEARCH_LOG_SECONDS or len(_waiting) >= MOST_TEXTS


def flush() -> int:
    """Write what waits, in one statement and in an order that all processes share; how many rows."""
    with _lock:
        rows = sorted(_waiting.items())
        _waiting.clear()
        _since.clear()
        for timer in _timers:
            timer.cancel()
        _timers.clear()
    if not rows:
        return 0
    columns = [list(column) for column in zip(*(key for key, _count in rows), strict=True)]
    counts = [list(column) for column in zip(*(count for _key, count in rows), strict=True)]
    texts, languages, days = columns
    keys = [key_of(text)[:80] for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [days, texts, keys, languages, *counts])
    return len(rows)


def earlier(beginning: str, language: str, *, limit: int) -> list[str]:
    """Texts that several people searched for and found something with, which begin so; the most
    searched first. One query.
    """
    text = logged(beginning)
    found = (
        SearchQueryLog.objects.filter(text__startswith=text, language=language, results__gt=0)
        .order_by()
        .values("text")
        .annotate(total=Sum("searches"))
        .filter(total__gte=OFTEN)
        .order_by("-total", "text")
    )
    return [row["text"] for row in found[:limit]] if text else []


def forget_old(*, now: dt.datetime) -> int:
    """Delete what was searched for more than KEPT_DAYS ago; how many rows.

    Its texts are locked first, in the order in which `flush` comes to them.
    """
    before = shop_date(now) - dt.timedelta(days=KEPT_DAYS)
    with transaction.atomic():
        lock_texts_before(day=before)
        deleted, _ = SearchQueryLog.objects.filter(day__lt=before).delete()
    return deleted


def flush_after_answer(**_signal: object) -> None:
    """Behind an answer: write if it is time."""
    if is_due():
        _write()


def _begun_timer() -> threading.Timer:
    """Writes what waits where no other answer comes to do it."""
    timer = threading.Timer(settings.SEARCH_LOG_SECONDS, _write)
    timer.daemon = True
    timer.start()
    return timer


def _write() -> None:
    """Write what waits. A database that is away costs the counts, no more."""
    inside = connection.in_atomic_block
    try:
        flush()
    except DatabaseError:
        log.info("search_log_not_written")
    finally:
        if not inside:
            connection.close()
