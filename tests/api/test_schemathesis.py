"""Odd requests by the thousand: no crash, no undocumented status, no answer off its description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.run.tests.conftest import patience
from tests.api_client import token_for
from tests.shop import open_with_sandbox
from tests.turns import EVERYTHING

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
STAFF = "/admin/|/ops/|stock-requests"


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.mark.parametrize(
    ("role", "filter_by"), [("CUSTOMER", "--exclude-path-regex"), ("ADMIN", "--include-path-regex")]
)
def test_nothing_unforeseen(shop, live_server, tmp_path, role, filter_by):
    """One odd request of each kind; in `make test-every` three, and one call after the other."""
    customer = shop.customer()
    shop.order(customer, {shop.product(): 1})
    shop.fill(customer, {shop.product(): 2})
    user = customer if role == "CUSTOMER" else shop.person(role)
    left_out = "|auth/|payments/webhooks" if role == "CUSTOMER" else ""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run",
            f"{live_server.url}/api/schema/?format=json", "--url", live_server.url,
            "--header", f"Authorization: Bearer {token_for(user)}",
            "--phases", "examples,fuzzing,stateful" if EVERYTHING else "examples,fuzzing",
            "--max-examples", "3" if EVERYTHING else "1", "--checks", CHECKS,
            filter_by, STAFF + left_out, "--generation-deterministic", "--continue-on-failure",
            "--warnings", "off", "--no-color",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=300 * patience(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert "passed" in done.stdout
