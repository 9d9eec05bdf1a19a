"""Which tables grow by a part a month, where `manage.py partition` was run."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from core import clock
from core.partitions import MonthlyTable

MODELS = ("audit.AuditEntry", "inventory.StockMovement")


def monthly_tables(*, using: str) -> list[MonthlyTable]:
    return [MonthlyTable(apps.get_model(name)._meta.db_table, using=using) for name in MODELS]


def extend(*, using: str, **_: Any) -> None:
    """After every release: the months ahead have their parts, where there are parts."""
    for table in monthly_tables(using=using):
        if table.is_partitioned:
            table.extend(today=clock.now().date())
