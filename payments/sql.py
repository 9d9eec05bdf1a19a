"""How many payments wait for somebody to look, as SQL for the figures."""

from __future__ import annotations

from core.sql import listed
from payments.choices import DisputeStatus
from payments.models import ReconciliationCase

OPEN_CASES = f"""
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)
FROM payments_reconciliationcase WHERE status = '{ReconciliationCase.Status.OPEN}'
"""  # noqa: S608 - words of ours, here and below
"""Open cases, and the age of the oldest in seconds."""

DISPUTES_BY_STATUS = f"""
SELECT s.status, count(d.id)
FROM unnest(ARRAY[{listed(DisputeStatus)}]) AS s(status)
LEFT JOIN payments_dispute d ON d.status = s.status
GROUP BY s.status
"""  # noqa: S608

DISPUTES_DUE = f"""
SELECT count(*) FROM payments_dispute
 WHERE status = '{DisputeStatus.OPEN}' AND answer_by < now() + interval '48 hours'
"""  # noqa: S608
"""Those that somebody has to answer within two days."""
