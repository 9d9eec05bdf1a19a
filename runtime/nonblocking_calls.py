"""Calls of the system that never wait, made without letting go of the interpreter.

Python lets go of it around every call on a socket. Where eight threads compute, whoever lets go
stands behind all of them again, some milliseconds each time: a loop that has to accept, read, write and
close for hundreds of people a second would spend its time in that queue, and they would wait with it.
Called with `ctypes.PyDLL`, the same functions cost microseconds. Elsewhere than on Linux, Python's own.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import sys

NOTHING_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ECONNABORTED})
IS_HERE = sys.platform == "linux"
LARGEST_READ = 64 * 1024

if IS_HERE:
    _libc = ctypes.PyDLL(None, use_errno=True)
    _read_into = ctypes.create_string_buffer(LARGEST_READ)
    for _name in ("accept4", "close"):
        getattr(_libc, _name).restype = ctypes.c_int
    _libc.read.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    for _name in ("recv", "send"):
        getattr(_libc, _name).restype = ctypes.c_ssize_t
        getattr(_libc, _name).argtypes = [
            ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        ]  # fmt: skip


def accepted(listener: socket.socket) -> socket.socket | None:
    """The next connection, blocking as Python's own are; None when there is none.

    Raises OSError when the system refuses, for want of file descriptors as a rule.
    """
    if not IS_HERE:
        try:
            return listener.accept()[0]
        except OSError as error:
            _raise_unless_not_yet(error)
            return None
    fd = _libc.accept4(listener.fileno(), None, None, os.O_CLOEXEC)
    if fd < 0:
        _raise_unless_nothing_is_there()
        return None
    return socket.socket(listener.family, listener.type, listener.proto, fileno=fd)


def received(sock: socket.socket) -> bytes | None:
    """What has come; empty at the end, None when nothing has come yet. One thread only.

    Raises OSError when the connection is broken.
    """
    if not IS_HERE:
        try:
            return sock.recv(LARGEST_READ, socket.MSG_DONTWAIT)
        except OSError as error:
            _raise_unless_not_yet(error)
            return None
    size = _libc.recv(sock.fileno(), _read_into, LARGEST_READ, socket.MSG_DONTWAIT)
    if size < 0:
        _raise_unless_nothing_is_there()
        return None
    return ctypes.string_at(_read_into, size)


def emptied(fd: int) -> None:
    """Take out of a pipe what a few wake-ups put into it."""
    if not IS_HERE:
        with contextlib.suppress(OSError):
            os.read(fd, 4096)
        return
    _libc.read(fd, _read_into, 4096)


def sent_and_closed(sock: socket.socket, answer: bytes) -> None:
    """Send what the system takes at once, and close."""
    if not IS_HERE:
        with contextlib.suppress(OSError):
            sock.send(answer, socket.MSG_DONTWAIT)
        sock.close()
        return
    fd = sock.detach()
    _libc.send(fd, answer, len(answer), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    _libc.close(fd)


def _raise_unless_nothing_is_there() -> None:
    """What happens at every second look, and costs no exception."""
    number = ctypes.get_errno()
    if number not in NOTHING_THERE:
        raise OSError(number, os.strerror(number))


def _raise_unless_not_yet(error: OSError) -> None:
    if error.errno not in NOTHING_THERE:
        raise error
