"""Uploads in a bucket of a server that speaks S3 (MEDIA_STORAGE=s3), so that every node has them.

Imported only there: django-storages and botocore stand in `requirements-s3.txt`. Public pictures are
fetched from the bucket's own address (or a CDN's) by whoever looks; private ones pass through the shop,
behind the right to see them. A bucket that does not answer is a refusal: try again later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from core.errors import ServiceUnavailable

CONNECT_SECONDS, ANSWER_SECONDS, TRIES = 2, 5, 2


@contextmanager
def _answering() -> Iterator[None]:
    """Raises ServiceUnavailable for whatever the server of the bucket does not do."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise ServiceUnavailable from error


class BucketStorage(S3Storage):
    """Objects below `location`. Raises FileNotFoundError for one that is not there."""

    def __init__(self, **options: Any) -> None:
        options["client_config"] = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"total_max_attempts": TRIES},
            signature_version="s3v4",
            s3={"addressing_style": "path"},
        )
        super().__init__(default_acl=None, querystring_auth=False, file_overwrite=False, **options)

    def _save(self, name: str, content: Any) -> str:
        with _answering():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _answering():
            return super()._open(name, mode)

    def delete(self, name: str) -> None:
        with _answering():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _answering():
            return bool(super().exists(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files; nothing where there is no such folder."""
        with _answering():
            folders, files = super().listdir(name)
            return list(folders), list(files)

    def get_modified_time(self, name: str) -> Any:
        """When it was written. Raises FileNotFoundError."""
        try:
            return super().get_modified_time(name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(name) from error
            raise ServiceUnavailable from error

    def everything(self) -> Iterator[str]:
        """The name of each object, in order."""
        start = f"{self.location}/"
        with _answering():
            for found in self.bucket.objects.filter(Prefix=start):
                if name := found.key.removeprefix(start):
                    yield name

    def fetch(self, name: str, *, to: Path) -> None:
        """Write an object to a file. Raises FileNotFoundError; tries again what was cut off."""
        try:
            self.bucket.download_file(self._key(name), str(to))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(name) from error
            raise ServiceUnavailable from error
        except (BotoCoreError, Boto3Error) as error:
            raise ServiceUnavailable from error

    def put(self, path: Path, *, name: str) -> None:
        """Lay a file under this very name, in the place of what may lie there."""
        key = self._key(name)
        with _answering():
            self.bucket.upload_file(str(path), key, ExtraArgs=self._get_write_parameters(key))

    def _key(self, name: str) -> str:
        return f"{self.location}/{name}"
