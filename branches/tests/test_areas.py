"""Localities, how their names are found, and delivery areas as managers draw them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.tests.factories import customer, manager
from branches import areas
from branches.models import DeliveryArea, Locality
from branches.seeding import AREAS, seed_areas, seed_localities
from branches.services import import_localities
from branches.tests import factories
from branches.tests.factories import area, jerusalem, place
from core.errors import NotFound
from tests.admin_forms import actions, address
from tests.api_client import refusal

pytestmark = pytest.mark.django_db

FIXTURES = settings.BASE_DIR / "fixtures"


def test_the_shops_own_list_has_the_served_places() -> None:
    assert seed_localities(folder=FIXTURES) > 150
    assert seed_areas() == 4
    assert seed_areas() == seed_localities(folder=FIXTURES) == 0
    for values in AREAS:
        for code in values["localities"]:
            assert areas.destination_of(code=code).area is not None
    assert not areas.destination_of(code=2600).is_served


def test_a_whole_register_twice(tmp_path: Path) -> None:
    """As many rows as the official one has, those of the shop's own list among them."""
    seed_localities(folder=FIXTURES)
    own = (FIXTURES / "localities.csv").read_text(encoding="utf-8").splitlines()
    villages = [
        f"{code},כפר {code},Village {code},,{code % 900}"
        for code in range(30_000, 31_229 - len(own))
    ]
    register = tmp_path / "register.csv"
    register.write_text("\n".join([*own, *villages]) + "\n", encoding="utf-8")
    call_command("import_localities", str(register))
    assert Locality.objects.count() == 1228
    again = import_localities(path=register)
    assert (again.added, again.changed) == (0, 0)
    assert Locality.objects.get(code=2600).name_en == "Eilat"
    assert {one.code for one in areas.localities(q="קריית")} >= {6800, 8200, 9500, 9600}


@pytest.mark.parametrize(
    "text",
    [
        "code,name_he\n1,א\n",
        "code,name_he,name_en,aliases,population\n1x,א,A,,1\n",
        "code,name_he,name_en,aliases,population\n1,,,,1\n",
        "code,name_he,name_en,aliases,population\n1,א,A,,1\n1,ב,B,,1\n",
        f"code,name_he,name_en,aliases,population\n{'9' * 20},א,A,,1\n",
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_localities", str(path))
    assert not Locality.objects.exists()


def test_a_name_is_known_however_it_is_written() -> None:
    place(5000, aliases=['ת"א', "Tel Aviv"])
    place(9000, "באר שבע", "Be'er Sheva")
    for name in ("תל אביב - יפו", "תל־אביב־יפו", "TEL AVIV", "tel-aviv", "ת״א", " תא "):
        found = areas.destination_of(city=name).locality
        assert getattr(found, "pk", None) == 5000, name
    for name in ("beer sheva", "Be’er-Sheva", "באר־שבע", "BEERSHEVA."):
        found = areas.destination_of(city=name).locality
        assert getattr(found, "pk", None) == 9000, name
    assert areas.destination_of(city="'").locality is None


def test_a_name_of_two_places_is_that_of_neither() -> None:
    place(1, "זוהר", "Zohar")
    place(2, "צוהר", "Zohar")
    assert areas.destination_of(city="Zohar").locality is None
    assert areas.destination_of(code=2).locality is not None
    with pytest.raises(NotFound):
        areas.destination_of(code=3)


def test_a_shop_without_areas_delivers_everywhere() -> None:
    place(2600)
    assert areas.destination_of(code=2600).is_served
    assert areas.destination_of(city="Atlantis").is_served
    drawn = area(4000)
    assert not areas.destination_of(code=2600).is_served
    assert not areas.destination_of(city="Atlantis").is_served
    DeliveryArea.objects.filter(pk=drawn.pk).update(is_active=False)
    assert areas.destination_of(code=2600).is_served


def test_places_while_one_types(api, django_assert_num_queries) -> None:
    jerusalem()
    area(4000)
    place(2600)
    place(5000, aliases=["Tel Aviv"])
    client = api()
    with django_assert_num_queries(1):
        rows = client.get("/localities?q=jer").json()["data"]
    assert rows == [
        {
            "code": 3000, "name": "Jerusalem", "is_served": True,
            "area": {
                "id": rows[0]["area"]["id"], "name": rows[0]["area"]["name"], "fee": "40.00",
                "minimum": "200.00", "free_from": "400.00", "same_day": False,
            },
        }
    ]  # fmt: skip
    assert [row["code"] for row in client.get("/localities?q=yafo").json()["data"]] == [5000]
    assert [row["code"] for row in client.get("/localities?q=telav").json()["data"]] == [5000]
    assert client.get("/localities?q=erusalem").json()["data"] == []
    assert [row["code"] for row in client.get("/localities").json()["data"]] == [3000, 4000]
    eilat = client.get("/localities?q=אי").json()["data"][0]
    assert (eilat["is_served"], eilat["area"]) == (False, None)


@pytest.mark.parametrize("q", ["%", "\\", "_", "'", "--", "\u05f4", "a" * 80])
def test_odd_beginnings_find_nothing(api, q: str) -> None:
    place(4000)
    area(3000)
    response = api().client.get("/api/v1/localities", {"q": q})
    assert response.json()["data"] == []


def test_bad_questions_are_refused(api) -> None:
    assert api().get("/localities?limit=0").status_code == 400
    assert api().get("/localities?q=" + "a" * 81).status_code == 400
    assert len(api().get("/localities?limit=100000").json()["data"]) == 0


def test_areas_for_everybody(api) -> None:
    jerusalem(name_en="Jerusalem")
    area(2600, is_active=False)
    rows = api().get("/delivery-areas").json()["data"]
    assert [(row["name"], row["locality_count"]) for row in rows] == [("Jerusalem", 1)]


def test_a_manager_draws_an_area(api) -> None:
    place(3000)
    place(4000)
    mia = api(manager())
    body = {"name_he": "צפון", "name_en": "North", "localities": [4000], "fee": "25.00"}
    made = mia.post("/admin/delivery-areas", body)
    assert made.status_code == 201, made.content
    area_id = made.json()["data"]["id"]
    assert made.json()["data"]["localities"] == [4000]
    assert made.json()["data"]["minimum"] == "0.00"
    refusal(mia.post("/admin/delivery-areas", body), 409, "DUPLICATE_NAME")
    taken = mia.post("/admin/delivery-areas", {**body, "name_he": "א", "name_en": "A"})
    assert refusal(taken, 409, "LOCALITY_TAKEN") == {"codes": [4000]}
    changed = mia.patch(f"/admin/delivery-areas/{area_id}", {"localities": [3000], "fee": None})
    assert changed.json()["data"]["localities"] == [3000]
    assert changed.json()["data"]["fee"] is None
    assert mia.get(f"/admin/delivery-areas/{area_id}").json() == changed.json()
    assert mia.delete(f"/admin/delivery-areas/{area_id}").status_code == 204
    assert mia.delete(f"/admin/delivery-areas/{area_id}").status_code == 404
    assert actions("delivery_area", area_id) == ["CREATE", "UPDATE", "DELETE"]
    assert api(customer()).get("/admin/delivery-areas").status_code == 403


def test_switched_off_it_gives_its_places_free(api) -> None:
    first, second = area(4000), area(4000, is_active=False)
    mia = api(manager())
    again = mia.patch(f"/admin/delivery-areas/{second.pk}", {"is_active": True})
    refusal(again, 409, "LOCALITY_TAKEN")
    mia.patch(f"/admin/delivery-areas/{first.pk}", {"is_active": False})
    again = mia.patch(f"/admin/delivery-areas/{second.pk}", {"is_active": True})
    assert again.status_code == 200
    found = areas.destination_of(code=4000).area
    assert found is not None
    assert found.id == second.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"localities": [int("9" * 20)]}, "localities"),
        ({"localities": [99]}, "localities"),
        ({"localities": ["x"]}, "localities"),
        ({"fee": "-1"}, "fee"),
        ({"minimum": "1000000"}, "minimum"),
        ({"branch_id": 10**12}, "branch_id"),
        ({"name_he": ""}, "name_he"),
    ],
)
def test_what_no_area_is_made_of(api, change: dict, field: str) -> None:
    body = {"name_he": "צפון", "name_en": "North", **change}
    response = api(manager()).post("/admin/delivery-areas", body)
    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.json()["error"]["details"]["fields"])
    assert not DeliveryArea.objects.exists()


def test_its_branch_stays_open(api) -> None:
    branch = factories.BranchFactory()
    area(4000, branch=branch)
    mia = api(manager())
    refusal(mia.delete(f"/admin/branches/{branch.pk}"), 409, "DELIVERY_SOURCE_REQUIRED")


def test_the_offices_page_takes_names_and_codes(client) -> None:
    place(3000)
    place(4000)
    client.force_login(manager())
    url = address(DeliveryArea, "add")
    values = {"name_he": "צפון", "name_en": "North", "minimum": "0", "is_active": "on"}
    wrong = client.post(url, {**values, "places": "Hayfa\n3000"})
    assert wrong.status_code == 200
    assert "Haifa" in wrong.content.decode() or "חיפה" in wrong.content.decode()
    assert client.post(url, {**values, "places": "haifa\n3000"}).status_code == 302
    made = DeliveryArea.objects.get()
    assert sorted(made.members.values_list("locality_id", flat=True)) == [3000, 4000]
    assert made.minimum == Decimal(0)
    change = address(DeliveryArea, "change", made.pk)
    assert client.get(change).status_code == 200
    assert client.post(change, {**values, "places": "3000", "fee": "12.50"}).status_code == 302
    made.refresh_from_db()
    assert made.fee == Decimal("12.50")
    assert made.members.count() == 1
    listed = client.get(reverse("admin:branches_locality_changelist") + "?q=Jeru")
    assert "Jerusalem" in listed.content.decode()
