"""A network of their own for the nodes of a drill, so that one of them can be cut off from its fellows.

Each node is a network namespace on one bridge. Who is cut off sends to nobody's card: packets vanish without
a word, as in a switch that fails, while the shop, which has an address of its own, still reaches the node.
It needs root and iproute2; without them (`usable`) the nodes share this machine's own address.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterable

NOBODY = "02:00:00:00:00:99"
BRIDGE = "mami-drill"
SHOP, ETCD, NET = "10.199.0.1", "10.199.0.2", "10.199.0.0/24"


def usable() -> bool:
    """Whether this machine lets us make one."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("setpriv"):
        return False
    probe = f"{BRIDGE}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, check=False)
    return made.returncode == 0


class Network:
    """A bridge and a namespace for each name. `etcd` and the shop are on this side of it."""

    def __init__(self, names: Iterable[str]) -> None:
        self.addresses = {name: f"10.199.0.{11 + turn}" for turn, name in enumerate(names)}
        self.end()  # what a drill left that was killed
        try:
            _ip("link", "add", BRIDGE, "type", "bridge")
            for address in (SHOP, ETCD):
                _ip("address", "add", f"{address}/24", "dev", BRIDGE)
            _ip("link", "set", BRIDGE, "up")
            for name, address in self.addresses.items():
                space, ours, theirs = self._space(name), f"{BRIDGE}-{name}", f"mami-{name}"
                _ip("netns", "add", space)
                _ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
                _ip("link", "set", theirs, "netns", space)
                _ip("link", "set", ours, "master", BRIDGE, "up")
                _ip("-n", space, "address", "add", f"{address}/24", "dev", theirs)
                for card in (theirs, "lo"):
                    _ip("-n", space, "link", "set", card, "up")
        except BaseException:
            self.end()
            raise

    def command(self, name: str, uid: int, gid: int) -> list[str]:
        """What stands in front of a command of this node; it takes the place of itself."""
        return [
            "ip", "netns", "exec", self._space(name),
            "setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups",
        ]  # fmt: skip

    def cut_off(self, name: str) -> None:
        """From etcd and the fellows, both ways; not from the shop."""
        for address in self._others(name):
            _ip("-n", self._space(name), "neighbour", "replace", address, "lladdr", NOBODY,
                "dev", f"mami-{name}", "nud", "permanent")  # fmt: skip

    def mend(self, name: str) -> None:
        for address in self._others(name):
            _ip("-n", self._space(name), "neighbour", "delete", address, "dev", f"mami-{name}")

    def pull(self, name: str) -> None:
        """Its cable: it is gone for everybody."""
        _ip("link", "set", f"{BRIDGE}-{name}", "down")

    def plug(self, name: str) -> None:
        _ip("link", "set", f"{BRIDGE}-{name}", "up")

    def end(self) -> None:
        for name in self.addresses:
            for command in (
                ("link", "delete", f"{BRIDGE}-{name}"),
                ("netns", "delete", self._space(name)),
            ):
                with contextlib.suppress(subprocess.CalledProcessError):
                    _ip(*command)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", BRIDGE)

    def _others(self, name: str) -> list[str]:
        return [ETCD, *(place for other, place in self.addresses.items() if other != name)]

    @staticmethod
    def _space(name: str) -> str:
        return f"{BRIDGE}-{name}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
