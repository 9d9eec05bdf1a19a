"""A real OpenSearch of one node on this machine: its jars come from Maven Central, it asks for a JDK 17.

The jars are kept in MAMI_VAR/.cache; the data of a node is thrown away with it.
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
from pathlib import Path
from urllib.error import URLError

POM = Path(__file__).with_name("pom.xml")
MAIN = "org.codelibs.opensearch.runner.OpenSearchRunner"
PORT = re.compile(r"HTTP Port: +(\d+)")
START_SECONDS = 420  # many processes may want the same cores
FIRST_PORT, LAST_PORT = 9210, 9290  # the runner looks for a free one from here to 9299


class ServerFailed(Exception):
    """The server did not start; what it said is in the message."""


def classpath(cache: Path) -> str:
    """The jars of the server, fetched by Maven where they are not here yet. Raises ServerFailed."""
    kept = cache / f"classpath-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        command = [
            "mvn", "-q", "-B", "-f", str(POM), f"-Dmaven.repo.local={cache / 'maven'}",
            "dependency:build-classpath", f"-Dmdep.outputFile={fresh}",
        ]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode or not fresh.exists():
            raise ServerFailed(f"Maven brought no OpenSearch:\n{ended.stdout}{ended.stderr}")
        fresh.rename(kept)
    return kept.read_text(encoding="utf-8").strip()


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
        base = self.port - 1 if self.port else random.randint(FIRST_PORT, LAST_PORT)
        command = [
            "java", f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-Xshare:auto",
            "-XX:TieredStopAtLevel=1" if self.heap == "512m" else "-XX:+TieredCompilation",
            "-cp", classpath(self.cache), MAIN, "-basePath", str(self.folder / "node"),
            "-numOfNode", "1", "-clusterName", self.name, "-baseHttpPort", str(base),
            "-printOnFailure",
        ]  # fmt: skip
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

    def _serves(self) -> bool:
        if named := PORT.search(self._log.read_text(encoding="utf-8", errors="replace")):
            self.port = int(named[1])
        if not self.port:
            return False
        address = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=5s"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return bool(answer.status == 200)
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
