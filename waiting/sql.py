"""Pieces of SQL over lines for the statements of other apps."""

from __future__ import annotations

from core.sql import listed
from waiting.models import OPEN

KINDS = ("PRODUCT", "WINDOW")
# Of each kind of thing: how many wait for one or are offered one, and how long the first has waited.
WAITING_BY_KIND = f"""
SELECT k.kind, count(w.id), coalesce(extract(epoch FROM now() - min(w.created_at)), 0)
FROM unnest(ARRAY[{listed(KINDS)}]) AS k (kind)
LEFT JOIN waiting_waitingentry w
  ON w.state IN ({listed(OPEN)}) AND (w.product_id IS NOT NULL) = (k.kind = '{KINDS[0]}')
GROUP BY k.kind
"""  # noqa: S608 - words of ours
