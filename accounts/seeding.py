"""The demo people. Adds who is missing, changes nobody who is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Address, Role, User
from accounts.services.addresses import find_localities

PASSWORD = "mami-demo-1"


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    email: str
    full_name: str
    role: Role
    language: str = "he"
    phone: str = ""
    address: dict[str, str] | None = None


PEOPLE = (
    DemoPerson(
        email="ada@mami.test",
        full_name="עדה לביא",
        role=Role.CUSTOMER,
        phone="+972542234567",
        address={
            "label": "בית",
            "line1": "ארלוזורוב 12",
            "city": "חיפה",
            "postal_code": "3365112",
            "floor": "2",
            "instructions": "להשאיר ליד הדלת הירוקה",
        },
    ),
    DemoPerson(
        email="bob@mami.test",
        full_name="Bob Harel",
        role=Role.CUSTOMER,
        language="en",
        phone="+972542234568",
        address={
            "label": "Home",
            "line1": "8 HaNassi Boulevard",
            "city": "Haifa",
            "postal_code": "3463808",
            "floor": "4",
            "instructions": "The bell says Harel",
        },
    ),
    DemoPerson(email="eli@mami.test", full_name="אלי שחר", role=Role.EMPLOYEE),
    DemoPerson(email="dan@mami.test", full_name="דן אלמוג", role=Role.EMPLOYEE),
    DemoPerson(email="mia@mami.test", full_name="מיה גבע", role=Role.MANAGER),
    DemoPerson(email="root@mami.test", full_name="רותם ניר", role=Role.ADMIN),
)


def seed_people(*, people: Iterable[DemoPerson] = PEOPLE) -> list[User]:
    """Add the people whose e-mail is unknown, with their address; returns those added.

    Addresses of before get their locality too, where it is known by then.
    """
    added = []
    for person in people:
        if User.objects.filter(email__iexact=person.email).exists():
            continue
        with transaction.atomic():
            user = User(
                email_verified=True,
                email=person.email,
                full_name=person.full_name,
                role=person.role,
                language=person.language,
                phone=person.phone,
            )
            user.set_password(PASSWORD)
            user.save()
            if person.address:
                Address.objects.create(user=user, is_default=True, **person.address)
        added.append(user)
    find_localities()
    return added
