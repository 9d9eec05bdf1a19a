"""One's own profile and addresses, and other people for admins, through the JSON API."""

from __future__ import annotations

import pytest
from django.apps import apps

from accounts.models import Address, Role, User
from accounts.tests.factories import address, person
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


def audit(**wanted):
    return apps.get_model("audit", "AuditEntry").objects.filter(**wanted)


class TestMe:
    def test_read_and_change(self, api):
        user = person()
        changed = api(user).patch("/me", {"full_name": "Dana  Bar", "phone": "054-223-4567"})
        assert (
            changed.json()["data"] | {"full_name": "Dana Bar", "phone": "+972542234567"}
            == (changed.json()["data"])
        )
        assert api(user).get("/me").json() == api(user).get("/auth/me").json() == changed.json()
        row = audit(entity_type="user", action="UPDATE").get()
        assert row.new_value == {"changed": ["full_name", "phone"]}

    def test_the_wish_for_deliveries_is_kept(self, api):
        user = person()
        wish = {"delivery_preference": "LEAVE_AT_DOOR", "delivery_note": "the blue one"}
        assert api(user).get("/me").json()["data"]["delivery_preference"] == "HAND_OVER"
        api(user).patch("/me", wish)
        assert wish.items() <= api(user).get("/me").json()["data"].items()
        for wrong in ({"delivery_preference": "THROW"}, {"delivery_note": "x" * 201}):
            refusal(api(user).patch("/me", wrong), 400, "VALIDATION_ERROR")
        assert wish.items() <= api(user).get("/me").json()["data"].items()

    def test_role_and_email_cannot_be_assigned(self, api):
        user = person()
        body = {"role": "ADMIN", "email": "x@y.test", "is_active": False, "token_version": 5}
        assert api(user).patch("/me", body).status_code == 200
        again = User.objects.get(pk=user.pk)
        assert (again.role, again.email, again.is_active) == (user.role, user.email, True)

    def test_bad_language(self, api):
        details = refusal(api(person()).patch("/me", {"language": "fr"}), 400, "VALIDATION_ERROR")
        assert "language" in details["fields"]

    def test_stranger(self, api):
        refusal(api().get("/me"), 401, "NOT_AUTHENTICATED")

    def test_one_query(self, api, django_assert_num_queries):
        client = api(person())
        client.get("/me")
        with django_assert_num_queries(1):
            client.get("/me")


class TestAddresses:
    BODY = {"label": "Home", "line1": "3 HaZait", "city": "Haifa", "postal_code": "3100001"}

    def test_life_of_an_address(self, api):
        user = person()
        client = api(user)
        first = client.post("/me/addresses", self.BODY)
        assert first.status_code == 201
        assert first.json()["data"]["is_default"] is True
        second = client.post("/me/addresses", {**self.BODY, "label": "Work"}).json()["data"]
        assert second["is_default"] is False
        assert client.post(f"/me/addresses/{second['id']}/default").status_code == 204
        changed = client.patch(f"/me/addresses/{second['id']}", {"floor": "4"})
        assert changed.json()["data"]["floor"] == "4"
        listed = client.get("/me/addresses").json()["data"]
        assert [(a["label"], a["is_default"]) for a in listed] == [("Work", True), ("Home", False)]
        assert client.delete(f"/me/addresses/{second['id']}").status_code == 204
        assert [a["is_default"] for a in client.get("/me/addresses").json()["data"]] == [True]
        rows = audit(entity_type="address")
        assert set(rows.values_list("action", flat=True)) == {
            "CREATE", "UPDATE", "DELETE", "SET_DEFAULT"
        }  # fmt: skip
        assert not any("HaZait" in str([r.old_value, r.new_value, r.context]) for r in rows)

    @pytest.mark.parametrize("field", ["label", "line1", "city"])
    def test_required(self, api, field):
        body = {k: v for k, v in self.BODY.items() if k != field}
        details = refusal(api(person()).post("/me/addresses", body), 400, "VALIDATION_ERROR")
        assert list(details["fields"]) == [field]
        assert not Address.objects.exists()

    def test_strangers_addresses_are_not_found(self, api):
        theirs = address(person(), is_default=True)
        client = api(person())
        for response in (
            client.patch(f"/me/addresses/{theirs.pk}", {"city": "X"}),
            client.delete(f"/me/addresses/{theirs.pk}"),
            client.post(f"/me/addresses/{theirs.pk}/default"),
            client.patch("/me/addresses/99999999999999999999999", {"city": "X"}),
        ):
            refusal(response, 404, "NOT_FOUND")
        theirs.refresh_from_db()
        assert theirs.city == "Haifa"

    def test_at_most_fifty(self, api):
        user = person()
        for _ in range(50):
            address(user)
        refusal(api(user).post("/me/addresses", self.BODY), 409, "TOO_MANY_ADDRESSES")

    def test_staff_have_none(self, api):
        refusal(api(person(Role.EMPLOYEE)).get("/me/addresses"), 403, "PERMISSION_DENIED")


class TestPeople:
    def test_list_and_filters(self, api):
        admin = person(Role.ADMIN)
        person(full_name="Gal", is_active=False)
        client = api(admin)
        page = client.get("/admin/users?limit=1").json()
        cursor = page["pagination"].pop("next_cursor")
        assert page["pagination"] == {"total": 2, "limit": 1, "offset": 0, "has_next": True}
        (older,) = client.get(f"/admin/users?limit=1&cursor={cursor}").json()["data"]
        assert older["id"] == admin.pk
        found = client.get("/admin/users?q=gal&isActive=false&role=CUSTOMER").json()["data"]
        assert [p["full_name"] for p in found] == ["Gal"]
        assert client.get("/admin/users?offset=7").json()["data"] == []

    def test_role_and_activity(self, api):
        admin, user = person(Role.ADMIN), person()
        client, theirs = api(admin), api(user)
        changed = client.patch(f"/admin/users/{user.pk}", {"role": "EMPLOYEE"})
        assert changed.json()["data"]["role"] == "EMPLOYEE"
        client.patch(f"/admin/users/{user.pk}", {"is_active": False})
        refusal(theirs.get("/me"), 401, "TOKEN_INVALID")
        client.patch(f"/admin/users/{user.pk}", {"is_active": True})
        refusal(theirs.get("/me"), 401, "TOKEN_INVALID")
        rows = audit(entity_type="user", entity_id=user.pk).order_by("id")
        assert list(rows.values_list("action", flat=True)) == ["UPDATE", "DEACTIVATE", "ACTIVATE"]

    def test_nobody_changes_themselves(self, api):
        admin = person(Role.ADMIN)
        for body in ({"role": "CUSTOMER"}, {"is_active": False}):
            refusal(api(admin).patch(f"/admin/users/{admin.pk}", body), 403, "CANNOT_MODIFY_SELF")
        admin.refresh_from_db()
        assert admin.is_admin
        assert not audit(entity_type="user").exists()

    def test_unknown(self, api):
        client = api(person(Role.ADMIN))
        refusal(client.get("/admin/users/0"), 404, "NOT_FOUND")
        refusal(client.patch("/admin/users/123456789", {"role": "ADMIN"}), 404, "NOT_FOUND")

    def test_managers_may_not(self, api):
        refusal(api(person(Role.MANAGER)).get("/admin/users"), 403, "PERMISSION_DENIED")
