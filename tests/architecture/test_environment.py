"""What the operator can set is written down, all of it and nothing else."""

import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest

from runtime import environment
from tests.architecture.project import ROOT, python_files

READ = re.compile(
    r"""(?:\benv\.\w+\(\s*|environ\.(?:get|setdefault)\(\s*|environ\[)["']([A-Z][A-Z0-9_]+)["']"""
)
SHELL = re.compile(r"\$\{([A-Z][A-Z_]+):-")
OURS_ALONE = {
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "MAKELEVEL",  # set by make
    "URL",  # an argument of make
    "PYTEST_XDIST_WORKER",
    "MAMI_TEST_VAR",  # handed on between test processes
    "MAMI_COPY_LAG",  # likewise
    "MAMI_COPY",  # handed on by restore_drill to what it tries in a copy
    "MAMI_LONG_WORK",  # handed on by manage.py to its own process
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),  # pip's and uv's own
    "PROMETHEUS_MULTIPROC_DIR",  # handed on by the web master to its processes
}


def read() -> set[str]:
    places = [*python_files(), ROOT / "tests" / "settings.py", *ROOT.glob("tests/**/conftest.py")]
    names = {name for path in places for name in READ.findall(path.read_text(encoding="utf-8"))}
    for path in (ROOT / "bin" / "setup", ROOT / ".ci" / "run", ROOT / "Makefile"):
        names |= set(SHELL.findall(path.read_text(encoding="utf-8")))
    return {name for name in names - OURS_ALONE if not name.startswith("PG")} - {"CI"}


def named() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.M))


def test_the_example_names_every_variable_and_no_other() -> None:
    assert sorted(named() ^ read() - {"PATH"}) == []


@pytest.mark.parametrize("value", ["-1", "15.5", "NaN", "Infinity", "many", "1e9"])
@pytest.mark.parametrize("default", [15, Decimal(15)])
def test_a_number_out_of_bounds_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, default: object
) -> None:
    monkeypatch.setenv("QUESTION_MINUTES", value)
    with pytest.raises(SystemExit):
        environment.Environment().between("QUESTION_MINUTES", default=default, least=5, most=15)
    assert "QUESTION_MINUTES" in capsys.readouterr().err


def test_a_word_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAG_VAT_CLASS", "standard")
    with pytest.raises(SystemExit):
        environment.Environment().one_of("BAG_VAT_CLASS", default="ZERO", choices=("STANDARD",))


def test_the_example_is_a_valid_file(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {})
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(re.sub(r"^#([A-Z])", r"\1", text, flags=re.M), encoding="utf-8")
    env = environment.load(tmp_path)
    assert env.int("PORT") == 8000
    assert env.str("DEFAULT_FROM_EMAIL") == "Mami <shop@mami.test>"


@pytest.mark.parametrize(
    "content", [b"PORT 8000\n", b"just words\n", b"\xff\xfe\x00", b"8PORT=1\n", b"=1\n"]
)
def test_a_broken_file_stops_the_start_with_one_sentence(
    tmp_path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(SystemExit):
        environment.load(tmp_path)
    said = capsys.readouterr().err
    assert said.startswith("mami: ")
    assert str(tmp_path / ".env") in said
    assert said.count("\n") == 1


def test_processes_that_start_together_share_one_generated_key(tmp_path) -> None:
    code = (
        "import sys; from pathlib import Path; from runtime import environment as e;"
        "print(e.secret_key(e.Environment(), Path(sys.argv[1]), may_generate=True))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "var")],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    keys = {process.communicate()[0].strip() for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600
