"""Lists that several people change at the same moment."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import User
from accounts.services.leaving import forget_person
from core import clock
from lists import services
from lists.errors import TooManyMembers
from lists.models import ListItem, ListMember, ShoppingList
from lists.services.keeping import favourites_of
from tests.races import codes, longest, race

pytestmark = pytest.mark.django_db(transaction=True)


def shared(shop, monkeypatch, most):
    monkeypatch.setattr("lists.services.sharing.MOST_MEMBERS", most)
    ada, guests = shop.customer(), [shop.customer() for _ in range(2)]
    User.objects.update(email_verified=True)
    for guest in guests:
        guest.refresh_from_db()
    row = services.create_list(actor=ada, name="Home")
    link = services.share_list(actor=ada, list_id=row.pk, now=clock.now())
    return ada, guests, row, link.token


def test_the_last_place_on_a_list_goes_to_one(shop, monkeypatch):
    _ada, guests, row, token = shared(shop, monkeypatch, most=1)
    join = [
        lambda guest=guest: services.join_list(actor=guest, token=token, now=clock.now())
        for guest in guests
    ]
    assert sorted(codes(race(join))) == ["TOO_MANY_MEMBERS", "ok"]
    assert ListMember.objects.filter(list=row).count() == 1


def test_control_without_the_lock_two_join(shop, monkeypatch):
    _ada, guests, row, _token = shared(shop, monkeypatch, most=1)
    counted = threading.Barrier(2)

    def join_unlocked(guest):
        with transaction.atomic():
            if ListMember.objects.filter(list=row).count() >= 1:
                raise TooManyMembers
            counted.wait(longest())
            ListMember.objects.create(list=row, user=guest, joined_at=clock.now())

    race([lambda guest=guest: join_unlocked(guest) for guest in guests])
    assert ListMember.objects.filter(list=row).count() == 2


def test_two_members_put_the_same_product_on_once(shop, monkeypatch):
    _ada, guests, row, token = shared(shop, monkeypatch, most=2)
    for guest in guests:
        services.join_list(actor=guest, token=token, now=clock.now())
    milk = shop.product()
    put = [
        lambda guest=guest, n=n: services.put_on_list(
            actor=guest, list_id=row.pk, product_id=milk.pk, quantity=Decimal(n), now=clock.now()
        )
        for n, guest in enumerate(guests, start=2)
    ]
    assert sorted(race(put)) == [False, True]
    assert ListItem.objects.get(list=row).quantity == 3


def test_first_hearts_make_one_list(shop):
    ada, milk = shop.customer(), shop.product()
    heart = lambda: services.put_favourite(actor=ada, product_id=milk.pk, now=clock.now())  # noqa: E731
    assert codes(race([heart] * 4)) == ["ok"] * 4
    assert ShoppingList.objects.filter(owner=ada).count() == 1
    assert favourites_of(actor=ada).items.count() == 1


def test_who_leaves_for_good_takes_the_lists_and_leaves_lines(shop, monkeypatch):
    _ada, (bob, _eve), row, token = shared(shop, monkeypatch, most=2)
    services.join_list(actor=bob, token=token, now=clock.now())
    services.put_on_list(actor=bob, list_id=row.pk, product_id=shop.product().pk, now=clock.now())
    services.create_list(actor=bob, name="Mine")
    with transaction.atomic():
        forget_person(user_id=bob.pk, now=clock.now())
    assert not ShoppingList.objects.filter(owner=bob).exists()
    assert not ListMember.objects.filter(user=bob).exists()
    assert ListItem.objects.get(list=row).added_by is None
