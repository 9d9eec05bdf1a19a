"""The real Prometheus with the shipped configuration and rules, looking at shops of the tests every second."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from runtime.run.tests.conftest import free_port
from tests.architecture.project import ROOT
from tests.deploy.programs import needed

FOLDER = ROOT / "deploy" / "prometheus"
# Here nobody listens: certificates are looked at elsewhere (test_alerts_fire.py).
IN_CLEAR = re.compile(
    r"^    scheme: https\n    tls_config: .*\n|^alerting:\n(?: .*\n)+", re.MULTILINE
)
PLACES = {"web": '"web1:8000", "web2:8000"', "worker": '"worker:9101"'}


@contextmanager
def prometheus(
    folder: Path, ports: Mapping[str, int], *, token: str, rules: str = ""
) -> Iterator[str]:
    """Its address; `ports` are those of a web node and a worker, `rules` stand for the shipped ones."""
    port = free_port()
    (folder / "token").write_text(token)
    (folder / "alerts.yml").write_text(rules or (FOLDER / "alerts.yml").read_text())
    text = IN_CLEAR.sub("", (FOLDER / "prometheus.yml").read_text())
    changes = {
        "scrape_interval: 15s": "scrape_interval: 1s",
        "evaluation_interval: 15s": "evaluation_interval: 1s",
        "/run/secrets/mami_metrics_token": str(folder / "token"),
        "- alerts.yml": f"- {folder / 'alerts.yml'}",
    }
    for kind, place in PLACES.items():
        changes[place] = f'"127.0.0.1:{ports[kind]}"' if kind in ports else ""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "prometheus.yml"
    file.write_text(text)
    with (folder / "prometheus.log").open("ab") as log:
        program = subprocess.Popen(
            [needed("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder}/series",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    except BaseException:
        print((folder / "prometheus.log").read_text()[-1500:])
        raise
    finally:
        program.terminate()
        program.wait(timeout=30)


def firing(address: str) -> set[str]:
    """The alerts that fire now."""
    try:
        told = requests.get(f"{address}/alerts", timeout=10).json()
    except requests.RequestException:
        return set()
    return {
        one["labels"]["alertname"] for one in told["data"]["alerts"] if one["state"] == "firing"
    }


def value_of(query: str, address: str) -> float:
    """What Prometheus answers; below zero where it knows nothing yet."""
    try:
        told = requests.get(f"{address}/query", {"query": query}, timeout=10).json()
    except requests.RequestException:
        return -1.0
    rows = told["data"]["result"]
    return float(rows[0]["value"][1]) if rows else -1.0
