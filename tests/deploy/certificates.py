"""Certificates of an installation's own authority, as `deploy/make-certificates` makes them."""

from __future__ import annotations

import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.project import ROOT
from tests.deploy.programs import needed


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What one machine shows, and whom it believes."""

    ca: Path
    certificate: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """For a client that believes this authority, and shows this certificate where it is asked for one."""
        made = ssl.create_default_context(cafile=str(self.ca))
        made.load_cert_chain(self.certificate, self.key)
        return made


def certificate(folder: Path, *names: str, account: int = -1) -> Certificate:
    """One for 127.0.0.1, `localhost` and these names; the same authority for one folder.

    `account` is who may read its key.
    """
    needed("openssl")
    first = (names or ("machine",))[0]
    subprocess.run(
        [ROOT / "deploy" / "make-certificates", folder, ",".join((first, *names[1:], "127.0.0.1"))],
        check=True,
    )
    found = Certificate(
        ca=folder / "ca.pem",
        certificate=folder / f"{first}.pem",
        key=folder / f"{first}-key.pem",
    )
    folder.chmod(0o755)
    for path in (found.ca, found.certificate):
        path.chmod(0o644)
    if account >= 0:
        os.chown(found.key, account, account)
    return found
