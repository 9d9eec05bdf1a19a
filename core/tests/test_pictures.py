"""Photographs of strangers: what is kept of them, and what is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import threading
import zlib

import pytest
from django.core.files.storage import InMemoryStorage
from PIL import Image, ImageCms

from core import pictures
from core.pictures import MOST_BYTES, PictureRefused, is_kept, kept, stored, version
from tests.races import longest


def file_of(size=(1600, 900), kind="JPEG", mode="RGB", color="red", **options) -> io.BytesIO:
    data = io.BytesIO()
    Image.new(mode, size, color).save(data, kind, **options)
    return io.BytesIO(data.getvalue())


def with_place(orientation=6) -> io.BytesIO:
    """As phones make them: lying on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[2] = (32.0, 5.0, 7.0)
    return file_of(exif=exif)


def bomb(width=12_000, height=9_000) -> io.BytesIO:
    """A PNG of few bytes that says it is enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"\0" * 9))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_widths_never_larger_than_it_came(kind):
    sizes = {width: opened(data).size for width, data in kept(file_of(kind=kind)).items()}
    assert sizes == {320: (320, 180), 640: (640, 360), 1280: (1280, 720)}
    sizes = {width: opened(data).size for width, data in kept(file_of((500, 400), kind)).items()}
    assert sizes == {320: (320, 256), 640: (500, 400), 1280: (500, 400)}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_upright_and_without_place_or_camera(orientation):
    for data in kept(with_place(orientation)).values():
        image = opened(data)
        assert (image.height > image.width) == (orientation in {6, 8})
        assert not image.getexif()
        assert {"exif", "icc_profile", "xmp"}.isdisjoint(image.info)


def test_a_comment_or_a_film_does_not_come_along():
    frames = [Image.new("RGB", (200, 200), color) for color in ("red", "blue")]
    film = io.BytesIO()
    frames[0].save(film, "WEBP", save_all=True, append_images=frames[1:])
    image = opened(kept(io.BytesIO(film.getvalue()))[320])
    assert getattr(image, "n_frames", 1) == 1
    assert b"secret" not in kept(file_of(comment=b"secret place"))[320]


def test_what_is_transparent_is_white_and_other_colours_become_srgb():
    clear = opened(kept(file_of((200, 200), "PNG", "RGBA", (0, 0, 0, 0)))[320])
    assert clear.getpixel((100, 100)) == (255, 255, 255)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"no profile at all"):
        red = opened(kept(file_of((200, 200), icc_profile=icc))[320]).getpixel((100, 100))
        assert red[0] > 240 > 20 > red[1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "NOT_AN_IMAGE"),
        (b"no picture", "NOT_AN_IMAGE"),
        (file_of().getvalue()[:400], "NOT_AN_IMAGE"),
        (b"GIF89a" + b"\0" * 64, "TYPE_REFUSED"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "TYPE_REFUSED"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "TYPE_REFUSED"),
        (file_of(kind="TIFF").getvalue(), "TYPE_REFUSED"),
        (file_of(kind="BMP").getvalue(), "TYPE_REFUSED"),
        (bomb().getvalue(), "TOO_MANY_PIXELS"),
        (bomb(60_000, 60_000).getvalue(), "TOO_MANY_PIXELS"),
        (b"\xff\xd8" + b"\xff" * MOST_BYTES, "TOO_LARGE"),
        (file_of((1600, 159)).getvalue(), "TOO_SMALL"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_reason(monkeypatch, data, reason):
    decoded = []

    def load(image):
        decoded.append(image)
        raise OSError("cut")

    monkeypatch.setattr(Image.Image, "load", load)
    with pytest.raises(PictureRefused) as refusal:
        kept(io.BytesIO(data), smallest=160)
    assert (refusal.value.status, refusal.value.details) == (422, {"reason": reason})
    if reason in {"TOO_MANY_PIXELS", "TOO_SMALL", "TOO_LARGE", "TYPE_REFUSED"}:
        assert not decoded, "judged before a pixel is looked at"


def test_no_more_than_two_are_decoded_at_once(monkeypatch):
    gate, counts, here = threading.Barrier(2), [], []
    real = pictures._versions

    def watched(*args):
        here.append(1)
        counts.append(len(here))
        gate.wait(longest())  # two are inside together, and so must be each pair after them
        here.pop()
        return real(*args)

    monkeypatch.setattr(pictures, "_versions", watched)
    threads = [threading.Thread(target=kept, args=(file_of((200, 200)),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(longest())
    assert len(counts) == 6
    assert max(counts) == 2


def test_files_of_a_row_that_is_not_written_are_taken_away():
    storage = InMemoryStorage()

    def refused():
        with stored(storage, "x", {320: b"a", 1280: b"b"}) as name:
            assert storage.exists(name)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused()
    assert all(not storage.listdir(f"x/{folder}")[1] for folder in storage.listdir("x")[0])
    with stored(storage, "x", {320: b"a", 1280: b"b"}) as name:
        pass
    assert is_kept(name)
    assert storage.open(version(name, 320)).read() == b"a"
    assert version("x/raw.jpg", 320) == "x/raw.jpg"
