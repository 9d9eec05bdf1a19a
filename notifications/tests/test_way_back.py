"""A shop that goes back to the version before keeps its messages, in the words that one knows."""

from __future__ import annotations

import pytest

from tests.history import EMPTY, Beside, beside, go_to

__all__ = ["beside"]


@pytest.mark.slow
def test_messages_on_the_way_back(beside: Beside) -> None:
    with beside(EMPTY):
        there = go_to(("notifications", "0002_channels_and_choices"))
        ada = there.get_model("accounts", "User").objects.create(email="ada@mami.test")
        make = there.get_model("notifications", "Message").objects.create
        for key, channel, state in (
            ("a", "EMAIL", "SENT"), ("a", "SMS", "SENDING"), ("b", "EMAIL", "UNKNOWN"),
            ("c", "SMS", "SENDING"), ("d", "EMAIL", "QUEUED"),
        ):  # fmt: skip
            lease = "2026-11-29T10:00Z" if state == "SENDING" else None
            make(
                user=ada, kind="k", dedupe_key=key, channel=channel, state=state, lease_until=lease
            )
        back = go_to(("notifications", "0001_initial"))
        rows = back.get_model("notifications", "Message").objects.order_by("dedupe_key")
        assert list(rows.values_list("dedupe_key", "channel", "state")) == [
            ("a", "EMAIL", "SENT"), ("b", "EMAIL", "FAILED"), ("c", "SMS", "QUEUED"),
            ("d", "EMAIL", "QUEUED"),
        ]  # fmt: skip
