"""People for tests, and no other maker of them."""

from __future__ import annotations

import itertools
from typing import Any

from accounts.models import Address, Role, User

_number = itertools.count(1)
PASSWORD = "a-long-passphrase"


def person(role: str = Role.CUSTOMER, **values: Any) -> User:
    """An active person without a usable password."""
    n = next(_number)
    fields: dict[str, Any] = {
        "email": f"person{n}@mami.test",
        "full_name": f"Person {n}",
        "language": "en",
        **values,
    }
    return User.objects.create(role=role, **fields)


def customer(**values: Any) -> User:
    return person(Role.CUSTOMER, **values)


def employee(**values: Any) -> User:
    return person(Role.EMPLOYEE, **values)


def manager(**values: Any) -> User:
    return person(Role.MANAGER, **values)


def with_password(role: str = Role.CUSTOMER, **values: Any) -> User:
    """A person who can sign in with `PASSWORD`."""
    made = person(role, **values)
    made.set_password(PASSWORD)
    made.save()
    return made


def address(user: User, **values: Any) -> Address:
    fields: dict[str, Any] = {"label": "Home", "line1": "3 HaZait", "city": "Haifa", **values}
    return Address.objects.create(user=user, **fields)
