"""Asking the audit trail whether it knows of something."""

from __future__ import annotations

from collections.abc import Collection

from audit.models import AuditEntry


def without_entry(*, entity_type: str, action: str, entity_ids: Collection[int]) -> list[int]:
    """Those of `entity_ids` for which no row tells of `action`. One query for each thousand."""
    wanted = sorted(entity_ids)
    missing: list[int] = []
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        known = set(
            AuditEntry.objects.filter(
                entity_type=entity_type, action=action, entity_id__in=part
            ).values_list("entity_id", flat=True)
        )
        missing += [key for key in part if key not in known]
    return missing
