"""One PostgreSQL of Debian's, and the shipped pgBackRest beside it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import yaml

from runtime.run.tests.conftest import free_port
from tests.architecture.project import ROOT
from tests.deploy.certificates import Certificate
from tests.deploy.ha_cluster import PASSWORD, account, postgres_programs


class Server:
    """One PostgreSQL of Debian's in a folder, and how to stop and start it. With `certificate` it speaks
    over TLS only, as the shipped `postgres/pg_hba.conf` has it.
    """

    def __init__(self, folder: Path, certificate: Certificate | None = None) -> None:
        self.folder, self.port, self.bin = folder, free_port(), postgres_programs()
        self.listens = "127.0.0.1"
        self.certificate = certificate
        self.data = folder / "data"
        if identity := account():
            os.chown(folder, identity["user"], identity["group"])
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.run(
            self.bin / "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256",
            f"--pwfile={secret}", "--locale=C.UTF-8", "--data-checksums", "--no-sync",
        )  # fmt: skip

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment}, **account(),
        )  # fmt: skip
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
        return done

    def control(self, what: str, **environment: str) -> None:
        options = f"-p {self.port} -k {self.folder} -h {self.listens}"
        if self.certificate is not None:
            for name, value in encrypted(self.certificate).items():
                options += f" -c {name}={value}"
        self.run(
            self.bin / "pg_ctl", "-D", self.data, "-w", "-l", self.folder / "server.log", "-o", options,
            "-m", "immediate", what, **environment,
        ) if what == "stop" else subprocess.run(
            [str(self.bin / "pg_ctl"), "-D", str(self.data), "-w", "-t", "120", "-l", str(self.folder / "server.log"),
             "-o", options, "start"],
            check=True, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment}, **account(),
        )  # fmt: skip

    def connect(
        self, port: int | None = None, *, database: str = "postgres", **options: str
    ) -> psycopg.Connection:
        if self.certificate is not None:
            options = {
                "sslmode": "verify-full", "sslrootcert": str(self.certificate.ca), **options
            }  # fmt: skip
        return psycopg.connect(
            host="127.0.0.1", port=port or self.port, user="postgres", password=PASSWORD,
            dbname=database, autocommit=True, prepare_threshold=None, **options,
        )  # fmt: skip


def encrypted(certificate: Certificate) -> dict[str, str]:
    """The settings by which the PostgreSQL of `compose.yml` speaks over TLS only."""
    # The server's account may not look into the checkout: in root's home nobody else may.
    rules = certificate.certificate.parent / "pg_hba.conf"
    rules.write_bytes((ROOT / "deploy" / "postgres" / "pg_hba.conf").read_bytes())
    rules.chmod(0o644)
    text = (ROOT / "deploy" / "compose.yml").read_text(encoding="utf-8")
    command = yaml.safe_load(text)["services"]["postgres"]["command"]
    settings = dict(part.split("=", 1) for part in command.split() if "=" in part)
    return {name: value for name, value in settings.items() if "ssl" in name or "hba" in name} | {
        "hba_file": str(rules),
        "ssl_cert_file": str(certificate.certificate),
        "ssl_key_file": str(certificate.key),
    }


def archive_into(server: Server, pgbackrest: str) -> dict[str, str]:
    """Let it archive with the shipped `pgbackrest.conf` into a folder beside it, from its next start on.

    The result goes around every call of pgBackRest, and of the server.
    """
    text = (ROOT / "deploy" / "pgbackrest" / "pgbackrest.conf").read_text()
    for old, new in {
        "repo1-path=/var/lib/pgbackrest": f"repo1-path={server.folder}/repository\nlock-path={server.folder}",
        "pg1-path=/var/lib/postgresql/mami": f"pg1-path={server.data}\npg1-socket-path={server.folder}\npg1-user=postgres",
        "pg1-port=5432": f"pg1-port={server.port}",
    }.items():
        assert old in text
        text = text.replace(old, new)
    file = server.folder / "pgbackrest.conf"
    file.write_text(text)
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write(
            "archive_mode = on\narchive_timeout = 60\n"
            f"archive_command = '{pgbackrest} --stanza=mami archive-push %p'\n"
        )
    return {
        "PGBACKREST_CONFIG": str(file), "PGBACKREST_REPO1_CIPHER_PASS": "a-key-of-the-tests",
        "PGPASSWORD": PASSWORD,
    }  # fmt: skip


__all__ = ["Server", "archive_into"]
