"""One account for one mailbox, and numbers that can be dialled."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import selectors, services
from accounts.errors import EmailTaken, InvalidCredentials
from accounts.models import PasswordReset, User
from accounts.services.profile import valid_phone
from core import clock
from core.email_identity import email_identity
from core.errors import InvalidInput

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SAME = {
    "sam@xn--9dbaej7a1d.example": [
        "sam@חנויות.example", "SAM@חנויות.example", "sam@XN--9DBAEJ7A1D.EXAMPLE",
        " sam@חנויות.EXAMPLE ",
    ],
    "user@xn--mller-kva.example": ["user@müller.example", "User@MÜLLER.example"],
    "ada@mami.test": ["ADA@mami.test", "ada@MAMI.TEST"],
}  # fmt: skip
NONE = [
    "ſam@mami.test",  # U+017F, which some comparisons take for an s
    "\u212aim@mami.test",  # the Kelvin sign
    "ｓam@mami.test",
    "דוד@mami.test",
    "sam@ſhop.test",
    "sam@ｍami.test",
    "sam@mami。test",
    "sam@shop\u200b.test",
    "sam@xn--a.test",
    "sam@-mami.test",
    "sam",
    "sam@",
    "@mami.test",
    "sam@" + "a" * 250 + ".test",
]


def register(email: str, **values: Any) -> User:
    return services.register(
        email=email, password=PASSWORD, full_name="Sam", now=clock.now(), **values
    )


@pytest.mark.parametrize(("one", "spellings"), SAME.items())
def test_one_account_however_it_is_spelled(one: str, spellings: list[str]) -> None:
    user = register(spellings[0])
    assert user.email == one
    for spelling in (one, *spellings):
        with pytest.raises(EmailTaken):
            register(spelling)
        assert services.authenticate(email=spelling, password=PASSWORD, now=clock.now()) == user
        assert list(selectors.people(q=spelling.strip())) == [user]
        services.forgot_password(email=spelling, now=clock.now())
    assert User.objects.count() == 1
    assert PasswordReset.objects.filter(user=user).count() == 1 + len(spellings)
    assert User.objects.get_by_natural_key(spellings[-1]) == user


@pytest.mark.parametrize("email", NONE)
def test_what_only_looks_like_an_address_is_none(email: str) -> None:
    for known in ("sam@mami.test", "kim@mami.test", "sam@shop.test"):
        register(known)
    with pytest.raises(ValidationError):
        email_identity(email)
    with pytest.raises(InvalidInput) as refused:
        register(email)
    assert list(refused.value.details["fields"]) == ["email"]
    with pytest.raises(InvalidCredentials):
        services.authenticate(email=email, password=PASSWORD, now=clock.now())
    services.forgot_password(email=email, now=clock.now())
    assert not PasswordReset.objects.exclude(user=None).exists()
    assert User.objects.count() == 3


@pytest.mark.parametrize("path", ["/account/login/", "/api/v1/auth/login"])
def test_no_face_opens_sams_account_for_another_letter(path: str) -> None:
    register("sam@mami.test")
    body = {"email": "ſam@mami.test", "password": PASSWORD}
    client = Client()
    options = {"content_type": "application/json"} if "api" in path else {}
    answer = client.post(path, body, **options)
    assert answer.status_code in {200, 400, 401, 422}
    assert "_auth_user_id" not in client.session
    assert b"access_token" not in answer.content


def test_older_addresses_get_their_one_spelling() -> None:
    hebrew = User.objects.create(email="dov@חנויות.example", full_name="Dov")
    taken = User.objects.create(email="dan@חנויות.example", full_name="Dan")
    User.objects.create(email="dan@xn--9dbaej7a1d.example", full_name="Dan again")
    migration = importlib.import_module("accounts.migrations.0003_one_spelling")
    migration.respell(apps, None)
    hebrew.refresh_from_db()
    taken.refresh_from_db()
    assert hebrew.email == "dov@xn--9dbaej7a1d.example"
    assert taken.email == "dan@חנויות.example"


def test_every_beginning_of_a_mobile_number_is_possible() -> None:
    refused = []
    for beginning in range(5000, 6000):
        typed = f"0{beginning // 100}-{beginning % 100:02}12345"
        try:
            assert valid_phone(typed) == f"+972{beginning}12345"
        except InvalidInput:
            refused.append(typed)
    assert refused == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("054-223-4567", "+972542234567"),
        ("+972 54 223 4567", "+972542234567"),
        ("04-855-0101", "+97248550101"),
        ("+44 20 7946 0000", "+442079460000"),
        ("050-123-4567", "+972501234567"),
        ("057-123-4567", "+972571234567"),
        ("072-123-4567", "+972721234567"),
        ("", ""),
    ],
)
def test_numbers_are_kept_in_one_form(typed: str, kept: str) -> None:
    user = register("sam@mami.test", phone=typed)
    user.refresh_from_db()
    assert str(user.phone or "") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "123",
        "050-123",
        "05012345678901234",
        "phone",
        "+1",
        "050-12-",
        "+999 123456789",
        "050-12345",
        "05012345678",
        "1-800-123456",
        "*2700",
        "1-700-123456",
        "+972 5 1234 567",
        "050-123-4567 ext. 3",
        "06-123-4567",
    ],
)
def test_what_cannot_be_dialled_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        register("sam@mami.test", phone=typed)
    assert list(refused.value.details["fields"]) == ["phone"]
    assert not User.objects.exists()
