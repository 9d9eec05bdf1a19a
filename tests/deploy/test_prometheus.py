"""What watches the shop: every rule is tested, told of in the runbooks, and asks for figures there are."""

import json
import re
import subprocess

import pytest
import yaml

from mami.rights import RIGHTS
from payments.provider import ProviderFailure
from tests.architecture.project import ROOT
from tests.deploy.programs import needed

FOLDER = ROOT / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
ALERTS = [rule for group in GROUPS for rule in group["rules"] if "alert" in rule]
TESTS = [
    test
    for name in ("alerts_test.yml", "alerts_slow_test.yml")
    for test in yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))["tests"]
]


@pytest.mark.deploy
def test_rules_say_what_they_are_meant_to() -> None:
    promtool = needed("promtool")
    for what in (
        ["check", "rules", "alerts.yml"],
        ["check", "config", "--syntax-only", "prometheus.yml"],
        ["test", "rules", "alerts_test.yml", "alerts_slow_test.yml"],
    ):
        done = subprocess.run([promtool, *what], cwd=FOLDER, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.deploy
def test_notices_go_to_whom_they_should() -> None:
    amtool, file = needed("amtool"), ROOT / "deploy" / "alertmanager.yml"
    done = subprocess.run([amtool, "check-config", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for severity, receiver in {"page": "pages", "ticket": "tickets"}.items():
        routed = subprocess.run(
            [amtool, "config", "routes", "test", f"--config.file={file}", f"severity={severity}"],
            capture_output=True,
            text=True,
        )
        assert routed.stdout.strip() == receiver


def test_every_alert_is_tested_both_ways() -> None:
    wanted = {
        f"{rule['alert']} {rule['labels']['severity']} {way}"
        for rule in ALERTS
        for way in ("fires", "is quiet")
    }
    told = {
        " ".join(test["name"].split()[: 4 if " is quiet" in test["name"] else 3]) for test in TESTS
    }
    assert told == wanted  # some for more than one reason


def test_every_address_and_outcome_that_a_rule_names_there_is() -> None:
    """A name that nothing is counted under would never wake anybody."""
    text = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
    routes = {name for found in re.findall(r'route=~"([^"]+)"', text) for name in found.split("|")}
    assert routes
    assert routes <= RIGHTS.keys()
    (failures,) = set(re.findall(r'outcome=~"(Provider[^"]+)"', text))
    silent = {ProviderFailure, *ProviderFailure.__subclasses__()}
    assert all(re.fullmatch(failures, one.__name__) for one in silent)


def test_every_alert_says_whom_it_wakes_and_what_to_do() -> None:
    headings = set(
        re.findall(
            r"^### (\w+)$",
            (ROOT / "docs" / "runbooks.md").read_text().partition("\n## Alerts\n")[2],
            re.M,
        )
    )
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == rule["alert"]
    assert headings == {rule["alert"] for rule in ALERTS}


def test_the_dashboard_asks_every_panel_something() -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "mami.json").read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    recorded = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
    for panel in panels:
        assert all(target["expr"] for target in panel["targets"]), panel["title"]
        named = re.findall(r"mami:[a-z_0-9:]+", json.dumps(panel))
        assert set(named) <= recorded
