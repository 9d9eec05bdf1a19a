"""Two managers give one locality to two areas at the same moment: the constraint decides."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from branches.area_models import AreaLocality, DeliveryArea
from branches.errors import LocalityTaken
from branches.services import create_area, update_area
from branches.tests.factories import area, place
from runtime.run.tests.conftest import patience
from tests.races import codes, longest, race

pytestmark = pytest.mark.django_db(transaction=True)
HAIFA, JERUSALEM = 4000, 3000


def wanted(number: int, *localities: int) -> dict[str, Any]:
    return {
        "name_he": f"אזור {number}", "name_en": f"Area {number}", "localities": [*localities],
    }  # fmt: skip


def holders(code: int) -> int:
    return AreaLocality.objects.filter(locality_id=code, is_active=True).count()


def until_somebody_waits_for_a_lock() -> None:
    ends = time.monotonic() + 10 * patience()
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


def test_of_many_at_once_one_has_it() -> None:
    place(HAIFA)
    steps = [
        lambda number=number: create_area(actor=None, values=wanted(number, HAIFA))
        for number in range(4)
    ]
    outcomes = race(steps)
    assert sorted(codes(outcomes)) == ["LOCALITY_TAKEN"] * 3 + ["ok"]
    refused = [one.details["codes"] for one in outcomes if isinstance(one, LocalityTaken)]
    assert refused == [[HAIFA]] * 3
    assert (holders(HAIFA), DeliveryArea.objects.count()) == (1, 1), "a refused area is not there"


@pytest.mark.parametrize("way", ["new", "moved", "woken"])
def test_the_second_learns_which_it_was_when_the_first_commits(way: str) -> None:
    """The second looks before the first has committed, so that only the constraint can stop it."""
    place(HAIFA)
    other = area(JERUSALEM, name_he="ב", name_en="B")
    if way == "woken":
        update_area(actor=None, area_id=other.pk, changes={"is_active": False})
        AreaLocality.objects.create(area=other, locality_id=HAIFA, is_active=False)
    ways = {
        "new": lambda: create_area(actor=None, values=wanted(2, HAIFA)),
        "moved": lambda: update_area(
            actor=None, area_id=other.pk, changes={"localities": [JERUSALEM, HAIFA]}
        ),
        "woken": lambda: update_area(actor=None, area_id=other.pk, changes={"is_active": True}),
    }
    if way == "new":
        other.delete()
    outcomes: list[Any] = []
    second = threading.Thread(target=lambda: outcomes.extend(race([ways[way]])))
    with transaction.atomic():
        create_area(actor=None, values=wanted(1, HAIFA))
        second.start()
        until_somebody_waits_for_a_lock()
    second.join(longest())
    (outcome,) = outcomes
    assert isinstance(outcome, LocalityTaken)
    assert outcome.details["codes"] == [HAIFA]
    assert holders(HAIFA) == 1


def test_control_without_the_constraint_both_have_it() -> None:
    place(HAIFA)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX locality_one_active_area")
        for number in (1, 2):
            made = DeliveryArea.objects.create(name_he=f"א{number}", name_en=f"A{number}")
            AreaLocality.objects.create(area=made, locality_id=HAIFA, is_active=True)
        assert holders(HAIFA) == 2
        transaction.set_rollback(True)
