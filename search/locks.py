"""Row locks of search: for a manager's change, and for the job that forgets."""

from __future__ import annotations

import datetime as dt

from core.errors import NotFound
from search.models import SearchRule, SearchText


def lock_rule(*, rule_id: int) -> SearchRule:
    """A rule, switched off or not. Raises NotFound."""
    rule = SearchRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule


def lock_texts_before(*, day: dt.date) -> None:
    """The texts that were searched for before a day, in the order of the alphabet, as `querylog.flush`
    comes to them.
    """
    texts = SearchText.objects.filter(since__lt=day).order_by("text").select_for_update()
    list(texts.values_list("text"))
