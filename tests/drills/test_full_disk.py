"""D11: the disk of uploads is full. Nothing half-written stays, the shop goes on selling, and what was
refused is taken when there is room again.

On a small file system of its own where one can be mounted, else the operating system's answer to the
last write is put in.
"""

from __future__ import annotations

import errno
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.tests.factories import manager
from cart.tests.factories import product
from catalog.models import Product
from core import whole_files
from tests.admin_forms import address, form_values
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
KILOBYTE = 1024


@pytest.fixture
def disk(
    tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[bool], None]]:
    """`disk(True)` fills the place of uploads, `disk(False)` makes room again."""
    place = tmp_path / "media"
    place.mkdir()
    settings.MEDIA_ROOT = place
    # The drill is about the last write: the look at the free space before it has its own test.
    monkeypatch.setattr(whole_files, "LEAST_FREE_BYTES", 0)
    monkeypatch.setattr(whole_files, "LEAST_FREE_SHARE", 0)
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place],
        check=False, stderr=subprocess.DEVNULL,
    ).returncode  # fmt: skip
    ballast, fsync = place / "ballast", os.fsync

    def last_write(descriptor: int) -> None:
        if ballast.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    def fill(full: bool) -> None:
        if not full:
            ballast.unlink()
        elif not mounted:
            ballast.touch()
            monkeypatch.setattr(os, "fsync", last_write)
        else:
            with ballast.open("wb", buffering=0) as file:
                while os.statvfs(place).f_bavail:
                    file.write(b"x" * KILOBYTE)

    yield fill
    if mounted:
        subprocess.run(["umount", place], check=True)


def kept(place: Path) -> set[str]:
    return {path.name for path in place.rglob("*") if path.is_file() and path.name != "ballast"}


def photo() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.effect_noise((1400, 1400), 90).convert("RGB").save(file, "JPEG", quality=40)
    assert file.tell() > 100 * KILOBYTE
    return SimpleUploadedFile("milk.jpg", file.getvalue(), content_type="image/jpeg")


def test_an_upload_is_refused_and_leaves_nothing_and_the_shelf_stays_open(
    disk, settings, client: Client
) -> None:
    place = Path(settings.MEDIA_ROOT)
    milk = product(name_en="Milk")
    client.force_login(manager())
    url = address(Product, "change", milk.pk)
    values = form_values(client, url) | {"name_en": "New milk"}
    disk(True)
    answer = client.post(url, {**values, "image": photo()})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert kept(place) == set()
    milk.refresh_from_db()
    assert (milk.name_en, bool(milk.image)) == ("Milk", False)
    assert client.get("/search/?q=milk").status_code == 200
    guest = Client()
    assert guest.post("/cart/items/", {"product": milk.pk, "quantity": "1"}).status_code < 400
    disk(False)
    assert client.post(url, {**values, "image": photo()}).status_code == 302
    milk.refresh_from_db()
    assert milk.image.name.endswith("/1280.webp")
    assert {"320.webp", "640.webp", "1280.webp", "card.jpg"} == kept(place)


def test_control_djangos_own_storage_leaves_a_part(disk, settings) -> None:
    place = Path(settings.MEDIA_ROOT)
    disk(True)
    content = ContentFile(os.urandom(300 * KILOBYTE))
    if (place / "ballast").stat().st_size:  # a real file system
        with pytest.raises(OSError, match="No space"):
            FileSystemStorage(location=place).save("half.webp", content)
    else:
        FileSystemStorage(location=place).save("half.webp", content)
    assert kept(place) == {"half.webp"}, "cut short, or never on the disk"


def test_a_file_is_refused_before_it_is_read_while_little_is_free(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_files, "LEAST_FREE_BYTES", 2**60)
    client.force_login(manager())
    url = address(Product, "change", product(name_en="Milk").pk)
    values = form_values(client, url) | {"name_en": "New milk"}
    answer = client.post(url, {**values, "image": photo()})
    assert answer.status_code == 503
    assert answer["Connection"] == "close"
    assert client.post(url, values).status_code == 302, "a form without a file"
    assert ApiClient().get("/products/search?q=milk").status_code == 200


@pytest.mark.parametrize("number", sorted(whole_files.NO_ROOM))
def test_any_other_write_that_finds_no_room_is_a_503(
    number: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the parts of an upload fill the folder they wait in."""

    def write(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile.__init__", write)
    client.raise_request_exception = False
    client.force_login(manager())
    url = address(Product, "change", product().pk)
    large = SimpleUploadedFile("milk.jpg", b"x" * 3 * 1024 * KILOBYTE)
    answer = client.post(url, {**form_values(client, url), "image": large})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
