"""The images, read as the builder reads them, where there is no builder to try them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.project import ROOT

INSTRUCTIONS = {
    "FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD",
    "ENTRYPOINT", "LABEL", "STOPSIGNAL",
}  # fmt: skip
"""Those that are used here; ADD, which unpacks and fetches, is not."""
FILES = [ROOT / "Dockerfile", ROOT / "deploy" / "patroni" / "Dockerfile"]


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    text: str


def steps(path: Path) -> list[Step]:
    """The instructions, comments left out and continued lines joined."""
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [line.strip().partition(" ") for line in whole.splitlines() if line.strip()]
    return [Step(name=name, text=text.strip()) for name, _, text in found]


def stages(path: Path) -> list[list[Step]]:
    """The steps by stage; what stands before the first FROM is none's."""
    found: list[list[Step]] = []
    for step in steps(path):
        if step.name == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def last(stage: list[Step], name: str) -> str:
    return next(step.text for step in reversed(stage) if step.name == name)


@pytest.mark.parametrize("path", FILES, ids=["shop", "patroni"])
def test_a_builder_could_read_it(path: Path) -> None:
    read = steps(path)
    assert {step.name for step in read} <= INSTRUCTIONS
    assert read[0].name in ("FROM", "ARG")
    assert len(stages(path)[-1]) > 1
    for step in read:
        if step.name == "FROM":  # a version, and no tag that moves to another one
            assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*(?: AS \w+)?", step.text), step.text
            assert ":latest" not in step.text
        if step.name in ("ENTRYPOINT", "CMD") and step.text.startswith("["):
            assert all(isinstance(part, str) for part in json.loads(step.text))
    known = {"FROM", "PATH"}
    for step in read:  # every variable of the shell's is given out before
        if step.name in ("ARG", "ENV"):
            known |= set(re.findall(r"(\w+)=", step.text)) | {step.text.partition("=")[0]}
        used = set(re.findall(r"\$\{?([A-Z_][A-Z0-9_]*)", step.text))
        assert used <= known, step.text


@pytest.mark.parametrize("path", FILES, ids=["shop", "patroni"])
def test_what_it_copies_is_there(path: Path) -> None:
    names = {step.text.rpartition(" AS ")[2] for step in steps(path) if " AS " in step.text}
    for step in steps(path):
        if step.name != "COPY":
            continue
        flags = dict(re.findall(r"--(\w+)=(\S+)", step.text))
        *sources, _target = re.sub(r"--\w+=\S+", "", step.text).split()
        if "from" in flags:
            assert flags["from"] in names
            continue
        for source in sources:
            assert (path.parent / source).exists(), source


def test_the_shop_runs_as_nobody_who_could_change_it() -> None:
    building, running = stages(FILES[0])
    assert last(running, "USER") == "10001"
    after = running[[step.name for step in running].index("USER") :]
    assert "RUN" not in {step.name for step in after}
    assert not [step for step in running if "apt-get" in step.text or "pip install" in step.text]
    assert "--require-hashes --only-binary :all:" in " ".join(step.text for step in building)
    entry = json.loads(last(running, "ENTRYPOINT"))
    program = ROOT / Path(entry[0]).relative_to("/opt/mami")
    assert program.stat().st_mode & 0o111, "it can be run"
    assert json.loads(last(running, "CMD")) == ["web"]
    assert last(running, "HEALTHCHECK").endswith('CMD ["/opt/mami/bin/serve", "live"]')
    assert not [step.text for step in running if "--chown=" in step.text]


def test_static_files_come_into_an_empty_volume_and_into_an_old_one(tmp_path: Path) -> None:
    """As the image lays them: those of the version before stay, for pages that are open."""
    built, var = tmp_path / "built", tmp_path / "var"
    (built / "css").mkdir(parents=True)

    def lay(names: str) -> set[str]:
        (built / "css" / f"{names}.css").write_text(names)
        (built / "staticfiles.json").write_text(names)
        laid = subprocess.run(
            [ROOT / "bin" / "serve", "web", "--version"], capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "MAMI_VAR": str(var), "MAMI_BUILT_STATIC": str(built)},
        )  # fmt: skip
        assert "gunicorn" in laid.stdout, laid.stderr
        assert (var / "static" / "staticfiles.json").read_text() == names
        return {path.name for path in (var / "static").rglob("*") if path.is_file()}

    assert lay("one") == {"one.css", "staticfiles.json"}
    (built / "css" / "one.css").unlink()
    assert lay("two") == {"one.css", "two.css", "staticfiles.json"}


def test_no_layer_holds_a_secret() -> None:
    """What is given to ARG and ENV stays in the image for whoever has it."""
    for path in FILES:
        for step in steps(path):
            if step.name in ("ARG", "ENV"):
                assert not re.search(r"(?i)secret|password|token|_key", step.text), step.text
    building = " ".join(step.text for step in stages(FILES[0])[0] if step.name == "RUN")
    assert re.findall(r"SECRET_KEY=(\S+)", building) == [
        "only-for-building-static-files-and-nothing-else-00000000"
    ]
