"""Row locks of search, for a manager's change."""

from __future__ import annotations

from core.errors import NotFound
from search.models import SearchRule


def lock_rule(*, rule_id: int) -> SearchRule:
    """A rule, switched off or not. Raises NotFound."""
    rule = SearchRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule
