"""Pieces of SQL over the catalogue for the statements of other apps."""

from __future__ import annotations


def vat_rate_on(*, vat_class: str, day: str) -> str:
    """The rate in percent of a VAT class on a day, as a subquery; both are columns or placeholders."""
    return (
        f"(SELECT r.rate FROM catalog_vatrate r WHERE r.vat_class_id = {vat_class}"  # noqa: S608
        f" AND r.valid_from <= {day} ORDER BY r.valid_from DESC LIMIT 1)"
    )
