"""Three PostgreSQL nodes under Patroni and three etcd, on this machine, with the files of `deploy/`."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg

from runtime.run.tests.conftest import free_port, patience
from tests.deploy import networks
from tests.deploy.certificates import Certificate, certificate
from tests.deploy.programs import needed

CHECKOUT = Path(__file__).resolve().parents[2]
PATRONI = CHECKOUT / "deploy" / "patroni"
PASSWORD = "a-password-of-the-drill"
NAMES = ("a", "b", "c")


def until(what: Callable[[], Any], *, seconds: float, why: str) -> Any:
    """The first truth that `what` tells."""
    end = time.monotonic() + seconds * patience()
    while not (found := what()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {why}")
        time.sleep(0.1)
    return found


def account() -> dict[str, Any]:
    """For Popen: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    postgres = pwd.getpwnam("postgres")
    return {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}


def install_patroni(folder: Path) -> Path:
    """Patroni as pinned in `deploy/patroni/requirements.txt`, where the database's account can run it."""
    uv = needed("uv")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", "/usr/bin/python3", "--target", str(folder),
         "--require-hashes", "-r", str(PATRONI / "requirements.txt")],
        check=True,
    )  # fmt: skip
    return folder


def postgres_programs() -> Path:
    """Debian's, of the newest version there is."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4])
    )
    return found[-1].parent if found else Path(needed("postgres")).parent


class Node:
    """One machine: Patroni and its PostgreSQL."""

    def __init__(self, cluster: HaCluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        self.port, self.rest = free_port(), free_port()
        self.address = cluster.address(name)
        self.data = cluster.folder / name
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        values = {
            "NODE": self.name,
            "NODE_ADDRESS": self.address,
            "REST_PORT": str(self.rest),
            "POSTGRES_PORT": str(self.port),
            "ETCD_HOSTS": ",".join(
                f"{self.cluster.etcd_address}:{port}" for port in self.cluster.etcd_ports
            ),
            "ARCHIVE_COMMAND": self.cluster.archive_command,
            "DATA": str(self.data),
            "POSTGRES_BIN": str(postgres_programs()),
            "SOCKETS": str(self.cluster.folder),
            "NETWORK": "127.0.0.0/8" if self.cluster.network is None else networks.NET,
            "WATCHDOG": "off",
            "CA": str(self.cluster.shown.ca),
            "CERTIFICATE": str(self.cluster.shown.certificate),
            "KEY": str(self.cluster.shown.key),
            **dict.fromkeys(
                ("SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "REWIND_PASSWORD"), PASSWORD
            ),
        }
        file = self.cluster.folder / f"{self.name}.yml"
        text = (PATRONI / "patroni.yml").read_text()
        for key, value in values.items():  # as envsubst does it
            text = text.replace(f"${{{key}}}", value)
        file.write_text(text)
        environment = {"PYTHONPATH": str(self.cluster.patroni), **self.cluster.archiving(self)}
        log = (self.cluster.folder / f"{self.name}.log").open("ab")
        before, identity = self.cluster.around(self.name)
        self.process = subprocess.Popen(
            [*before, "/usr/bin/python3", "-m", "patroni", str(file)],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            cwd=self.cluster.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, **identity,
        )  # fmt: skip
        log.close()

    def url(self) -> str:
        """Of this one, whatever it is now."""
        return f"postgresql://postgres:{PASSWORD}@{self.address}:{self.port}/postgres?connect_timeout=2&sslmode=require"

    def is_primary(self) -> bool:
        return self.asks("/primary") == 200

    def is_synchronous(self) -> bool:
        return self.asks("/synchronous") == 200

    def follows(self) -> bool:
        return self.asks("/replica") == 200

    def hearers(self) -> int:
        """How many receive what this one writes."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url()) as line:
            row = line.execute(
                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
            ).fetchone()
            return int(row[0]) if row else 0
        return 0

    def asks(self, path: str) -> int:
        try:
            address = f"https://{self.address}:{self.rest}{path}"
            with urlopen(address, timeout=1, context=self.cluster.context) as answer:
                return int(answer.status)
        except URLError as error:
            return int(getattr(error, "code", 0))
        except OSError:
            return 0

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def postgres(self, title: str = "") -> list[int]:
        """The server and its children, or those of them whose title holds this."""
        master, found = self.postmaster(), []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_text()
                if master in (parent, int(folder.name)) and title in command:
                    found.append(int(folder.name))
        return found

    def signal(self, number: signal.Signals, *, patroni: bool, postgres: bool) -> None:
        """Who makes processes stands still first: one made after a look around would outlive the others,
        and hold their memory for as long as it waits for one of them.
        """
        if postgres:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.postmaster(), signal.SIGSTOP)
        pids = self.postgres() if postgres else []
        if patroni and self.process is not None:
            pids.insert(0, self.process.pid)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


class HaCluster:
    """Ends, and takes away, everything that it started.

    `archives`: each node hands its log to the shipped pgBackRest, all into one repository.
    """

    def __init__(
        self,
        folder: Path,
        patroni: Path,
        *,
        network: networks.Network | None = None,
        archives: bool = False,
    ) -> None:
        self.folder, self.patroni, self.network = folder, patroni, network
        self.archive_command = (
            "pgbackrest --stanza=mami archive-push %p" if archives else "/bin/true"
        )
        self.etcd: list[subprocess.Popen[bytes]] = []
        self.etcd_ports: list[int] = []
        self.etcd_address = "127.0.0.1" if network is None else networks.ETCD
        identity = account()
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        places = (
            [] if network is None else [networks.SHOP, networks.ETCD, *network.addresses.values()]
        )
        self.shown = certificate(
            folder.with_name("tls"), "node", *places, account=identity.get("user", -1)
        )
        self.context = self.shown.context
        self.nodes = [Node(self, name) for name in NAMES]
        try:
            self._start_etcd()
            for node in self.nodes:
                node.start()
            until(self.is_whole, seconds=90, why="a primary with a synchronous standby and a third")
        except BaseException:
            print(self.said())
            self.end()
            raise

    def address(self, name: str) -> str:
        return "127.0.0.1" if self.network is None else self.network.addresses[name]

    def around(self, name: str) -> tuple[list[str], dict[str, Any]]:
        """What stands before a node's command, and what Popen has to know of its account."""
        identity = account()
        if self.network is None:
            return [], identity
        return self.network.command(name, identity["user"], identity["group"]), {}

    def archiving(self, node: Node) -> dict[str, str]:
        """What pgBackRest has to know on this node: `pgbackrest.conf` with its folders and port."""
        text = (CHECKOUT / "deploy" / "pgbackrest" / "pgbackrest.conf").read_text()
        for old, new in {
            "repo1-path=/var/lib/pgbackrest": f"repo1-path={self.folder}/repository\nlock-path={self.folder}/locks-{node.name}",
            "pg1-path=/var/lib/postgresql/mami": f"pg1-path={node.data}\npg1-socket-path={self.folder}",
            "pg1-port=5432": f"pg1-port={node.port}",
        }.items():
            assert old in text
            text = text.replace(old, new)
        file = self.folder / f"pgbackrest-{node.name}.conf"
        file.write_text(text)
        return {"PGBACKREST_CONFIG": str(file), "PGBACKREST_REPO1_CIPHER_PASS": PASSWORD}

    def _start_etcd(self) -> None:
        names = ("x", "y", "z")
        self._peers = {name: free_port() for name in names}
        self._clients = {name: free_port() for name in names}
        self.etcd_ports = list(self._clients.values())
        self.etcd = [self._one_etcd(name) for name in names]

    def lose_etcd(self) -> None:
        """Two of the three, so that what is left decides nothing."""
        for one in self.etcd[:2]:
            one.kill()
            one.wait()

    def mend_etcd(self) -> None:
        self.etcd[:2] = [self._one_etcd(name) for name in list(self._peers)[:2]]

    def _one_etcd(self, name: str) -> subprocess.Popen[bytes]:
        etcd, place = needed("etcd"), f"https://{self.etcd_address}"
        together = ",".join(f"{each}={place}:{port}" for each, port in self._peers.items())
        peer, client = (f"{place}:{ports[name]}" for ports in (self._peers, self._clients))
        with (self.folder / f"etcd-{name}.log").open("ab") as log:
            return subprocess.Popen(
                [etcd, "--name", name, "--data-dir", str(self.folder / f"etcd-{name}"),
                 "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--listen-client-urls", client, "--advertise-client-urls", client,
                 "--initial-cluster", together, "--initial-cluster-state", "new",
                 "--heartbeat-interval", "200", "--election-timeout", "2000",
                 "--unsafe-no-fsync" if _knows_no_fsync(etcd) else "--logger=zap"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=os.environ | encrypted_etcd(self.shown), **account(),
            )  # fmt: skip

    def primary(self) -> Node | None:
        return next((node for node in self.nodes if node.is_primary()), None)

    def is_whole(self) -> bool:
        """A primary, one who has every commit, and everybody following: `/replica` also says 200 for one
        that runs and hears nothing, as before it is rewound.
        """
        primary = self.primary()
        return (
            primary is not None
            and sum(node.follows() for node in self.nodes) == len(self.nodes) - 1
            and any(node.is_synchronous() for node in self.nodes)
            and primary.hearers() == len(self.nodes) - 1
        )

    def url(self, *, user: str = "postgres", database: str = "postgres") -> str:
        hosts = ",".join(node.address for node in self.nodes)
        ports = ",".join(str(node.port) for node in self.nodes)
        return (
            f"postgresql://{user}:{PASSWORD}@/{database}?host={hosts}&port={ports}"
            "&target_session_attrs=read-write&connect_timeout=2"
            f"&sslmode=verify-full&sslrootcert={self.shown.ca}"
        )

    def make_database(self) -> str:
        """An empty database of a role that may do in it what the shop has to; its address."""
        with psycopg.connect(self.url(), autocommit=True) as office:
            office.execute(f"CREATE ROLE mami LOGIN PASSWORD '{PASSWORD}'")
            office.execute("CREATE DATABASE mami OWNER mami")
        return self.url(user="mami", database="mami")

    def configure(self, **settings: Any) -> None:
        self._ask_primary("PATCH", "/config", settings)

    def switch_over(self) -> None:
        """By hand, to whom Patroni chooses."""
        primary = self.primary()
        assert primary is not None
        self._ask_primary("POST", "/switchover", {"leader": primary.name})

    def _ask_primary(self, method: str, path: str, said: dict[str, Any]) -> None:
        primary = self.primary()
        assert primary is not None
        asked = Request(
            f"https://{primary.address}:{primary.rest}{path}",
            data=json.dumps(said).encode(),
            method=method,
            headers={"Content-Type": "application/json"},
        )
        urlopen(asked, timeout=60, context=self.context).read()

    def said(self) -> str:
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-1500:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def end(self) -> None:
        for node in self.nodes:
            with contextlib.suppress(OSError, ValueError):
                node.signal(signal.SIGKILL, patroni=True, postgres=True)
            if node.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(node.process.pid, signal.SIGKILL)
                node.process.wait()
        for one in self.etcd:
            one.kill()
            one.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def encrypted_etcd(shown: Certificate) -> dict[str, str]:
    """What `compose.ha.yml` says of TLS to etcd."""
    text = (CHECKOUT / "deploy" / "compose.ha.yml").read_text(encoding="utf-8")
    files = {"certificate": shown.certificate, "key": shown.key, "ca": shown.ca}
    told = re.findall(r"^  (ETCD_\w+): (?:/run/secrets/(\w+)|\"(true)\")$", text, re.MULTILINE)
    return {name: str(files[secret]) if secret else word for name, secret, word in told}


def _knows_no_fsync(etcd: str) -> bool:
    told = subprocess.run([etcd, "--help"], capture_output=True, text=True)
    return "--unsafe-no-fsync" in told.stdout + told.stderr


__all__ = ["PASSWORD", "HaCluster", "Node", "install_patroni", "until"]
