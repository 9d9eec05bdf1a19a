"""The photograph of a product: files that `core.pictures` made, and the row that names them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction

from audit.services import Action
from catalog.locks import lock_product
from catalog.models import Product
from catalog.services.write_helpers import record_change
from core.pictures import WIDTHS, PictureRefused, delete_picture, is_kept, kept, stored
from core.transactions import write_transaction

FOLDER = "products"
SMALLEST_SIDE = 160
ORPHAN_AGE = dt.timedelta(days=1)
"""Files are written before their row: a young one may still get it."""


@contextlib.contextmanager
def picture_kept(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values, an uploaded `image` kept as files and its name in its place.

    The row is written inside; where it is not, no file stays. No lock is held while files are
    written. Raises PictureRefused.
    """
    upload: Any = values.get("image")
    if not hasattr(upload, "read"):
        yield dict(values)
        return
    versions = kept(upload, smallest=SMALLEST_SIDE)
    with stored(default_storage, FOLDER, versions, with_card=True) as name:
        yield {**values, "image": name}


def forget_picture_after_commit(name: str) -> None:
    """Remove the files of a picture that its row has let go, once that is certain."""
    if name:
        transaction.on_commit(lambda: delete_picture(default_storage, name), robust=True)


def clean_pictures() -> Iterator[tuple[str, str]]:
    """Make anew every photograph that was kept as it came; yields each sku with what became of it.

    `kept`, `changed meanwhile`, `no file`, or the reason of the refusal; a refused one stays as it
    is. Each product stands for itself, so this may be ended and begun again at any time.
    """
    raw = Product.objects.exclude(image=None).exclude(image="").order_by("pk")
    for pk, sku, image in raw.values_list("pk", "sku", "image"):
        name = str(image)
        if is_kept(name):
            continue
        try:
            with default_storage.open(name) as upload:
                yield sku, _clean(pk, name, upload)
        except FileNotFoundError:
            yield sku, "no file"
        except _Replaced:
            yield sku, "changed meanwhile"
        except PictureRefused as refusal:
            yield sku, str(refusal.details["reason"])


def sweep_pictures(*, now: dt.datetime) -> int:
    """Remove the files that no row names and that are older than ORPHAN_AGE; how many pictures."""
    try:
        folders, files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    named = set(Product.objects.exclude(image=None).values_list("image", flat=True))
    found = [f"{FOLDER}/{folder}/{WIDTHS[-1]}.webp" for folder in folders]
    found += [f"{FOLDER}/{file}" for file in files]
    orphans = [name for name in found if name not in named and _is_old(name, now)]
    for name in orphans:
        delete_picture(default_storage, name)
    return len(orphans)


def _clean(product_id: int, name: str, upload: IO[bytes]) -> str:
    with picture_kept({"image": upload}) as values, write_transaction(durable=True):
        product = lock_product(product_id=product_id)
        if product.image.name != name:
            raise _Replaced
        product.image = values["image"]
        product.save(update_fields=["image", "updated_at"])
        record_change(
            actor=None,
            row=product,
            action=Action.UPDATE,
            old={"image": name},
            new={"image": values["image"]},
        )
        forget_picture_after_commit(name)
    return "kept"


class _Replaced(Exception):
    """Somebody uploaded another picture meanwhile."""


def _is_old(name: str, now: dt.datetime) -> bool:
    """A picture without its largest file is one whose upload was cut off, or deletion."""
    with contextlib.suppress(FileNotFoundError):
        return default_storage.get_modified_time(name) < now - ORPHAN_AGE
    return True
