"""What may be switched off without a release: the default, what it hides on every face, and what becomes
of what is under way.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.capabilities import SEARCH_OPENSEARCH, Capability

CAPABILITIES = (
    Capability(
        name="order_change",
        label=_("Orders are changed after they are placed"),
        under_way=_(
            "A change that was begun is finished or taken back; one that was proposed to its"
            " customer can still be agreed to. The office can still move an order to another time."
        ),
        routes=frozenset(
            {
                "changes:change",
                "api:order-change-preview",
                "api:order-change",
                "ops:change",
                "api:ops-order-change",
                "api:ops-order-change-preview",
                "api:ops-order-change-question",
            }
        ),
    ),
    Capability(
        name="questions",
        label=_("Customers are asked about substitutes"),
        under_way=_("Questions that were asked can still be answered until their time is over."),
        routes=frozenset({"api:ops-order-item-question"}),
    ),
    Capability(
        name="problem_reports",
        label=_("Customers report problems"),
        under_way=_("Reports that were made are decided, and can be looked at."),
        routes=frozenset({"orders:problem_report"}),
        writes_of=frozenset({"api:order-problems"}),
    ),
    Capability(
        name="standing_orders",
        label=_("Orders that repeat"),
        under_way=_("Those that are there go on as agreed; new ones cannot be made."),
        routes=frozenset({"standing:new"}),
        writes_of=frozenset({"api:standing-orders"}),
    ),
    Capability(
        name="waiting_list",
        label=_("Waiting for products and windows"),
        under_way=_("Who waits is told and may take what is offered; nobody new stands in line."),
        routes=frozenset({"waiting:product"}),
        writes_of=frozenset({"api:waiting"}),
    ),
    Capability(
        name=SEARCH_OPENSEARCH,
        label=_("OpenSearch answers searches, where there is a cluster"),
        under_way=_("PostgreSQL answers; the cluster goes on learning of every change."),
    ),
)
