"""The history in S3: one CSV object per drained batch, under date=YYYY-MM-DD/ of the day it was scored."""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

from creditrisk.application_id import received_at
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable
from creditrisk.history.records import HEADER, Record, from_line, id_of, once, to_line

_NAME = re.compile(r"date=(\d{4}-\d{2}-\d{2})/(\d{9})-[0-9a-f]+\.csv$")
SEARCH_DAYS = 8
"""How many days after an application came in its record is looked for: a queue may have stood still for a while."""
CLOCKS_DISAGREE = timedelta(minutes=2)
"""How far a scorer's clock, by which objects are named, may be behind the form's, by which ids are made. Every object of
that time is read before an answer that Redis no longer has is found."""


class BucketHistory:
    """Objects `prefix/date=YYYY-MM-DD/HHMMSSmmm-….csv`, each with the header: a listing is in the order of scoring.

    An object is written whole or not at all. A scorer thought dead that wakes up again may write a second record of an
    application, with the same score; whoever reads takes the first.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            config=Config(
                connect_timeout=3, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"}
            ),
        )

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Write the batch as one object, without what another scorer recorded before."""
        stale = [record.answer.id for record in records if not record.fresh]
        known = self._recorded(stale) if stale else {}
        mine = held()
        new = [r.answer for r in records if r.answer.id in mine and r.answer.id not in known]
        if new:
            self._put(new)
        return [*known.values(), *new]

    def _put(self, answers: Sequence[Answer]) -> None:
        text = HEADER + "".join(map(to_line, answers))
        scored = max(answer.decision.scored_at for answer in answers if answer.decision)
        day, clock = scored[:10], re.sub(r"\D", "", scored[11:])
        with _unavailable():
            self._client.put_object(
                Bucket=self.bucket,
                Key=f"{self.prefix}date={day}/{clock}-{uuid4().hex[:12]}.csv",
                Body=text.encode(),
                ContentType="text/csv; charset=utf-8",
            )

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application."""
        return self._recorded([application_id]).get(application_id)

    def _recorded(self, application_ids: Sequence[str]) -> dict[str, Answer]:
        """Those of the applications that stand recorded: an id tells when it came in, so the search begins there."""
        since = min(map(received_at, application_ids)) - CLOCKS_DISAGREE
        found: dict[str, Answer] = {}
        for key in self._keys(since):
            for line in self._read(key):
                if (application_id := id_of(line)) in application_ids and application_id not in found:
                    found[application_id] = from_line(line)
            if len(found) == len(application_ids):
                break
        return found

    def lines(self) -> Iterator[str]:
        """Every record once, in the order of scoring."""
        return iter(once(line for key in self._keys() for line in self._read(key)))

    def check(self) -> None:
        """Raises HistoryUnavailable when the bucket cannot be reached."""
        with _unavailable():
            self._client.head_bucket(Bucket=self.bucket)

    def _keys(self, since: datetime | None = None) -> Iterator[str]:
        """The objects' keys in order, since a moment for SEARCH_DAYS, or all."""
        last = f"date={since + timedelta(days=SEARCH_DAYS):%Y-%m-%d}" if since else "date=:"
        after = f"{self.prefix}date={since:%Y-%m-%d}/{since:%H%M%S}" if since else self.prefix
        with _unavailable():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.prefix}date=", StartAfter=after
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    key: str = entry["Key"]
                    if key.removeprefix(self.prefix) > last + "~":
                        return
                    if _NAME.search(key):
                        yield key

    def _read(self, key: str) -> list[str]:
        with _unavailable():
            text = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        return [f"{line}\n" for line in text.split("\n")[1:] if line]


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise HistoryUnavailable(
            f"The history in S3 cannot be written or read: {type(error).__name__}."
        ) from error
