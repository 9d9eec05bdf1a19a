"""Real clusters in throw-away folders that an unprivileged account can reach (pytest's own tmp_path cannot)."""

import io
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import runtime.embedded.preparation  # noqa: F401 -- a forked child of another account could not load it later
from runtime.embedded import Cluster
from runtime.embedded.__main__ import main

CHECKOUT = Path(__file__).resolve().parents[3]


def patience() -> float:
    """How much longer things take while the machine is doing other things too."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mami-test-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with throw_away_folder() as made:
        yield made


@pytest.fixture(scope="session")
def shared() -> Iterator[Cluster]:
    """One cluster for every test that leaves it as healthy as it was: creating one is most of a test's time."""
    with throw_away_folder() as made:
        cluster = Cluster(made / "postgres")
        cluster.ensure()
        yield cluster
        cluster.stop()


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    """Created before, not running. The test hands it back able to start."""
    shared.stop()
    shared.log.unlink(missing_ok=True)
    shared.keep_running(keep=False)
    return shared


@pytest.fixture
def new_cluster(folder: Path) -> Iterator[Cluster]:
    """Nothing there yet."""
    made = Cluster(folder / "postgres")
    yield made
    if made.running_pid() is not None:
        made.stop()


@pytest.fixture
def stranger() -> pwd.struct_passwd:
    """An ordinary account that is not the one running the tests; only root can act as it."""
    if os.geteuid() != 0:
        pytest.skip(
            "only root can act as somebody else; as an ordinary user every other test here covers that side"
        )
    return pwd.getpwnam("daemon")  # never one the server is run as


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def command_line(*arguments: str, var: Path) -> Answer:
    """Run `python -m runtime.embedded …` with its own var folder."""
    done = subprocess.run(
        [sys.executable, "-m", "runtime.embedded", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "MAMI_VAR": str(var)},
        capture_output=True,
        text=True,
        timeout=120 * patience(),
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def command_line_as(account: pwd.struct_passwd, *arguments: str, var: Path) -> Answer:
    """The same as another account, in a forked child: that account may not be able to reach this Python."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
                sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), write_through=True)
                os.environ["MAMI_VAR"] = str(var)
                os.setgroups([])
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
                code = main(list(arguments))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        out.seek(0)
        err.seek(0)
        return Answer(os.waitstatus_to_exitcode(status), out.read().decode(), err.read().decode())


def start_elsewhere(base: Path) -> "subprocess.Popen[str]":
    """Another process that starts the cluster and prints its address; it leads its own process group."""
    code = f"from pathlib import Path; from runtime.embedded import Cluster; print(Cluster(Path({str(base)!r})).ensure())"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds * patience()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def kill_server(cluster: Cluster) -> int:
    pid = cluster.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: cluster.running_pid() is None)
    return pid
