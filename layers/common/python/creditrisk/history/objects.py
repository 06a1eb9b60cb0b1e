"""The objects below one prefix of a bucket: list, read, write once, delete; every failure becomes a sentence."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from creditrisk.errors import HistoryOverwritten, HistoryUnavailable

READERS = 8
"""How many objects are read at the same time, where many are read."""
BEGINNING = 64 << 10
"""Bytes of an object that hold its header for certain."""
_AHEAD = 4 * READERS
_TRIES = 3
_DELETED_AT_ONCE = 1_000


class Listed(NamedTuple):
    """One object of a listing: its name without the prefix, its bytes, and when it was written, as ISO 8601."""

    name: str
    size: int
    written: str


class Objects:
    """The objects below `prefix`, which ends in / when there is one. Every method raises HistoryUnavailable, which calls
    them `what`."""

    def __init__(self, bucket: str, prefix: str, what: str = "history") -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.what = what

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.handlers import set_list_objects_encoding_type_url

        client = boto3.client(
            "s3",
            config=Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"max_attempts": 3, "mode": "standard"},
                max_pool_connections=2 * READERS,
            ),
        )
        # Our names need no URL encoding. With it, LocalStack compares encoded names with the plain `StartAfter`.
        client.meta.events.unregister(
            "before-parameter-build.s3.ListObjectsV2", set_list_objects_encoding_type_url
        )
        return client

    def check(self) -> None:
        """Whether the bucket can be reached."""
        with self._unavailable():
            self._client.head_bucket(Bucket=self.bucket)

    def list(self, start: str, after: str = "") -> Iterator[Listed]:
        """The objects whose names begin with `start` and sort after the name `after`, in order; a request lists 1,000."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket,
            Prefix=self.prefix + start,
            **({"StartAfter": self.prefix + after} if after else {}),
        )
        with self._unavailable():
            for page in pages:
                for entry in page.get("Contents", ()):
                    written = f"{entry['LastModified']:%Y-%m-%dT%H:%M:%S}.000Z"
                    yield Listed(entry["Key"].removeprefix(self.prefix), entry["Size"], written)

    def read(self, name: str) -> bytes | None:
        """The content of an object; None when it is no longer there."""
        with self._unavailable():
            try:
                body: bytes = self._client.get_object(Bucket=self.bucket, Key=self.prefix + name)[
                    "Body"
                ].read()
            except self._client.exceptions.NoSuchKey:
                return None
        return body

    def beginning(self, name: str) -> bytes:
        """The first BEGINNING bytes of one; none when it is there no longer, or empty."""
        with self._unavailable():
            try:
                answer = self._client.get_object(
                    Bucket=self.bucket, Key=self.prefix + name, Range=f"bytes=0-{BEGINNING - 1}"
                )
                body: bytes = answer["Body"].read(BEGINNING)
            except self._client.exceptions.ClientError as error:
                if _code(error) in ("NoSuchKey", "InvalidRange"):
                    return b""
                raise
        return body

    def read_all(self, names: Iterator[str] | Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """The content of each of many objects, in order; some are read ahead."""
        reading: deque[tuple[str, Future[bytes | None]]] = deque()
        with ThreadPoolExecutor(READERS) as pool:
            try:
                for name in names:
                    reading.append((name, pool.submit(self.read, name)))
                    if len(reading) >= _AHEAD:
                        first, future = reading.popleft()
                        yield first, future.result()
                while reading:
                    first, future = reading.popleft()
                    yield first, future.result()
            finally:
                for _, future in reading:
                    future.cancel()

    def write(self, name: str, body: bytes) -> bool:
        """Write a new object, whole or not at all; False when it is there already, with the same content.

        Raises HistoryOverwritten when it is there with other content: nothing in a history is ever written over.
        """
        for attempt in range(_TRIES):
            try:
                with self._unavailable():
                    self._client.put_object(
                        Bucket=self.bucket,
                        Key=self.prefix + name,
                        Body=body,
                        ContentType="text/csv; charset=utf-8",
                        IfNoneMatch="*",
                    )
                return True
            except HistoryUnavailable as error:
                code = _code(error.__cause__)
                # Another write of the same object is under way, or done: our own, if the reply to it was lost.
                if code == "ConditionalRequestConflict" and attempt + 1 < _TRIES:
                    continue
                if code != "PreconditionFailed":
                    raise
            there = self.read(name)
            if there == body:
                return False
            if there is not None:
                raise HistoryOverwritten(
                    f"{name} is in the bucket already, with other content, and stays as it is: look who else writes "
                    "to this history."
                )
        raise HistoryUnavailable(
            f"The {self.what} in S3 cannot be written: others write and delete the same object."
        )

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object whole, over an earlier one if there is one: a report, never a record."""
        with self._unavailable():
            self._client.put_object(
                Bucket=self.bucket, Key=self.prefix + name, Body=body, ContentType=content_type
            )

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects. Raises HistoryUnavailable when one of them may not be deleted."""
        for start in range(0, len(names), _DELETED_AT_ONCE):
            keys = [{"Key": self.prefix + name} for name in names[start : start + _DELETED_AT_ONCE]]
            with self._unavailable():
                done = self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True}
                )
            if errors := done.get("Errors"):
                raise HistoryUnavailable(
                    f"{len(errors)} objects of the {self.what} cannot be deleted ({errors[0].get('Code')}): allow "
                    "s3:DeleteObject. Until then everything is read once all the same."
                )

    @contextmanager
    def _unavailable(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            what = _code(error) or type(error).__name__
            raise HistoryUnavailable(f"The {self.what} in S3 cannot be written or read: {what}.") from error


def _code(error: BaseException | None) -> str:
    """S3's code for why it refused, '' for any other error."""
    from botocore.exceptions import ClientError

    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""
