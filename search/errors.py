"""What search refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class SearchRuleExists(DomainError):
    """Another active rule speaks of this text; `details` name the `word` and the `rule_id`."""

    code = "SEARCH_RULE_EXISTS"
    message = _("Another rule already has one of these words.")
