"""D20's alert, by the real Prometheus with the shipped rules: a worker that falls silent wakes somebody."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from django.db import connection

from runtime.run.tests.conftest import free_port
from tests.architecture.project import ROOT
from tests.deploy.certificates import Certificate, certificate
from tests.deploy.front import WebNode
from tests.deploy.ha_cluster import until
from tests.deploy.programs import needed
from tests.deploy.two_nodes import address_of_database

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOKEN = "figures-of-the-alert-test"


class Asked(NamedTuple):
    address: str
    ca: str


@contextmanager
def prometheus(folder: Path, node: WebNode, shown: Certificate) -> Iterator[Asked]:
    """The shipped configuration, its one target the node, looked at every second; its address.

    Both speak over TLS, as in `compose.ha.yml`: what is asked in clear is not answered.
    """
    port = free_port()
    (folder / "token").write_text(TOKEN)
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
    for old, new in {
        "scrape_interval: 15s": "scrape_interval: 1s",
        "evaluation_interval: 15s": "evaluation_interval: 1s",
        "/run/secrets/mami_metrics_token": str(folder / "token"),
        '"web1:8000", "web2:8000"': f'"127.0.0.1:{node.port}"',
        "- alerts.yml": f"- {ROOT / 'deploy' / 'prometheus' / 'alerts.yml'}",
    }.items():
        assert old in text
        text = text.replace(old, new)
    text = text.replace("/run/secrets/ca", str(shown.ca))
    file, web = folder / "prometheus.yml", folder / "web.yml"
    said = (ROOT / "deploy" / "prometheus" / "web.yml").read_text()
    said = said.replace("/run/secrets/certificate", str(shown.certificate))
    web.write_text(said.replace("/run/secrets/key", str(shown.key)))
    file.write_text(text)
    with (folder / "prometheus.log").open("ab") as log:
        program = subprocess.Popen(
            [needed("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder}/series",
             f"--web.listen-address=127.0.0.1:{port}", f"--web.config.file={web}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield Asked(f"https://127.0.0.1:{port}/api/v1", str(shown.ca))
    except BaseException:
        print((folder / "prometheus.log").read_text()[-1500:])
        raise
    finally:
        program.terminate()
        program.wait(timeout=30)


def heartbeat(*, seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (clock_timestamp() - %s * interval '1s')",
            [seconds_ago],
        )


def firing(asked: Asked) -> set[str]:
    try:
        told = requests.get(f"{asked.address}/alerts", timeout=10, verify=asked.ca).json()
    except requests.RequestException:
        return set()
    return {
        one["labels"]["alertname"] for one in told["data"]["alerts"] if one["state"] == "firing"
    }


def age(asked: Asked) -> float:
    """What Prometheus has last heard of the worker's heartbeat; below zero where nothing yet."""
    try:
        query = {"query": "min(mami_worker_heartbeat_age_seconds)"}
        url = f"{asked.address}/query"
        told = requests.get(url, query, timeout=10, verify=asked.ca).json()
    except requests.RequestException:
        return -1.0
    rows = told["data"]["result"]
    return float(rows[0]["value"][1]) if rows else -1.0


def test_a_silent_worker_wakes_somebody(tmp_path: Path) -> None:
    heartbeat(seconds_ago=0)
    shown = certificate(tmp_path / "tls", "web1", "mami-web")
    node = WebNode(
        tmp_path,
        DATABASE_URL=address_of_database(),
        MAMI_METRICS_TOKEN=TOKEN,
        TLS_CERTIFICATE=str(shown.certificate),
        TLS_KEY=str(shown.key),
    )
    try:
        node.until_ready()
        with prometheus(tmp_path, node, shown) as asked:
            heartbeat(seconds_ago=0)
            until(lambda: 0 <= age(asked) < 50, seconds=60, why="a young heartbeat was seen")
            assert "WorkerSilent" not in firing(asked), "the control: it is alive"
            heartbeat(seconds_ago=61)
            until(lambda: "WorkerSilent" in firing(asked), seconds=30, why="the alert")
            heartbeat(seconds_ago=-600)  # it is back, and stays
            until(lambda: "WorkerSilent" not in firing(asked), seconds=30, why="its end")
    finally:
        node.end()
