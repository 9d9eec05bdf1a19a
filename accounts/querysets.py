"""Chainable filters over addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from branches.areas import with_terms

if TYPE_CHECKING:
    from accounts.models import Address  # noqa: F401


class AddressQuerySet(models.QuerySet["Address"]):
    def with_area(self) -> AddressQuerySet:
        """Each with its locality and the terms of its delivery area; no statement more."""
        return self.select_related("locality").annotate(
            **with_terms("accounts_address.locality_id")
        )
