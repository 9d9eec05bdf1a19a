"""The same server behind its security plugin, as it is shipped: TLS, and a password for everybody.

The plugin of 2.19, the version of `deploy/compose.search.yaml`, is the newest that Maven Central has.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from tests.deploy.certificates import Certificate
from tests.opensearch.server import Line, SearchNode, fetch, line

PLUGIN = "org.opensearch.security.OpenSearchSecurityPlugin"
VERSION = "2.19.1.0"
ARTIFACT = Path(
    f"org/opensearch/plugin/opensearch-security/{VERSION}/opensearch-security-{VERSION}.zip"
)
GET = "org.apache.maven.plugins:maven-dependency-plugin:2.8:get"
ADMIN, ADMIN_PASSWORD = "admin", "opens-for-tests-only"
USERS = """
_meta: {type: internalusers, config_version: 2}
admin: {hash: "$2y$10$abcdefghijklmnopqrstuuJ5G/5VpIA.zu5sfoyR6ZkEhEKSSzjhi", backend_roles: [admin]}
"""
SETTINGS = """
plugins.security.ssl.transport.pemcert_filepath: certs/node.pem
plugins.security.ssl.transport.pemkey_filepath: certs/node-key.pem
plugins.security.ssl.transport.pemtrustedcas_filepath: certs/ca.pem
plugins.security.nodes_dn: ["CN=search"]
plugins.security.ssl.http.enabled: true
plugins.security.ssl.http.pemcert_filepath: certs/node.pem
plugins.security.ssl.http.pemkey_filepath: certs/node-key.pem
plugins.security.ssl.http.pemtrustedcas_filepath: certs/ca.pem
plugins.security.allow_default_init_securityindex: true
plugins.security.restapi.roles_enabled: [all_access]
plugins.security.audit.type: noop
"""


class GuardedNode(SearchNode):
    """A node that shows `tls`, a certificate for the name `search`, and asks who is there."""

    def __init__(self, folder: Path, *, cache: Path, tls: Certificate) -> None:
        super().__init__(folder, cache=cache)
        self.tls = tls

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def admin(self, method: str, path: str, body: bytes = b"") -> int:
        """What an administrator sends; the status of the answer."""
        return self._ask(path, method=method, body=body)

    def _line(self) -> Line:
        return line("2")

    def _ask(self, path: str, *, method: str = "GET", body: bytes = b"") -> int:
        who = base64.b64encode(f"{ADMIN}:{ADMIN_PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"{self.url}{path}", method=method, data=body or None,
            headers={"Authorization": f"Basic {who}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30, context=self.tls.context) as answer:
            return int(answer.status)

    def _command(self) -> list[str]:
        return [*super()._command(), "-pluginTypes", PLUGIN]

    def _jars(self, wanted: Line) -> str:
        """The server's own, and of the plugin's those that are not among them, whatever their version."""
        plugin, own = self._plugin(wanted), super()._jars(wanted)
        self._configure(plugin)
        there = {_name(Path(jar)) for jar in own.split(":")}
        more = sorted(str(jar) for jar in plugin.glob("*.jar") if _name(jar) not in there)
        return ":".join([own, *more])

    def _plugin(self, wanted: Line) -> Path:
        """The plugin's folder, fetched where it is not here yet."""
        kept = self.cache / f"security-{VERSION}"
        if not kept.exists():
            repository = self.cache / "maven"
            fetch(
                ["mvn", "-q", "-B", GET, f"-Dmaven.repo.local={repository}", "-Dtransitive=false",
                 f"-Dartifact=org.opensearch.plugin:opensearch-security:{VERSION}:zip"],
                wanted,
            )  # fmt: skip
            fresh = kept.with_suffix(".new")
            with zipfile.ZipFile(repository / ARTIFACT) as packed:
                packed.extractall(fresh)
            fresh.rename(kept)
        return kept

    def _configure(self, plugin: Path) -> None:
        config = self.folder / "node" / "node_1" / "config"
        shutil.copytree(plugin / "config", config / "opensearch-security", dirs_exist_ok=True)
        (config / "opensearch-security" / "internal_users.yml").write_text(USERS)
        (config / "opensearch.yml").write_text(SETTINGS)
        shown = config / "certs"
        shown.mkdir(exist_ok=True)
        for source, name in (
            (self.tls.ca, "ca.pem"),
            (self.tls.certificate, "node.pem"),
            (self.tls.key, "node-key.pem"),
        ):
            shutil.copy(source, shown / name)


def account(node: GuardedNode, *, role: bytes, password: str) -> str:
    """A user `shop` with that role and no other; its name for the address."""
    node.admin("PUT", "/_plugins/_security/api/roles/mami", role)
    user: dict[str, Any] = {"password": password, "opendistro_security_roles": ["mami"]}
    node.admin("PUT", "/_plugins/_security/api/internalusers/shop", json.dumps(user).encode())
    return "shop"


def _name(jar: Path) -> str:
    return re.sub(r"-\d.*", "", jar.name)
