"""Which place an address is in, and whether we deliver there."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from accounts.models import Address
from accounts.tests.factories import address, customer
from branches.tests.factories import area, jerusalem, place
from tests.api_client import refusal

pytestmark = pytest.mark.django_db

BODY = {"label": "Home", "line1": "3 HaZait"}


@pytest.fixture(autouse=True)
def places(db) -> None:
    area(4000)
    jerusalem()
    place(2600)
    place(5000, aliases=["Tel Aviv"])


def test_the_city_is_found_by_its_name_or_code(api) -> None:
    ada = api(customer())
    made = ada.post("/me/addresses", {**BODY, "city": "haifa"}).json()["data"]
    assert (made["city"], made["is_served"]) == ("haifa", True)
    assert made["locality"] == {"code": 4000, "name": "Haifa"}
    coded = ada.post("/me/addresses", {**BODY, "locality_code": 2600}).json()["data"]
    assert (coded["city"], coded["is_served"]) == ("Eilat", False)
    moved = ada.patch(f"/me/addresses/{coded['id']}", {"city": "Jerusalem"}).json()["data"]
    assert (moved["locality"]["code"], moved["is_served"]) == (3000, True)
    kept = ada.patch(f"/me/addresses/{coded['id']}", {"floor": "2"}).json()["data"]
    assert kept["locality"]["code"] == 3000


def test_the_list_knows_it_in_one_query(api, django_assert_num_queries) -> None:
    user = customer()
    for city, code in (("Haifa", 4000), ("Eilat", 2600), ("Atlantis", None)):
        address(user, city=city, locality_id=code)
    ada = api(user)
    with django_assert_num_queries(2):  # the person, and the list
        rows = ada.get("/me/addresses").json()["data"]
    assert [row["is_served"] for row in rows] == [True, False, False]


def test_a_city_nobody_knows_is_asked_about(api) -> None:
    ada = api(customer())
    details = refusal(
        ada.post("/me/addresses", {**BODY, "city": "Jerusalm"}), 400, "VALIDATION_ERROR"
    )
    assert list(details["fields"]) == ["city"]
    assert details["suggestions"][0] == {"code": 3000, "name": "Jerusalem"}
    assert len(details["suggestions"]) == 4
    body = {**BODY, "city": "Jerusalm", "city_confirmed": True}
    kept = ada.post("/me/addresses", body).json()["data"]
    assert (kept["locality"], kept["is_served"]) == (None, False)
    wrong = ada.patch(f"/me/addresses/{kept['id']}", {"city": "Haifaa"})
    assert refusal(wrong, 400, "VALIDATION_ERROR")["suggestions"][0]["code"] == 4000
    assert Address.objects.get(pk=kept["id"]).city == "Jerusalm"


@pytest.mark.parametrize("code", ["9" * 20, 0, -1, 99, "x", 2**40])
def test_codes_that_are_none(api, code) -> None:
    body = {**BODY, "city": "Haifa", "locality_code": code}
    details = refusal(api(customer()).post("/me/addresses", body), 400, "VALIDATION_ERROR")
    assert list(details["fields"]) == ["locality_code"]
    assert not Address.objects.exists()


def test_a_city_or_a_code_is_needed(api) -> None:
    details = refusal(api(customer()).post("/me/addresses", BODY), 400, "VALIDATION_ERROR")
    assert list(details["fields"]) == ["city"]


def test_addresses_of_before_are_found_by_the_import(tmp_path) -> None:
    user = customer()
    old, unknown = address(user, city="haifa"), address(user, city="Atlantis")
    path = tmp_path / "none.csv"
    path.write_text("code,name_he,name_en,aliases,population\n", encoding="utf-8")
    call_command("import_localities", str(path))
    old.refresh_from_db()
    unknown.refresh_from_db()
    assert (old.locality_id, unknown.locality_id) == (4000, None)


def test_the_page_asks_and_loses_nothing(client) -> None:
    client.cookies["mami_language"] = "en"
    client.force_login(customer())
    typed = {"line1": "3 HaZait", "city": "Jerusalm", "floor": "7", "label": "Home"}
    again = client.post("/account/addresses/add/", typed)
    page = again.content.decode()
    assert again.status_code == 422
    assert "Jerusalem" in page
    assert 'value="3000"' in page
    assert 'value="7"' in page
    assert "city_confirmed" in page
    for more in ({"locality_code": "3000"}, {"city_confirmed": "on"}):
        assert client.post("/account/addresses/add/", {**typed, **more}).status_code == 302
    assert sorted(Address.objects.values_list("locality_id", flat=True), key=str) == [3000, None]
    assert Address.objects.get(locality_id=3000).city == "Jerusalem"
    hostile = client.post("/account/addresses/add/", {**typed, "locality_code": "9" * 20})
    assert hostile.status_code == 422
