"""One PostgreSQL cluster in one folder: create it, start it, find it, stop it."""

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from runtime.embedded import location, locks, processes
from runtime.embedded.account import Account, choose
from runtime.embedded.binaries import program
from runtime.embedded.errors import VERSION_RECIPE, EmbeddedError, explained

USER = "postgres"
PORT = 5432  # only the name of the socket file: the server listens on no network address

_SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 107 on Linux and 103 on macOS
_LOG_LIMIT = 10 * 1024 * 1024
_START_ATTEMPTS_SECONDS = 30.0

# Two web workers, the background worker, a shell and a test run together stay far below 200 connections.
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",  # our queries are short; compiling them costs more than it saves
    "max_parallel_workers_per_gather": "0",  # likewise; the cores are for other shoppers
    "random_page_cost": "1.1",  # the data fits into memory, so an index is not dearer than a scan
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The server's log quotes nobody: no statement of a refused row, no row, no parameter.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] %q%d ",
}


class Cluster:
    """A PostgreSQL cluster under `base`: `data/`, `lock`, `server.log` and the socket.

    `settings` go into the server's configuration on every start, over the defaults above.
    """

    def __init__(self, base: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.wanted = Path(os.path.abspath(base))
        self._live_in(location.recorded(self.wanted))
        self.settings = _SETTINGS | dict(settings or {})

    def _live_in(self, base: Path) -> None:
        self.base = base
        self.data = base / "data"
        self.log = base / "server.log"

    def settle(self) -> "Cluster":
        """Choose the folder for good, where this machine's account for the server can reach it.

        Starts nothing. To be called before anybody asks for the address.
        """
        self._live_in(location.settle(self.wanted, choose(self.data)))
        return self

    # -- what others ask -------------------------------------------------------------------------------------

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: `base`, or a short private folder when that path is too long for a socket."""
        wanted = f"{self.base}/.s.PGSQL.{PORT}.lock"
        if len(os.fsencode(wanted)) <= _SOCKET_PATH_LIMIT and "," not in wanted:
            return self.base
        digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"mami-pg-{digest}"

    def url(self, database: str = "mami") -> str:
        """The address of a database of this cluster. Starts nothing."""
        return f"postgresql://{USER}@/{quote(database, safe='')}?host={quote(str(self.socket_folder))}&port={PORT}"

    def running_pid(self) -> int | None:
        """The pid of this cluster's server; None when it is not running."""
        pid = processes.recorded_pid(self.data / "postmaster.pid")
        return pid if processes.is_server(pid, self.data) else None

    def exists(self) -> bool:
        """True when the folder was made, by whomever."""
        return self.base.exists()

    def is_ready(self) -> bool:
        """True when the server runs, was prepared by `ensure()` and takes connections."""
        prepared = self._prepared_by()
        return prepared is not None and prepared == self.running_pid() and self._answers()

    def ensure(self) -> str:
        """Create and start the cluster where needed, and return the address of its database.

        Any number of processes may call this at once. Attaching to a running server costs nothing. Raises
        EmbeddedError with one clear sentence when it cannot be done.
        """
        if self.is_ready():
            return self.url()
        self.settle()
        from runtime.embedded.preparation import (
            prepare,  # loads psycopg, which attaching does not need
        )

        try:
            account = choose(self.data)
            self._make_base(account)
            with self._turn(account):
                if not self.is_ready():
                    self._check_programs(account)
                    self._create(account)
                    self._start(account)
                    prepare(self)
                    self._write(self.base / "ready", f"{self.running_pid()}\n", account)
        except OSError as error:
            raise EmbeddedError(
                explained(str(error), f"The database in {self.base} cannot be started")
            ) from error
        return self.url()

    def stop(self) -> bool:
        """Stop the server and wait for it; True when there was one to stop."""
        if not self.base.exists() or self.running_pid() is None:
            return False
        self.settle()
        account = choose(self.data)
        with self._turn(account):
            if self.running_pid() is None:
                return False
            (self.base / "ready").unlink(missing_ok=True)
            # `fast` ends idle clients; a plain SIGTERM would wait for them. `immediate` only if that hangs.
            for mode, seconds in (("fast", 30), ("immediate", 20)):
                account.run_silently(
                    [
                        program("pg_ctl"),
                        "-s",
                        "-w",
                        "-t",
                        str(seconds),
                        "-D",
                        self.data,
                        "-m",
                        mode,
                        "stop",
                    ],
                    timeout=seconds + 10,
                )
                if self.running_pid() is None:
                    return True
        raise EmbeddedError(
            f"The database server (pid {self.running_pid()}) does not stop; look at {self.log}."
        )

    # -- shared use ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def held(self) -> Iterator[str]:
        """Use the cluster for the length of a block; the last one out stops the server.

        `keep_running()` makes it stay.
        """
        self.settle()
        account = choose(self.data)
        self._make_base(account)
        descriptor = locks.opened(self.base / "users", owner=self._owner(account))
        try:
            while not locks.taken(descriptor, fcntl.LOCK_SH):
                time.sleep(0.02)
            try:
                yield self.ensure()
            finally:
                if locks.taken(descriptor, fcntl.LOCK_EX) and not (self.base / "keep").exists():
                    self.stop()
        finally:
            os.close(descriptor)

    def keep_running(self, *, keep: bool) -> None:
        """Say whether the server outlives the programs that use it (`manage.py db start` says yes)."""
        if keep:
            self._write(self.base / "keep", "", choose(self.data))
        else:
            (self.base / "keep").unlink(missing_ok=True)

    # -- steps of ensure() -----------------------------------------------------------------------------------

    def _make_base(self, account: Account) -> None:
        try:
            with location.open_to_all():  # the server's account passes through
                self.base.parent.mkdir(parents=True, exist_ok=True)
            self.base.mkdir(mode=0o700, exist_ok=True)
            if account.switch and self.base.stat().st_uid != account.uid:
                os.chown(self.base, account.uid, account.gid)
        except OSError as error:
            raise EmbeddedError(
                f"The database folder {self.base} cannot be made ({error.strerror}); give '{account.name}' the right "
                "to write there, or choose another folder with MAMI_VAR."
            ) from error
        if not account.switch and not os.access(self.base, os.W_OK | os.X_OK):
            raise EmbeddedError(
                f"'{account.name}' may not write to the database folder {self.base}; start Mami as its owner, repair "
                "the rights, or choose another folder with MAMI_VAR."
            )

    def _check_programs(self, account: Account) -> None:
        """The programs and the folder are within the account's reach, and of the version the data was made by."""
        answer = account.run([program("postgres"), "--version"], timeout=30)
        found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
        if found is None:
            raise EmbeddedError(
                f"The installed PostgreSQL does not run on this machine ({answer.stdout.strip()[:200] or 'no answer'}); "
                "name a database of your own with DATABASE_URL."
            )
        if (
            account.switch
            and account.run(["/bin/sh", "-c", 'test -w "$0"', self.base], timeout=30).returncode
            != 0
        ):
            raise account.unreachable(self.base)
        if self.data.exists():
            self._check_version(found.group(1))

    def _check_version(self, programs: str) -> None:
        try:
            made_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise EmbeddedError(
                f"{self.data} is not a complete database folder (PG_VERSION cannot be read: {error.strerror}); move it "
                "away to start with an empty shop, or restore a backup with `make restore`."
            ) from error
        if made_by != programs:
            raise EmbeddedError(
                VERSION_RECIPE.format(data=self.data, base=self.base, old=made_by, new=programs)
            )

    def _create(self, account: Account) -> None:
        """initdb beside the final place, then rename: a killed initdb leaves nothing that looks like a cluster."""
        if self.data.exists():
            return
        fresh = self.base / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # With LC_CTYPE C, trigrams find nothing in Hebrew and say nothing about it.
        made = account.run(
            [
                program("initdb"), "-D", fresh, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--no-instructions",
            ],
            timeout=120,
        )  # fmt: skip
        if made.returncode != 0:
            raise EmbeddedError(
                explained(made.stdout, f"The database could not be created in {self.base}")
            )
        with (fresh / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'mami.conf'\n")
        fresh.rename(self.data)

    def _start(self, account: Account) -> None:
        (self.base / "ready").unlink(missing_ok=True)
        self._write_settings(account)
        self._make_socket_folder(account)
        deadline = time.monotonic() + _START_ATTEMPTS_SECONDS
        while self.running_pid() is None:
            self._clear_stale_files()
            if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
            seen = self.log.stat().st_size if self.log.exists() else 0
            socket_option = f"-k {shlex.quote(str(self.socket_folder))} -p {PORT}"
            account.run_silently(
                [
                    program("pg_ctl"), "-s", "-w", "-t", "120", "-D", self.data, "-l", self.log, "-o", socket_option,
                    "start",
                ],
                timeout=150,
            )  # fmt: skip
            if self.running_pid() is not None:
                return  # perhaps still recovering: prepare() waits for it
            said = self._log_since(seen)
            # After kill -9 the orphans of the old server need a moment to notice; the busy ones never would.
            passing = re.search(
                r"lock file \S+ already exists|pre-existing shared memory block", said
            )
            if not passing or time.monotonic() > deadline:
                raise EmbeddedError(
                    explained(said, "The database server does not start", log=self.log)
                )
            time.sleep(0.3)
            processes.end_orphans(self.data)

    def _write_settings(self, account: Account) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in self.settings.items()]
        self._write(
            self.data / "mami.conf", "".join(["# written anew at every start\n", *lines]), account
        )

    def _make_socket_folder(self, account: Account) -> None:
        """The short folder stands in a place everyone may write to, so it must be ours and closed to others."""
        folder = self.socket_folder
        if folder == self.base:
            return
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if account.switch:
                os.chown(folder, account.uid, account.gid)
        found = folder.lstat()
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != account.uid
            or stat.S_IMODE(found.st_mode) & 0o077
        ):
            raise EmbeddedError(
                f"{folder}, where the database's socket would go, belongs to somebody else or is open to others; "
                "remove it, or choose a shorter MAMI_VAR."
            )

    def _clear_stale_files(self) -> None:
        """Pid files whose process is not our server: kill -9, a reboot, a number taken by a stranger, a zombie."""
        for pid_file in (
            self.data / "postmaster.pid",
            self.socket_folder / f".s.PGSQL.{PORT}.lock",
        ):
            pid = processes.recorded_pid(pid_file)
            if pid is None:
                # Cut short by a power failure: no number to distrust, so look at every process before removing it.
                if pid_file.exists() and not processes.any_server(self.data):
                    pid_file.unlink()
            elif processes.exists(pid) and not processes.is_server(pid, self.data):
                processes.disown(pid_file)

    # -- small things ----------------------------------------------------------------------------------------

    def _turn(self, account: Account) -> contextlib.AbstractContextManager[None]:
        return locks.turn(self.base / "lock", owner=self._owner(account))

    def _owner(self, account: Account) -> tuple[int, int] | None:
        return (account.uid, account.gid) if account.switch else None

    def _write(self, path: Path, text: str, account: Account) -> None:
        beside = path.with_name(path.name + ".tmp")
        beside.write_text(text)
        if account.switch:
            os.chown(beside, account.uid, account.gid)
        beside.replace(path)

    def _prepared_by(self) -> int | None:
        return processes.recorded_pid(self.base / "ready")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.socket_folder / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def _log_since(self, position: int) -> str:
        try:
            with self.log.open("rb") as log:
                log.seek(position)
                return log.read(100_000).decode(errors="replace")
        except OSError:
            return ""
