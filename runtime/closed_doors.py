"""Closing a door on which people are still knocking, without breaking anybody's word.

Who connected between a server's last look at its queue and the end of its socket is reset. A proxy may not
send a POST again then, so somebody would see a 502. Before the end the kernel is told to drop whatever begins
a connection: who has begun is taken, who tries is told a second later that nobody listens, and goes elsewhere.
"""

from __future__ import annotations

import ctypes
import socket
import struct

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
