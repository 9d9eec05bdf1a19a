"""The files of `deploy/`: read by the programs they are for, and saying what the code says."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.urls import NoReverseMatch, get_resolver, reverse

from core.bodies import MEGABYTE
from mami.rights import BODY_LIMITS
from tests.architecture.project import ROOT
from tests.deploy.certificates import certificate
from tests.deploy.programs import needed

DEPLOY = ROOT / "deploy"
NGINX = (DEPLOY / "nginx" / "mami.conf.template").read_text(encoding="utf-8")
LARGER = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", NGINX)


def address_of(route: str) -> str:
    """The path of a route, with the same word for whatever it takes."""
    for arguments in range(4):
        for word in ("5", "2026-11-29"):
            try:
                return reverse(route, args=[word] * arguments)
            except NoReverseMatch:
                continue
    raise AssertionError(route)


@pytest.mark.parametrize("route", sorted(BODY_LIMITS))
def test_nginx_lets_through_what_the_shop_takes(route: str) -> None:
    """Nothing larger than a megabyte anywhere but where the shop's own table says so, and as much."""
    path, limit = address_of(route), BODY_LIMITS[route]
    allowed = [int(size) * MEGABYTE for pattern, size in LARGER if re.search(pattern, path)]
    if limit > MEGABYTE:
        assert allowed == [limit], f"{path}: give it a location in deploy/nginx/mami.conf.template"
    else:
        assert allowed == []


def test_nowhere_else_is_more_let_through() -> None:
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert "home" in names
    for path in ("/", "/ops/", "/admin/", "/api/v1/auth/login", "/checkout/", "/account/login/"):
        assert not [pattern for pattern, _ in LARGER if re.search(pattern, path)]


def test_errors_are_told_on_both_faces() -> None:
    told = dict(re.findall(r"error_page ([\d ]+) /_errors/(\w+)\.\$mami_face;", NGINX))
    assert told == {"413": "413", "429": "429", "502 503 504": "away"}
    for page in told.values():
        for face in ("json", "html"):
            text = (DEPLOY / "nginx" / "errors" / f"{page}.{face}").read_text(encoding="utf-8")
            assert ('"error"' in text) if face == "json" else ('dir="rtl"' in text)


def test_patroni_is_as_decided() -> None:
    """Settings that lose orders or stop the shop when they are off."""
    text = (DEPLOY / "patroni" / "patroni.yml").read_text(encoding="utf-8")
    dcs = yaml.safe_load(re.sub(r": \$\{\w+\}", ": x", text))["bootstrap"]["dcs"]
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]
    assert dcs["synchronous_mode"] is True
    assert dcs["failsafe_mode"] is True
    assert "synchronous_mode_strict" not in dcs
    pinned = (DEPLOY / "patroni" / "requirements.txt").read_text(encoding="utf-8")
    (version,) = re.findall(r"^patroni==(\d+)\.(\d+)", pinned, re.MULTILINE)
    assert tuple(map(int, version)) >= (4, 1)


def name_in_make_secrets(path: str) -> str:
    """The file itself, or the machine whose certificate it is."""
    name = Path(path).name
    return re.sub(r"(-key)?\.pem$", "", name) if "/tls/" in path else name


def test_compose_names_files_that_are_there() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    made = (DEPLOY / "make-secrets").read_text(encoding="utf-8")
    for one in compose["secrets"].values():
        assert name_in_make_secrets(one["file"]) in made
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./secrets"):
                assert name_in_make_secrets(source) in made
            elif source.startswith("."):
                assert (DEPLOY / source).exists(), source
    for name in ("web1", "web2", "worker", "migrate"):
        assert compose["services"][name]["read_only"] is True
        assert compose["services"][name]["cap_drop"] == ["ALL"]


def test_slow_statements_are_found_without_values() -> None:
    """As Patroni's nodes have it (`test_archive.py`), `statements.sql` makes it where nobody copies it."""
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    postgres = compose["services"]["postgres"]
    assert "shared_preload_libraries=pg_stat_statements" in postgres["command"].split()
    assert "log_min_duration_statement" not in postgres["command"]
    (made,) = [one for one in postgres["volumes"] if "docker-entrypoint-initdb.d" in one]
    text = (DEPLOY / made.partition(":")[0]).read_text(encoding="utf-8")
    assert text.index("\\connect postgres") < text.index("pg_stat_statements;")


@pytest.mark.parametrize("name", ["compose.yml", "compose.search.yaml"])
def test_every_service_says_what_it_runs(name: str) -> None:
    services = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))["services"]
    assert services
    assert all({"image", "build"} & service.keys() for service in services.values())


def test_services_of_systemd_are_closed_in() -> None:
    for path in (DEPLOY / "systemd").glob("*.service"):
        text = path.read_text(encoding="utf-8")
        user = "User=postgres" if "pgbackrest" in path.name else "User=mami"
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryMax=", user):
            assert line in text, f"{path.name}: {line}"


def test_copies_are_made_when_the_page_says() -> None:
    """`mami-backup.timer`, `mami-pgbackrest-full.timer`, `mami-pgbackrest-diff.timer`."""
    timers = {
        path.name: re.findall(r"^OnCalendar=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in (DEPLOY / "systemd").glob("*.timer")
    }
    assert timers == {
        "mami-backup.timer": ["*-*-* 02:10:00 Asia/Jerusalem"],
        "mami-pgbackrest-full.timer": ["Sun *-*-* 03:10:00 Asia/Jerusalem"],
        "mami-pgbackrest-diff.timer": ["Mon..Sat *-*-* 03:10:00 Asia/Jerusalem"],
    }
    text = (DEPLOY / "pgbackrest" / "pgbackrest.conf").read_text(encoding="utf-8")
    for line in (
        "repo1-cipher-type=aes-256-cbc",
        "repo1-retention-full-type=time",
        "repo1-retention-full=35",
    ):
        assert f"\n{line}\n" in text


def test_serve_says_what_it_can() -> None:
    done = subprocess.run([ROOT / "bin" / "serve", "dance"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "bin/serve web|worker|migrate|check|backup|live\n")


def test_every_file_is_named_by_a_test() -> None:
    """A file that no test reads is a hope."""
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py")
    )
    forgotten = [
        path.name
        for path in DEPLOY.rglob("*")
        if path.is_file()
        and "secrets" not in path.parts
        and path.suffix not in {".service", ".json", ".html", ".in"}
        and path.name not in tests
    ]
    assert forgotten == ["kubernetes.md"] or forgotten == []


@pytest.mark.deploy
def test_haproxy_reads_its_file(tmp_path: Path) -> None:
    shown = certificate(tmp_path / "tls", "haproxy")
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text(encoding="utf-8")
    file = tmp_path / "haproxy.cfg"
    file.write_text(text.replace("/etc/haproxy/tls", str(shown.ca.parent)))
    done = subprocess.run(
        [needed("haproxy"), "-c", "-f", file],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.deploy
def test_systemd_reads_its_files() -> None:
    """`mami-web.service` and `mami-worker.service`."""
    analyze = needed("systemd-analyze")
    files = sorted((DEPLOY / "systemd").iterdir())
    done = subprocess.run([analyze, "verify", "--man=no", *files], capture_output=True, text=True)
    wrong = [
        line
        for line in done.stderr.splitlines()
        if "/systemd/mami" in line and "is not executable" not in line
    ]
    assert wrong == []


def test_the_image_holds_no_repository_and_no_secret() -> None:
    """`Dockerfile` copies the checkout less `.dockerignore`; nginx knows two folders, neither of them it."""
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", "var", "deploy/secrets", "tests"} <= set(left_out)
    served = re.findall(r"alias (\S+);", NGINX)
    assert served == ["${MAMI_STATIC}/", "${MAMI_MEDIA}/", "${MAMI_ERRORS}/"]
    assert "root " not in NGINX
    assert "autoindex" not in NGINX
