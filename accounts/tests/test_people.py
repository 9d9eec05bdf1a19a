"""What admins decide about people ends old rights at once, and never leaves the shop without an admin."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import services
from accounts.models import Role, User
from accounts.services import people
from accounts.tests.factories import person
from audit.selectors import entries
from core import clock
from tests.races import codes, longest, race


def session_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    assert client.get("/account/").status_code == 200
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.django_db
def test_who_is_deactivated_is_signed_out_everywhere_for_good():
    admin, eli = person(Role.ADMIN), person(Role.EMPLOYEE)
    sessions = [session_of(eli), session_of(eli)]
    other = session_of(person(Role.EMPLOYEE))
    for is_active in (False, True):
        services.change_person(actor=admin, user_id=eli.pk, is_active=is_active, now=clock.now())
        assert not any(is_signed_in(one) for one in sessions)
    assert is_signed_in(other)


@pytest.mark.django_db
def test_a_role_that_is_taken_away_counts_in_open_sessions():
    admin, eli = person(Role.ADMIN), person(Role.EMPLOYEE)
    session = session_of(eli)
    assert session.get("/ops/").status_code == 200
    services.change_person(actor=admin, user_id=eli.pk, role=Role.CUSTOMER, now=clock.now())
    assert session.get("/ops/").url == "/account/login/?next=/ops/"


@pytest.mark.django_db(transaction=True)
class TestTheLastTwoAdminsAreDemotedAtOnce:
    """By somebody who was an admin when both pages were opened."""

    def demote(self) -> list[str]:
        admins, actor = [person(Role.ADMIN), person(Role.ADMIN)], person(Role.MANAGER)
        steps = [
            lambda key=admin.pk: services.change_person(
                actor=actor, user_id=key, role=Role.MANAGER, now=clock.now()
            )
            for admin in admins
        ]
        return sorted(codes(race(steps)))

    def test_one_stays(self):
        assert self.demote() == ["LAST_ADMIN", "ok"]
        (left,) = User.objects.filter(role=Role.ADMIN)
        assert not entries(entity_type="user", entity_id=left.pk).exists()

    def test_control_without_the_lock_nobody_is_left(self, monkeypatch):
        both_looked = threading.Barrier(2, timeout=longest())

        def look():
            found = list(User.objects.filter(role=Role.ADMIN, is_active=True))
            both_looked.wait()
            return found

        monkeypatch.setattr(people, "lock_admins", look)
        assert self.demote() == ["ok", "ok"]
        assert not User.objects.filter(role=Role.ADMIN).exists()


@pytest.mark.django_db
def test_a_new_shop_gets_its_first_admin_and_no_second_that_way():
    dana, eve = person(email="dana@mami.test"), person(email="eve@mami.test")
    browser = session_of(dana)
    call_command("first_admin", "Dana@Mami.test", verbosity=0)
    dana.refresh_from_db()
    assert dana.role == Role.ADMIN
    assert not is_signed_in(browser)
    (entry,) = entries(entity_type="user", entity_id=dana.pk)
    assert (entry.actor, entry.new_value) == (None, {"role": "ADMIN"})
    for email, why in ((eve.email, "There is an admin"), ("nobody@mami.test", "no such person")):
        with pytest.raises(CommandError, match=why):
            call_command("first_admin", email, verbosity=0)
    eve.refresh_from_db()
    assert eve.role == Role.CUSTOMER
