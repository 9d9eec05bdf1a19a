"""What was decided about a report and did not come true, because the provider refused the refund."""

from __future__ import annotations

from core.money import ZERO
from core.transactions import require_transaction
from orders.problem_models import ProblemItem, ProblemReport, ProblemStatus


def reopen_refused(*, refund_id: int) -> None:
    """The provider did not agree to a refund of a report: people look at the report again.

    In the caller's transaction, under the order's lock.
    """
    require_transaction()
    rows = ProblemItem.objects.filter(refund_id=refund_id)
    reports = list(rows.order_by().values_list("report_id", flat=True).distinct())
    rows.update(status=ProblemStatus.RECEIVED, given=ZERO, refund=None)
    for report_id in reports:
        others = ProblemItem.objects.filter(report_id=report_id).exclude(refund=None)
        if not others.exists():
            ProblemReport.objects.filter(pk=report_id).update(status=ProblemStatus.RECEIVED)
