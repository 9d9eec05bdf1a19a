"""Where uploads are kept, and what is said where that cannot be."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from runtime import environment

BUCKET = {
    "MEDIA_STORAGE": "s3", "S3_ENDPOINT": "https://s3.shop.example", "S3_BUCKET": "mami",
    "S3_ACCESS_KEY": "mami", "S3_SECRET_KEY": "a-secret",
}  # fmt: skip


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> environment.Environment:
    for name in (*BUCKET, "S3_REGION", "S3_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return environment.Environment()


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_folders_by_default(env: environment.Environment) -> None:
    found = environment.storages(env, Path("/var/mami"))
    assert found["private"]["OPTIONS"] == {"location": Path("/var/mami/private")}
    assert environment.pictures_origin(env) == []


def test_a_bucket(env: environment.Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **BUCKET)
    found = environment.storages(env, Path("/var/mami"))
    assert found["default"]["OPTIONS"]["location"] == "media"
    assert found["private"]["OPTIONS"]["location"] == "private"
    assert "custom_domain" not in found["default"]["OPTIONS"]
    assert environment.pictures_origin(env) == ["https://s3.shop.example"]
    given(monkeypatch, S3_PUBLIC_URL="https://pictures.shop.example/")
    found = environment.storages(env, Path("/var/mami"))
    assert found["default"]["OPTIONS"]["custom_domain"] == "pictures.shop.example"
    assert "custom_domain" not in found["private"]["OPTIONS"]
    assert environment.pictures_origin(env) == ["https://pictures.shop.example"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MEDIA_STORAGE": "tape"}, "MEDIA_STORAGE is neither files nor s3."),
        ({"S3_PUBLIC_URL": "pictures"}, "S3_PUBLIC_URL is no address"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    env: environment.Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    said: str,
) -> None:
    given(monkeypatch, **(BUCKET | changed))
    with pytest.raises(SystemExit) as stopped:
        environment.storages(env, Path("/var/mami"))
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert (told.count("\n"), said in told) == (1, True), told


@pytest.mark.parametrize("name", ["S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"])
def test_what_is_missing_is_named(
    env: environment.Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    given(monkeypatch, **{key: value for key, value in BUCKET.items() if key != name})
    with pytest.raises(SystemExit):
        environment.storages(env, Path("/var/mami"))
    told = capsys.readouterr().err
    assert name in told
    assert "a-secret" not in told


def test_packages_that_are_missing_are_one_sentence(
    env: environment.Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given(monkeypatch, **BUCKET)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        environment.storages(env, Path("/var/mami"))
    assert "requirements-s3.txt" in capsys.readouterr().err
