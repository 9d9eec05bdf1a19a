"""The database's refusals turned into the shop's: a named constraint becomes one DomainError."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from core.errors import DomainError


@contextmanager
def refused_by(constraints: Mapping[str, Callable[[], DomainError]]) -> Iterator[None]:
    """Run the block in a savepoint; a violation of a named constraint raises its DomainError.

    For races that a check before the write can lose. Other violations fly on: they are faults.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refusal = constraints.get(violated(error))
        if refusal is None:
            raise
        raise refusal() from error


def violated(error: BaseException) -> str:
    """The name of the constraint that refused, or an empty string."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
