"""Is the process behind a pid file really a PostgreSQL server of this folder?

Pid files outlive their processes: after a crash the number may belong to nobody, to a zombie that no parent has
reaped, or by now to a stranger.
"""

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def recorded_pid(pid_file: Path) -> int | None:
    """The number in the first line of a pid file; None without a file or a number."""
    try:
        first = pid_file.read_text(errors="replace").split("\n", 1)[0].strip()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return None
    return abs(int(first)) if first.lstrip("-").isdigit() else None


def is_server(pid: int | None, data: Path) -> bool:
    """True when `pid` is a live PostgreSQL server running on `data`."""
    if pid is None or not exists(pid):
        return False
    return _serves(_command_line(pid), data)


def any_server(data: Path) -> bool:
    """True when some live process is a PostgreSQL server on `data`, whatever its pid file says."""
    if Path("/proc/self/cmdline").exists():
        pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
        return any(_serves(_command_line(pid), data) for pid in pids)
    listed = subprocess.run(
        ["/bin/ps", "-axo", "args="], capture_output=True, text=True, errors="replace", check=True
    )
    return any(_serves(line, data) for line in listed.stdout.splitlines())


def _serves(command: str, data: Path) -> bool:
    return "postgres" in command and f" -D {data} " in f"{command} "


def exists(pid: int) -> bool:
    """True when the number is taken in the process table, by a zombie too (PostgreSQL itself asks only this)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:
        return False
    return True


def disown(pid_file: Path) -> None:
    """Make a stale pid file harmless: give it the number of a process that is certainly dead.

    The file is not deleted, because PostgreSQL also reads the shared memory key in it and refuses to start while
    orphans of the crashed server still use that memory. That guard must stay.
    """
    child = subprocess.Popen(["/bin/sh", "-c", ""], stdin=subprocess.DEVNULL)
    child.wait()
    lines = pid_file.read_text(errors="replace").split("\n")
    lines[0] = str(child.pid)
    status = pid_file.stat()
    pid_file.write_text("\n".join(lines))
    with contextlib.suppress(PermissionError):
        os.chown(pid_file, status.st_uid, status.st_gid)


def end_orphans(data: Path) -> None:
    """Kill backends that outlived their server and are too busy to notice it.

    Only to be called while no server runs on `data` and none can be started: what they were doing is lost already.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(folder.name)
            if (folder / "cwd").readlink() == data and _command_line(pid).startswith("postgres: "):
                os.kill(pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    """The command line of a process; empty for a zombie."""
    proc = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout
