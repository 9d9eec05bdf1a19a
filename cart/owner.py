"""Whose basket it is: a signed-in customer's, or a guest's who carries its key in the session."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody who has not signed in; `key` is the only thing known about them."""

    key: uuid.UUID


Owner = User | Guest


def person(owner: Owner) -> User | None:
    """Who stands in the audit trail: the customer, or nobody for a guest."""
    return owner if isinstance(owner, User) else None
