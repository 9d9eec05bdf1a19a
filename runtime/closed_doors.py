"""Closing a door on which people are still knocking, without breaking anybody's word.

Who connected between a server's last look at its queue and the end of its socket is reset. A proxy may not
send a POST again then, so somebody would see a 502. Before the end the kernel is told to drop whatever begins
a connection: who has begun is taken, who tries is told a second later that nobody listens, and goes elsewhere.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time

from gunicorn.arbiter import Arbiter

SO_ATTACH_FILTER = 26
BEGUN_SECONDS = 0.1
"""How long hands that are being shaken may take, on the networks that nodes stand in."""
# Of the header of TCP: the byte of its flags; one that begins is dropped, every other is taken whole.
PROGRAM = struct.pack(
    "HBBI" * 4,
    0x30, 0, 0, 13,  # load the byte at 13
    0x45, 0, 1, 0x02,  # is SYN among them?
    0x06, 0, 0, 0,  # then none of it
    0x06, 0, 0, 0xFFFFFFFF,
)  # fmt: skip


def let_nobody_begin(listener: socket.socket) -> bool:
    """From now on nobody new connects here; False where the system cannot do that."""
    program = ctypes.create_string_buffer(PROGRAM)
    asked = struct.pack("HP", len(PROGRAM) // 8, ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, asked)
    except OSError:
        return False
    return True


def shut_before_stopping() -> None:
    """Let every gunicorn of this process shut its doors before it tells its workers to stop."""
    stop = Arbiter.stop

    def stop_behind_shut_doors(arbiter: Arbiter, graceful: bool = True) -> None:
        if graceful:
            _shut(arbiter)
        stop(arbiter, graceful)

    Arbiter.stop = stop_behind_shut_doors


def _shut(arbiter: Arbiter) -> None:
    """Not where the socket is somebody's who will serve from it after us."""
    is_handed_on = arbiter.systemd or arbiter.master_pid or arbiter.reexec_pid
    if is_handed_on or any(address.startswith("fd://") for address in arbiter.cfg.bind):
        return
    for listener in arbiter.LISTENERS:
        if let_nobody_begin(listener.sock):
            time.sleep(BEGUN_SECONDS)
