"""What a person is told, over HTTP: read, changed in part, refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.tests.factories import person
from notifications.events import EVENTS
from notifications.models import Choice
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, event in EVENTS.items():
        monkeypatch.setitem(EVENTS, name, replace(event, context="notifications.tests.owing.told"))


class TestPreferences:
    def test_the_whole_of_it_in_two_queries_and_changed_in_part(
        self, api, ada, django_assert_num_queries
    ):
        data = api(ada).get("/me/notifications").json()["data"]
        assert data["quiet_hours"] == {"from": "22:00", "to": "07:00"}
        by_name = {row["event"]: row for row in data["events"]}
        assert set(by_name) == set(EVENTS)
        assert by_name["order_confirmed"] == {
            "event": "order_confirmed", "group": "ORDER", "duty": True, "channels": {"EMAIL": True},
        }  # fmt: skip
        changed = api(ada).patch(
            "/me/notifications",
            {
                "quiet_hours": None,
                "events": [{"event": "order_delivered", "channels": {"EMAIL": False, "SMS": True}}],
            },
        )
        rest = {row["event"]: row for row in changed.json()["data"]["events"]}
        assert rest["order_delivered"]["channels"] == {"EMAIL": False, "SMS": True}
        assert changed.json()["data"]["quiet_hours"] is None
        assert changed.json()["data"]["quiet_on_shabbat"] is False
        told = api(ada).patch("/me/notifications", {"quiet_on_shabbat": True}).json()["data"]
        assert (told["quiet_hours"], told["quiet_on_shabbat"]) == (None, True)
        from notifications.selectors import preferences_of

        with django_assert_num_queries(2):
            preferences_of(actor=ada)

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ([{"event": "nothing", "channels": {"EMAIL": True}}], 400, "VALIDATION_ERROR"),
            ([{"event": "order_changed", "channels": {"SMS": True}}], 400, "VALIDATION_ERROR"),
            ([{"event": "order_changed", "channels": {"PIGEON": True}}], 400, "VALIDATION_ERROR"),
            ([{"event": "order_changed", "channels": {"EMAIL": False}}], 400, "DUTY_MESSAGE"),
        ],
    )
    def test_refusals_change_nothing(self, api, ada, body, status, code):
        good = {"event": "order_delivered", "channels": {"EMAIL": False}}
        details = refusal(
            api(ada).patch("/me/notifications", {"events": [good, *body]}), status, code
        )
        if code == "DUTY_MESSAGE":
            assert details == {"event": "order_changed"}
        assert not Choice.objects.exists()

    def test_an_sms_needs_a_proved_phone(self, api):
        user = person(phone="+972542234567")
        body = {"events": [{"event": "order_delivered", "channels": {"SMS": True}}]}
        refusal(api(user).patch("/me/notifications", body), 409, "PHONE_NOT_VERIFIED")
        assert not Choice.objects.exists()
