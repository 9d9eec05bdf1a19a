"""A real OpenSearch of one node on this machine: its jars come from Maven Central.

The Java found decides the line: 3 asks for Java 21, 2 runs on 17. MAMI_OPENSEARCH=2 asks for the older line all
the same. The jars are kept in MAMI_VAR/.cache; the data of a node is thrown away with it.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

POM = Path(__file__).with_name("pom.xml")
MAIN = "org.codelibs.opensearch.runner.OpenSearchRunner"
PORT = re.compile(r"HTTP Port: +(\d+)")
VERSION = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)
KEPT = Path("/usr/lib/jvm")
# The runner of each line, and from which Java to which.
LINES = {"3": ("3.8.0.0", 21, 99), "2": ("2.19.1.0", 11, 23)}
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# As OpenSearch's own jvm.options: a heap that is only swept when it is full looks full to its breaker.
SERVING = ("-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30")
START_SECONDS = 420  # many processes may want the same cores
FIRST_PORT, LAST_PORT = 9210, 9290  # the runner looks for a free one from here to 9299


class ServerFailed(Exception):
    """The server did not start; what it said is in the message."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of OpenSearch, and the Java that runs it."""

    java: Path
    version: int
    runner: str


def line(wanted: str = "") -> Line:
    """The newest of the lines `wanted` that a Java here can run, with the newest such Java. Raises ServerFailed."""
    found = javas()
    for name in wanted or ("2" if os.environ.get("MAMI_OPENSEARCH") == "2" else "32"):
        runner, least, most = LINES[name]
        fitting = [version for version in found if least <= version <= most]
        if fitting:
            return Line(java=found[max(fitting)], version=max(fitting), runner=runner)
    raise ServerFailed(
        f"no Java for OpenSearch among {sorted(found)}: install a JDK, or set JAVA_HOME"
    )


def javas() -> dict[int, Path]:
    """The homes of the JDKs here, by their version: JAVA_HOME, where Linux keeps them, and the path's."""
    homes = {Path(home) for home in (os.environ.get("JAVA_HOME"), *KEPT.glob("*")) if home}
    if on_path := shutil.which("java"):
        homes.add(Path(on_path).resolve().parents[1])
    found = {}
    for home in homes:
        release = home / "release"
        if (home / "bin" / "java").exists() and release.exists():
            named = VERSION.search(release.read_text(encoding="utf-8"))
            found[int(named[1]) if named else 0] = home.resolve()
    return found


def classpath(cache: Path, wanted: Line) -> str:
    """The jars of the server, fetched by Maven where they are not here yet. Raises ServerFailed."""
    told = POM.read_bytes() + wanted.runner.encode()
    kept = cache / f"classpath-{hashlib.sha256(told).hexdigest()[:12]}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        command = [
            "mvn", "-q", "-B", "-f", str(POM), f"-Dmaven.repo.local={cache / 'maven'}",
            f"-Drunner={wanted.runner}", "dependency:build-classpath",
            f"-Dmdep.outputFile={fresh}",
        ]  # fmt: skip
        fetch(command, wanted)
        fresh.rename(kept)
    return kept.read_text(encoding="utf-8").strip()


def fetch(command: list[str], wanted: Line) -> None:
    """Let Maven bring something. Raises ServerFailed."""
    environment = {**os.environ, "JAVA_HOME": str(wanted.java)}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        raise ServerFailed(f"Maven brought no OpenSearch:\n{ended.stdout}{ended.stderr}")


class SearchNode:
    """A node in a process of its own. `heap` is as Java names it, such as 512m."""

    def __init__(self, folder: Path, *, cache: Path, heap: str = "512m") -> None:
        self.folder, self.cache, self.heap = folder, cache, heap
        self.port = 0
        self.name = f"mami-{secrets.token_hex(4)}"  # nodes of one name find one another
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process while it runs, for its processor time; 0 where it does not."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> SearchNode:
        """Start the node with what its folder holds, on the port of before, and wait until it serves.
        Raises ServerFailed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._command()
        self._log = self.folder / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while not self._serves():
            if self._process.poll() is not None or time.monotonic() > until:
                said = self._log.read_text(encoding="utf-8", errors="replace")
                self.kill()
                raise ServerFailed(f"OpenSearch did not start:\n{said[-4000:]}")
            time.sleep(0.5)
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """End it and throw its data away."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list[str]:
        wanted = self._line()
        base = self.port - 1 if self.port else random.randint(FIRST_PORT, LAST_PORT)
        return [
            str(wanted.java / "bin" / "java"), f"-Xms{self.heap}", f"-Xmx{self.heap}", "-Xshare:auto",
            *(SMALL if self.heap == "512m" else SERVING),
            "-cp", self._jars(wanted), MAIN, "-basePath", str(self.folder / "node"),
            "-numOfNode", "1", "-clusterName", self.name, "-baseHttpPort", str(base),
            "-printOnFailure",
        ]  # fmt: skip

    def _line(self) -> Line:
        return line()

    def _jars(self, wanted: Line) -> str:
        return classpath(self.cache, wanted)

    def _ask(self, path: str) -> int:
        """The status of its answer."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return int(answer.status)

    def _serves(self) -> bool:
        if named := PORT.search(self._log.read_text(encoding="utf-8", errors="replace")):
            self.port = int(named[1])
        if not self.port:
            return False
        try:
            return self._ask("/_cluster/health?wait_for_status=yellow&timeout=5s") == 200
        except (URLError, OSError):
            return False


def main() -> int:
    """Run a node until it is interrupted: `python -m tests.opensearch.server FOLDER [HEAP]`."""
    folder = Path(sys.argv[1]).absolute()
    server = SearchNode(folder, cache=folder / "cache", heap=(sys.argv[2:] or ["1g"])[0]).start()
    print(f"SEARCH_OPENSEARCH_URL={server.url}", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
