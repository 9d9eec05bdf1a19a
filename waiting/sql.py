"""Pieces of SQL over lines for the statements of other apps."""

from __future__ import annotations

from core.sql import listed
from waiting.models import OPEN

# Of each kind of thing: how many wait for one or are offered one, and how long the first has waited.
WAITING_BY_KIND = f"""
SELECT k.kind, count(w.id), coalesce(extract(epoch FROM now() - min(w.created_at)), 0)
FROM (VALUES ('PRODUCT'), ('WINDOW')) AS k (kind)
LEFT JOIN waiting_waitingentry w
  ON w.state IN ({listed(OPEN)}) AND (w.product_id IS NOT NULL) = (k.kind = 'PRODUCT')
GROUP BY k.kind
"""  # noqa: S608 - words of ours
