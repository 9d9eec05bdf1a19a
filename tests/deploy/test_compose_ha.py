"""`compose.ha.yml`: no container engine is here, so what it says is held against the files that it mounts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo
import pytest
import yaml

from tests.architecture.project import ROOT
from tests.deploy.certificates import certificate
from tests.deploy.ha_cluster import PASSWORD, account
from tests.deploy.programs import needed
from tests.deploy.server import Server

DEPLOY = ROOT / "deploy"
NODES = {"a": "10.0.0.11", "b": "10.0.0.12", "c": "10.0.0.13"}


class Loader(yaml.SafeLoader):
    """Knows Compose's own tag."""


Loader.add_constructor("!override", lambda loader, node: loader.construct_mapping(node))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose.ha.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader)
    return found


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make-secrets` makes, of the files of `deploy/`."""
    needed("openssl")
    folder = tmp_path_factory.mktemp("deploy")
    for name in ("make-secrets", "make-certificates", "pgbouncer", "haproxy", "redis"):
        source = DEPLOY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    subprocess.run([folder / "make-secrets"], check=True)
    before = (folder / "secrets" / "superuser_password").read_text()
    subprocess.run([folder / "make-secrets"], check=True)
    assert (folder / "secrets" / "superuser_password").read_text() == before
    return folder / "secrets"


def test_every_file_that_it_mounts_is_there(compose: dict[str, Any], secrets: Path) -> None:
    for one in compose["secrets"].values():
        assert (secrets / one["file"].removeprefix("./secrets/")).stat().st_size > 20
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./secrets/"):
                assert (secrets / source.removeprefix("./secrets/")).exists(), name
            elif source.startswith("."):
                assert (DEPLOY / source).exists(), source
            else:
                assert source in compose["volumes"]


def test_the_nodes_are_those_that_haproxy_and_the_shop_ask(
    compose: dict[str, Any], secrets: Path
) -> None:
    services = compose["services"]
    there = {name: services[name]["networks"]["data"]["ipv4_address"] for name in NODES}
    assert there == NODES
    assert {name: services[name]["environment"]["NODE_ADDRESS"] for name in NODES} == NODES
    text = (secrets / "haproxy.cfg").read_text()
    assert set(re.findall(r"server (\w) ([\d.]+):5432", text)) == set(NODES.items())
    assert "bind 127.0.0.1" not in text
    asked = psycopg.conninfo.conninfo_to_dict((secrets / "ha_database_url").read_text())
    assert str(asked["host"]).split(",") == list(NODES.values())
    assert asked["target_session_attrs"] == "read-write"
    assert asked["password"] == (secrets / "postgres_password").read_text()
    assert sum(name.startswith("etcd-") for name in services) == 3


def test_what_watches_finds_what_it_watches(compose: dict[str, Any]) -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    targets = {
        target.partition(":")[0]
        for job in scraped["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    alerted = scraped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert targets - {"localhost"} <= compose["services"].keys()
    assert {target.partition(":")[0] for target in alerted} <= compose["services"].keys()
    token = scraped["scrape_configs"][0]["authorization"]["credentials_file"]
    assert Path(token).name in compose["services"]["prometheus"]["secrets"]


def test_the_dashboard_is_there_from_the_first_start(compose: dict[str, Any]) -> None:
    """`grafana/datasource.yml` and `grafana/dashboards.yml` lie where Grafana looks for them."""
    grafana = compose["services"]["grafana"]
    there = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    provisioning = "/etc/grafana/provisioning"
    assert there["./grafana/datasource.yml"] == f"{provisioning}/datasources/mami.yml"
    assert there["./grafana/dashboards.yml"] == f"{provisioning}/dashboards/mami.yml"
    told = yaml.safe_load((DEPLOY / "grafana" / "dashboards.yml").read_text())
    (provider,) = told["providers"]
    assert str(Path(there["./grafana/mami.json"]).parent) == provider["options"]["path"]
    (source,) = yaml.safe_load((DEPLOY / "grafana" / "datasource.yml").read_text())["datasources"]
    found = re.fullmatch(r"https://(\w+):9090", source["url"])
    assert found
    assert found[1] in compose["services"]
    ca = re.fullmatch(r"\$__file\{/run/secrets/(\w+)\}", source["secureJsonData"]["tlsCACert"])
    assert ca
    assert ca[1] in grafana["secrets"]
    password = Path(grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"])
    assert password.name in grafana["secrets"]


@pytest.mark.deploy
def test_a_node_knows_all_that_patroni_asks(compose: dict[str, Any], tmp_path: Path) -> None:
    """`patroni/start` as the image runs it (`patroni/Dockerfile`), with `cat` in the place of Patroni."""
    node = compose["services"]["b"]
    done = subprocess.run(
        [DEPLOY / "patroni" / "start"],
        env=node["environment"] | {
            "PATH": f"{Path(needed('envsubst')).parent}:/usr/bin:/bin", "PATRONI": "cat",
            "PATRONI_TEMPLATE": str(DEPLOY / "patroni" / "patroni.yml"),
            "PATRONI_FILE": str(tmp_path / "patroni.yml"),
            "SUPERUSER_PASSWORD": "s", "REPLICATION_PASSWORD": "r", "REWIND_PASSWORD": "w",
        },
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = yaml.safe_load(done.stdout)
    assert told["name"] == "b"
    assert told["postgresql"]["listen"] == "10.0.0.12:5432"
    assert told["bootstrap"]["dcs"]["postgresql"]["parameters"]["archive_command"].startswith(
        "pgbackrest "
    )
    empty = [line for line in done.stdout.splitlines() if re.search(r": $|: :|\$\{(?!…)", line)]
    assert empty == []
    for name in ("SUPERUSER", "REPLICATION", "REWIND"):
        assert f"{name.lower()}_password" in node["secrets"]
    for way in (told["restapi"]["certfile"], told["etcd3"]["cert"], told["ctl"]["certfile"]):
        assert way == "/run/secrets/certificate"


@pytest.mark.deploy
def test_the_database_is_made_once(tmp_path: Path) -> None:
    """`make-database` asked twice, of a real server; the role's password is the file's."""
    needed("psql")
    assert "make-database" in (DEPLOY / "patroni" / "Dockerfile").read_text()
    base = Path(tempfile.mkdtemp(prefix="mami-office-"))
    base.chmod(0o755)
    shown = certificate(base / "tls", "haproxy", account=account().get("user", -1))
    server = Server(base, shown)
    (tmp_path / "ca").write_bytes(shown.ca.read_bytes())
    (tmp_path / "superuser_password").write_text(PASSWORD)
    (tmp_path / "postgres_password").write_text("it's the shop's")
    environment = {
        "PATH": os.environ["PATH"], "SECRETS": str(tmp_path), "PGHOST": "127.0.0.1", "PGPORT": str(server.port),
    }  # fmt: skip
    server.control("start")
    try:
        for _ in range(2):
            subprocess.run([DEPLOY / "patroni" / "make-database"], env=environment, check=True)
        with psycopg.connect(
            host="127.0.0.1",
            port=server.port,
            user="mami",
            password="it's the shop's",
            dbname="mami",
            sslmode="verify-full",
            sslrootcert=str(shown.ca),
        ) as shop:
            shop.execute("CREATE EXTENSION pg_trgm")
            shop.execute("CREATE TABLE thing ()")
    finally:
        server.control("stop")
        shutil.rmtree(base, ignore_errors=True)
