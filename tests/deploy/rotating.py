"""D21: secrets are exchanged one by one while people shop: `python -m tests.deploy.rotating`.

Two nodes behind nginx, a PostgreSQL of Debian's with passwords. For each secret the steps of
docs/runbooks.md, "Exchange a secret"; after each of them everybody is still signed in, nothing has failed,
and what was exchanged opens nothing any more. The control exchanges `SECRET_KEY` without its second step.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import requests

from tests.deploy.front import Nginx, WebNode, sign_in
from tests.deploy.ha_cluster import PASSWORD, until
from tests.deploy.rolling import Traffic
from tests.deploy.server import Server
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import CHECKOUT, SECRET_KEY
from tests.drills.shoppers import DrillData, Ledger, write_drill_data
from tests.drills.verdicts import judge

NEW_KEY = SECRET_KEY.replace("drills", "the-next-drills")
JWT_OLD, JWT_NEW = "one:0123456789-of-the-old-signing-key", "two:9876543210-of-the-new-signing-key"
FIGURES_OLD, FIGURES_NEW = "figures-of-the-drill-old-token", "figures-of-the-drill-new-token"
EMAIL, SECRET = "rotating@mami.test", "gxkq-4-lemons"
NEXT_PASSWORD = "the-next-password-of-the-drill"


class SignedIn:
    """A browser that signed in once, and every node asked whether it still is."""

    def __init__(self, nodes: list[WebNode]) -> None:
        self.nodes, self.url = nodes, f"http://127.0.0.1:{nodes[0].port}"
        self.visit = requests.Session()
        page = until(self._login_page, seconds=60, why="the page to sign in")
        sign_in(self.visit, self.url, page=page.text, email=EMAIL, password=SECRET)

    def _login_page(self) -> requests.Response | None:
        """None while there are more people than the machine can serve."""
        page = self.visit.get(f"{self.url}/account/login/", timeout=60)
        return None if page.status_code == 503 else page

    def is_known(self) -> bool:
        """At both nodes, asked without nginx."""
        found = {
            self.visit.get(
                f"http://127.0.0.1:{node.port}/account/", timeout=60, allow_redirects=False,
                cookies=self.visit.cookies.get_dict(),
            ).status_code
            for node in self.nodes
        }  # fmt: skip
        return found == {200}


class Rotating:
    def __init__(self, nginx: Nginx, nodes: list[WebNode], traffic: Traffic) -> None:
        self.nginx, self.nodes, self.traffic = nginx, nodes, traffic
        self.signed_in = SignedIn(nodes)
        self.wrong: list[str] = []

    def step(self, what: str, **variables: str) -> None:
        """Restart one node after the other with these variables, and look."""
        asked, failed = self.traffic.asked, len(self.traffic.failed)
        for node in self.nodes:
            node.variables |= variables
            if code := node.restart():
                self.wrong.append(f"{what}: exit {code}")
        told = f"{self.traffic.asked - asked} requests, {len(self.traffic.failed) - failed} failed"
        print(f"  {what}: {told}", flush=True)
        if not self.signed_in.is_known():
            self.wrong.append(f"{what}: signed out")

    def holds(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found!r} and not {wanted!r}")

    def figures(self, token: str) -> set[int]:
        headers = {"Authorization": f"Bearer {token}"}
        return {
            requests.get(
                f"http://127.0.0.1:{node.port}/metrics", headers=headers, timeout=60
            ).status_code
            for node in self.nodes
        }


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-rotating-"))
    base.chmod(0o755)
    for name in ("var", "nginx", "server"):
        (base / name).mkdir(mode=0o755)
    server = Server(base / "server")
    try:
        server.control("start")
        wrong = _drill(server, base / "var", base / "nginx")
    finally:
        server.control("stop")
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("rotating: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(server: Server, var: Path, front: Path) -> list[str]:
    with server.connect() as office:
        office.execute(f"CREATE ROLE mami LOGIN PASSWORD '{PASSWORD}'")
        office.execute("CREATE DATABASE mami OWNER mami")
    url = f"postgresql://mami:{PASSWORD}@127.0.0.1:{server.port}/mami"
    _open_database(
        var, DATABASE_URL=url, SECRET_KEY=SECRET_KEY, JWT_KEYS=JWT_OLD, MAMI_REHEARSAL="1",
        ALLOWED_HOSTS="127.0.0.1,localhost",
    )  # fmt: skip
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"], cwd=CHECKOUT, check=True
        )
    data = write_drill_data(customers=60, products=4)
    _write_person()
    variables = {"DATABASE_URL": url, "JWT_KEYS": JWT_OLD, "MAMI_METRICS_TOKEN": FIGURES_OLD}
    nodes = [WebNode(var, **variables) for _ in range(2)]
    try:
        for node in nodes:
            node.until_ready()
        nginx = Nginx(front, var, [node.port for node in nodes])
        try:
            return _exchange(server, nginx, nodes, data, Ledger(path=var / "acked.jsonl"))
        finally:
            nginx.end()
    finally:
        for node in nodes:
            node.end()


def _write_person() -> None:
    from accounts.models import User

    person = User(email=EMAIL, full_name="Rotating")
    person.set_password(SECRET)
    person.save()


def _exchange(
    server: Server, nginx: Nginx, nodes: list[WebNode], data: DrillData, ledger: Ledger
) -> list[str]:
    with Traffic(nginx, data, ledger) as traffic:
        drill = Rotating(nginx, nodes, traffic)
        drill.step("SECRET_KEY: the new one is known", SECRET_KEY_FALLBACKS=NEW_KEY)
        drill.step("SECRET_KEY: and signs", SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=SECRET_KEY)

        drill.step("JWT_KEYS: the new one is known", JWT_KEYS=f"{JWT_OLD},{JWT_NEW}")
        drill.step("JWT_KEYS: and signs", JWT_KEYS=f"{JWT_NEW},{JWT_OLD}")

        with server.connect() as office:
            office.execute(f"CREATE ROLE mami_next LOGIN PASSWORD '{NEXT_PASSWORD}' IN ROLE mami")
            office.execute("ALTER ROLE mami_next SET role TO 'mami'")
        url = f"postgresql://mami_next:{NEXT_PASSWORD}@127.0.0.1:{server.port}/mami"
        drill.step("database: by the next role", DATABASE_URL=url)
        with server.connect() as office:
            office.execute("ALTER ROLE mami NOLOGIN")
        drill.holds("the former password", _opens(server), False)

        drill.step("metrics: both are taken", MAMI_METRICS_TOKEN=f"{FIGURES_OLD},{FIGURES_NEW}")
        drill.holds("the old token", drill.figures(FIGURES_OLD), {200})
        drill.holds("the new token", drill.figures(FIGURES_NEW), {200})
        drill.step("metrics: the new one alone", MAMI_METRICS_TOKEN=FIGURES_NEW)
        drill.holds("the old token afterwards", drill.figures(FIGURES_OLD), {401})
    asked, orders = traffic.asked, len(ledger.rows("order"))
    print(f"  {asked} requests, {orders} orders, {len(traffic.failed)} failed", flush=True)
    wrong = [*drill.wrong, *traffic.failed[:10]]
    if orders < 20:
        wrong.append(f"only {orders} orders")
    # The tables are looked at by their owner, whose password has gone with the role's login.
    with server.connect() as office:
        office.execute("ALTER ROLE mami LOGIN")
    return [*wrong, *judge(ledger, whole=False), *_control(nodes, drill.signed_in)]


def _opens(server: Server) -> bool:
    try:
        psycopg.connect(
            host="127.0.0.1", port=server.port, user="mami", password=PASSWORD, dbname="mami"
        ).close()
    except psycopg.OperationalError:
        return False
    return True


def _control(nodes: list[WebNode], signed_in: SignedIn) -> list[str]:
    """Without the former key beside it, a new one signs everybody out."""
    for node in nodes:
        node.variables |= {"SECRET_KEY": f"{NEW_KEY}-once-more", "SECRET_KEY_FALLBACKS": ""}
        node.restart()
    known = signed_in.is_known()
    print(f"  control, the key exchanged in one step: still signed in: {known}", flush=True)
    return ["the control passed: keys that nobody knows make no difference"] if known else []


if __name__ == "__main__":
    sys.exit(main())
