"""Bulk files in S3: one version of an object read throughout, and one large object made of many without reading them."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from creditrisk.uploads import found

LEAST_PART = 5 << 20
"""S3 takes parts of an upload from 5 MiB on, the last one excepted."""
_PART = 8 << 20
"""Bytes of a part of an unpacked file: 10,000 of them are 80 GB."""
_AT_ONCE = 32
"""Parts copied at once: S3 does the work, we wait for its answers."""


@cache
def s3() -> Any:
    """The client, made when first needed."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(max_pool_connections=_AT_ONCE))


def pinned(bucket: str, key: str, version: str | None) -> dict[str, str]:
    """How to read just this upload of a key, whatever is put there later: by its version, or else by its content.

    Raises UnusableFile when it is there no longer.
    """
    given = {"VersionId": version} if version else {}
    name, told = found(key, "bulk", lambda name: s3().head_object(Bucket=bucket, Key=name, **given))
    version = told.get("VersionId")
    return {"Key": name} | (
        {"IfMatch": told["ETag"]} if version in (None, "null") else {"VersionId": version}
    )


def opened(bucket: str, source: dict[str, str], **more: str) -> Any:
    """The object's content, to be read."""
    return s3().get_object(Bucket=bucket, **source, **more)["Body"]


def put(bucket: str, key: str, text: str) -> None:
    """Write a small object."""
    s3().put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/plain; charset=utf-8")


def listed(bucket: str, prefix: str) -> list[tuple[str, int]]:
    """(key, bytes) of what stands under a prefix, in order."""
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [(entry["Key"], entry["Size"]) for page in pages for entry in page.get("Contents", ())]


def kept(bucket: str, key: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks as they come, each kept on its way: once the last has been taken, they are an object."""
    upload = _Upload(bucket, key)
    waiting = bytearray()
    for block in blocks:
        waiting += block
        while len(waiting) >= _PART:
            upload.add(bytes(waiting[:_PART]))
            del waiting[:_PART]
        yield block
    if waiting or not upload.parts:
        upload.add(bytes(waiting))
    upload.complete()


def join(bucket: str, key: str, pieces: Sequence[tuple[str, int]]) -> None:
    """One object of pieces (key, bytes), in order. S3 copies the large ones itself, many at once; small ones that follow
    each other are read and sent as one part."""
    upload = _Upload(bucket, key)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        upload.parts = list(
            pool.map(partial(_part, upload), *zip(*enumerate(_grouped(pieces), 1), strict=True))
        )
    upload.complete()


def _grouped(pieces: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    """Keys of pieces that make a part together: each large enough for S3, the last one excepted."""
    group: list[str] = []
    size = 0
    for key, length in pieces:
        group.append(key)
        size += length
        if size >= LEAST_PART:
            yield group
            group, size = [], 0
    if group:
        yield group


def _part(upload: "_Upload", number: int, keys: list[str]) -> dict[str, Any]:
    if len(keys) == 1:
        return upload.copy(number, keys[0])
    return upload.send(number, b"".join(opened(upload.bucket, {"Key": key}).read() for key in keys))


class _Upload:
    """An object that is made in parts. One that is never completed is deleted by the bucket's rules after a day."""

    def __init__(self, bucket: str, key: str) -> None:
        self.bucket = bucket
        place = {"Bucket": bucket, "Key": key}
        begun = s3().create_multipart_upload(**place, ContentType="text/csv; charset=utf-8")
        self._where = place | {"UploadId": begun["UploadId"]}
        self.parts: list[dict[str, Any]] = []

    def add(self, body: bytes) -> None:
        """Send the next part."""
        self.parts.append(self.send(len(self.parts) + 1, body))

    def send(self, number: int, body: bytes) -> dict[str, Any]:
        """Send a part."""
        done = s3().upload_part(**self._where, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": done["ETag"]}

    def copy(self, number: int, key: str) -> dict[str, Any]:
        """Let S3 copy an object as a part."""
        source = {"Bucket": self.bucket, "Key": key}
        done = s3().upload_part_copy(**self._where, PartNumber=number, CopySource=source)
        return {"PartNumber": number, "ETag": done["CopyPartResult"]["ETag"]}

    def complete(self) -> None:
        """Make the object of its parts."""
        s3().complete_multipart_upload(**self._where, MultipartUpload={"Parts": self.parts})
