"""The history in S3: one CSV object per drained batch, under date=YYYY-MM-DD/ of the day it was scored."""

import io
import logging
import re
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import uuid4

from creditrisk.application_id import milliseconds, received_at, reference
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import files
from creditrisk.history.columns import HEADER
from creditrisk.history.parts import Part, Row, lines_of
from creditrisk.history.records import Record, UnreadableRow, once, to_line

_NAME = re.compile(r"date=(\d{4}-\d{2}-\d{2})/(\d{9})-([0-9a-f]+)\.csv$")
log = logging.getLogger(__name__)

_LONG_AGO = "1970-01-01"
SEARCH_DAYS = 8
"""How many days after an application came in its record is looked for: a queue may have stood still for a while."""
CLOCKS_DISAGREE = timedelta(minutes=2)
"""How far a scorer's clock, by which objects are named, may be behind the form's, by which ids are made. Every object of
that time is looked at before an answer that Redis no longer has is found."""
MOST_READ = 100
"""Most objects that a look-up of one answer reads: one, as a rule, where names tell what is inside."""
MOST_NAMES = 50_000
"""Most names of objects that a look-up of one answer goes through, 1,000 to a request."""


class BucketHistory:
    """Objects `prefix/date=YYYY-MM-DD/HHMMSSmmm-….csv`, each with the header: a listing is in the order of scoring.

    Behind the hyphen, in hexadecimal digits, 12 each: when the first and the last of its applications were received
    (milliseconds since 1970), by which a look-up knows where it need not read, and 12 that chance gave. Earlier
    versions wrote those alone.

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
        times = [milliseconds(answer.id) for answer in answers]
        name = f"{clock}-{min(times):012x}{max(times):012x}{uuid4().hex[:12]}"
        self._put_text(f"{self.prefix}date={day}/{name}.csv", text)

    def _put_text(self, key: str, text: str) -> None:
        with _unavailable():
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=text.encode(), ContentType="text/csv; charset=utf-8"
            )

    def add_part(self, name: str, lines: Sequence[str]) -> bool:
        """Add what was brought along from elsewhere as one object, before all that was recorded here."""
        key = f"{self.prefix}date={_LONG_AGO}/000000000-{name}.csv"
        with _unavailable():
            listed = self._client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        if listed.get("Contents"):
            return False
        self._put_text(key, HEADER + "".join(lines))
        return True

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application.

        Of objects whose names do not tell what is inside, MOST_READ are read of those written after it came in by its
        form's clock, the first ones, and then MOST_READ of those before, the last ones.
        """
        earlier = deque[str](maxlen=MOST_READ)
        place = self._place(received_at(application_id))
        read = 0
        damaged: list[str] = []
        for key in self._keys_of([application_id], MOST_NAMES):
            if read == MOST_READ:
                break
            if key < place and not _times(key):
                earlier.append(key)
            elif found := self._look(key, application_id, damaged):
                return found
            else:
                read += 1
        looked = (self._look(key, application_id, damaged) for key in reversed(earlier))
        answer = next(filter(None, looked), None)
        if answer is None and damaged:
            raise HistoryUnavailable("The record of this application cannot be read; restore its object.")
        return answer

    def _look(self, key: str, application_id: str, damaged: list[str]) -> Answer | None:
        """The answer in one object; an application whose record cannot be read is added to `damaged`."""
        found: dict[str, Answer] = {}
        for row in self._read(key):
            if application_id in row.text:
                _add(found, row, application_id, damaged)
        return found.get(application_id)

    def _recorded(self, application_ids: Sequence[str]) -> dict[str, Answer]:
        """Those of the applications that stand recorded."""
        found: dict[str, Answer] = {}
        for key in self._keys_of(application_ids):
            for row in self._read(key):
                for application_id in application_ids:
                    if application_id not in found and application_id in row.text:
                        _add(found, row, application_id, [])
            if len(found) == len(application_ids):
                break
        return found

    def _keys_of(self, application_ids: Sequence[str], most: int | None = None) -> Iterator[str]:
        """The objects that may hold one of the applications, in order: an id tells when it came in, so the search
        begins there."""
        received = [milliseconds(application_id) for application_id in application_ids]
        for key in islice(self._keys(min(map(received_at, application_ids)) - CLOCKS_DISAGREE), most):
            times = _times(key)
            if not times or any(times[0] <= moment <= times[1] for moment in received):
                yield key

    def parts(self) -> Iterator[Part]:
        """Every object, in the order of scoring, what was brought along first."""
        for key in self._keys():
            yield Part(key.removeprefix(self.prefix), self._read(key))

    def lines(self) -> Iterator[str]:
        """Every record once, in the order of scoring."""
        return iter(once(lines_of(self.parts())))

    def check(self) -> None:
        """Raises HistoryUnavailable when the bucket cannot be reached."""
        with _unavailable():
            self._client.head_bucket(Bucket=self.bucket)

    def _place(self, moment: datetime) -> str:
        """Where in the order of keys the objects of a moment stand."""
        return f"{self.prefix}date={moment:%Y-%m-%d}/{moment:%H%M%S}"

    def _keys(self, since: datetime | None = None) -> Iterator[str]:
        """The objects' keys in order, since a moment for SEARCH_DAYS, or all."""
        last = f"date={since + timedelta(days=SEARCH_DAYS):%Y-%m-%d}" if since else "date=:"
        after = self._place(since) if since else self.prefix
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

    def _read(self, key: str) -> list[Row]:
        with _unavailable():
            body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return list(files.rows(key.removeprefix(self.prefix), io.BytesIO(body)))


def _add(found: dict[str, Answer], row: Row, application_id: str, damaged: list[str]) -> None:
    try:
        answer = row.answer(application_id)
    except UnreadableRow as error:
        log.error("the record of application %s cannot be read: %s", reference(application_id), error)
        damaged.append(application_id)
    else:
        if answer:
            found[application_id] = answer


def _times(key: str) -> tuple[int, int] | None:
    """When the first and the last application of an object were received, as its name tells, or None."""
    name = _NAME.search(key)
    return (int(name[3][:12], 16), int(name[3][12:24], 16)) if name and len(name[3]) == 36 else None


@contextmanager
def _unavailable() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise HistoryUnavailable(
            f"The history in S3 cannot be written or read: {type(error).__name__}."
        ) from error
