"""Files that somebody puts into a bucket, and of which an event tells a function."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote, unquote_plus

from creditrisk.errors import UnusableFile

Found = TypeVar("Found")

_NOT_THERE = (400, 403, 404)
"""Statuses of a key that there is not: 400 with a version that is none, 403 where the bucket may not be listed."""


def found(key: str, folder: str, look: Callable[[str], Found]) -> tuple[str, Found]:
    """The name of the object that an event tells of, and what `look` has of it; `look` asks S3 for an object of this name.

    EventBridge names a key as it is; S3's own notifications write it as a form does (a space as a plus), and LocalStack
    URL-encoded. So it is looked for as it is told first: a plus may be one. Raises UnusableFile where there is none.
    """
    from botocore.exceptions import ClientError

    for name in dict.fromkeys((key, unquote(key), unquote_plus(key))):
        try:
            return name, look(name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in _NOT_THERE:
                raise
    raise UnusableFile(
        f"The file is not there any more, or may not be read; put it into {folder}/ once more."
    )
