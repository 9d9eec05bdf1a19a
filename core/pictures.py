"""Photographs that people upload: trusted with nothing, kept only as pixels of our own making.

One service for every upload. What is kept is WebP, upright, without any data about place or camera,
never larger than it came, under a random name. Names and content types of uploads count for nothing.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from core.errors import DomainError

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
WIDTHS = (320, 640, 1280)
QUALITY = 80
CARD, CARD_SIZE = "card.jpg", (1200, 630)
OTHER_TYPES = (
    *(b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"%PDF", b"<svg", b"<?xml", b"<!DOCTYPE", b"<html"),
    *(b"PK\x03\x04", b"\x00\x00\x01\x00", b"\xff\x0a", b"8BPS"),
)
"""How files begin that are something, but no photograph we take."""

# Fifty megapixels are 200 MB while they are decoded.
_decoding = threading.BoundedSemaphore(2)


class PictureRefused(DomainError):
    """The file is no photograph that can be read, or too large; nothing of it was kept.

    `details.reason` is one of REASONS.
    """

    code = "PICTURE_REFUSED"
    status = 422
    message = _("This file could not be read as a photo.")
    REASONS: Mapping[str, object] = {
        "TOO_LARGE": _("A photo has at most 12 MB."),
        "TOO_MANY_PIXELS": _("A photo has at most 50 megapixels."),
        "TOO_SMALL": _("This photo is too small: each side needs at least 160 pixels."),
        "TYPE_REFUSED": _("Only JPEG, PNG and WebP photos can be kept."),
        "NOT_AN_IMAGE": _("This file could not be read as a photo."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__(str(self.REASONS[reason]), reason=reason)


def kept(
    upload: IO[bytes],
    *,
    widths: Sequence[int] = WIDTHS,
    tallest: int | None = None,
    smallest: int = 1,
) -> dict[int, bytes]:
    """The picture as WebP for each width in pixels, of the original's size where that is less.

    `tallest` bounds the height too; a side below `smallest` is refused. The size is read from the
    header before anything is decoded, and at most two pictures are decoded at once in a process.
    Raises PictureRefused.
    """
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PictureRefused("TOO_LARGE")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _judge_size(image, smallest)
            with _decoding:
                return _versions(image, widths, tallest)
    except PictureRefused:
        raise
    except Image.DecompressionBombError as error:
        raise PictureRefused("TOO_MANY_PIXELS") from error
    except Exception as error:  # a hostile file may break the decoder anywhere
        begins = data[:64].lstrip()
        other = begins.startswith(OTHER_TYPES) or begins[4:12] in (b"ftypavif", b"ftypheic")
        raise PictureRefused("TYPE_REFUSED" if other else "NOT_AN_IMAGE") from error


def card(versions: Mapping[int, bytes]) -> bytes:
    """The picture whole, on white, as other sites show a page of ours: a JPEG of CARD_SIZE."""
    with Image.open(io.BytesIO(versions[max(versions)]), formats=("WEBP",)) as image:
        whole = ImageOps.pad(image.convert("RGB"), CARD_SIZE, color="white")
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def card_of(name: str) -> str:
    """The name of a picture's card."""
    return f"{name.rpartition('/')[0]}/{CARD}"


@contextlib.contextmanager
def stored(
    storage: Storage, folder: str, versions: Mapping[int, bytes], *, with_card: bool = False
) -> Iterator[str]:
    """Write the files of a picture, give the name of the largest, and take them away on failure.

    The row that names them is written inside, after the files and never under a lock while they
    are written.
    """
    place = f"{folder}/{secrets.token_hex(16)}"
    names = {width: f"{place}/{width}.webp" for width in versions}
    files = {names[width]: content for width, content in versions.items()}
    if with_card:
        files[f"{place}/{CARD}"] = card(versions)
    try:
        for name, content in files.items():
            storage.save(name, ContentFile(content))
        yield names[max(names)]
    except BaseException:
        for name in files:
            storage.delete(name)
        raise


def is_kept(name: str) -> bool:
    """Whether this is the name of a picture that `stored` wrote, and not of an upload as it came."""
    return name.endswith(f"/{WIDTHS[-1]}.webp")


def version(name: str, width: int) -> str:
    """The name of the same picture at another of WIDTHS; one kept as it came has no other."""
    return f"{name.rpartition('/')[0]}/{width}.webp" if is_kept(name) else name


def delete_picture(storage: Storage, name: str) -> None:
    """Remove a picture in all its widths. One that is gone already is no mistake."""
    for width in WIDTHS:
        storage.delete(version(name, width))
    if is_kept(name):
        storage.delete(card_of(name))


def _judge_size(image: Image.Image, smallest: int) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise PictureRefused("TOO_MANY_PIXELS")
    if min(image.size) < smallest:
        raise PictureRefused("TOO_SMALL")


def _versions(image: Image.Image, widths: Sequence[int], tallest: int | None) -> dict[int, bytes]:
    # A JPEG is decoded at the size that is needed, whichever way it lies.
    image.draft("RGB", (max(widths), max(widths)))
    whole = _upright(image)
    made = {}
    for width in sorted(widths, reverse=True):
        whole.thumbnail((width, tallest or whole.height))
        file = io.BytesIO()
        whole.save(file, "WEBP", quality=QUALITY)
        made[width] = file.getvalue()
    return made


def _upright(image: Image.Image) -> Image.Image:
    """The bare pixels: turned as it was held, in sRGB, on white where it was transparent."""
    turned = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    bare = Image.new("RGB", turned.size, "white")
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        clear = turned.convert("RGBA")
        bare.paste(clear, mask=clear.getchannel("A"))
    else:
        bare.paste(turned.convert("RGB"))
    if profile and image.mode in {"RGB", "RGBA"}:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(bare, source, ImageCms.createProfile("sRGB"))
            bare = converted or bare
    bare.info.clear()
    return bare
