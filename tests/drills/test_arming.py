"""A process can be told from outside where to fail, except in production."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from core import faults

POINT = "after_commit_1"


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.disarm()


def arm(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("MAMI_FAULT", wanted)
    faults.arm_from_environment()


def test_nothing_is_armed_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAMI_FAULT", raising=False)
    faults.arm_from_environment()
    for name in faults.POINTS:
        faults.point(name)


def test_only_the_named_pass_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    arm(monkeypatch, f"{POINT}:raise:3")
    faults.point(POINT)
    faults.point("before_commit_2")
    faults.point(POINT)
    with pytest.raises(faults.Struck):
        faults.point(POINT)
    faults.point(POINT)


def test_kill_is_a_kill_9_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(faults.os, "kill", lambda _pid, number: sent.append(number))
    arm(monkeypatch, f"{POINT}:kill")
    faults.point(POINT)
    assert sent == [signal.SIGKILL]


@pytest.mark.django_db(transaction=True)
def test_the_database_goes_away_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    arm(monkeypatch, f"{POINT}:database-kill")
    with pytest.raises(OperationalError):
        faults.point(POINT)
    connection.close()


def test_a_file_strikes_one_pass_of_one_point(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "fault"
    monkeypatch.setenv("MAMI_FAULT_FILE", str(file))
    faults.arm_from_environment()
    faults.point(POINT)
    file.write_text(f"{POINT}:raise")
    faults.point("before_commit_2")
    assert file.exists()
    with pytest.raises(faults.Struck):
        faults.point(POINT)
    faults.point(POINT)
    assert [path.name for path in tmp_path.iterdir()] == ["fault.struck"]


def test_production_heeds_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAMI_FAULTS", "0")
    monkeypatch.setenv("MAMI_FAULT_FILE", str(tmp_path / "fault"))
    with pytest.raises(RuntimeError):
        faults.arm_from_environment()


@pytest.mark.parametrize("wanted", [POINT, f"{POINT}:burn", f"{POINT}:kill:0", f"{POINT}:kill:x"])
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    with pytest.raises(ValueError, match="point:kind:number"):
        arm(monkeypatch, wanted)


def test_a_point_nobody_passes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        arm(monkeypatch, "after_lunch:kill")


def test_production_refuses_to_start_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAMI_FAULTS", "0")
    with pytest.raises(RuntimeError):
        arm(monkeypatch, f"{POINT}:raise")
    faults.point(POINT)
