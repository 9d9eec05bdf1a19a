"""Models out of rows that a statement written by hand has read, without what `raw` works out each time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class ModelRows(Generic[M]):
    """All columns of a model: their names for the statement, and the model that such a row is."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.names = [field.attname for field in model._meta.concrete_fields]
        self.columns = ", ".join(self.names)

    @cached_property
    def _read(self) -> list[tuple[int, Any, Any]]:
        """Those that are not in Python what they are in the row, as JSON: where, the field, how."""
        return [
            (place, field.get_col(self.model._meta.db_table), convert)
            for place, field in enumerate(self.model._meta.concrete_fields)
            for convert in field.get_db_converters(connection)
        ]

    def first(self, statement: str, values: Sequence[Any]) -> tuple[M, tuple[Any, ...]] | None:
        """What the first row of a statement is, which selects `columns` and perhaps others, and those others;
        None without a row.
        """
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        if row is None:
            return None
        own, others = list(row[: len(self.names)]), tuple(row[len(self.names) :])
        for place, column, convert in self._read:
            own[place] = convert(own[place], column, connection)
        return self.model.from_db(connection.alias, self.names, own), others
