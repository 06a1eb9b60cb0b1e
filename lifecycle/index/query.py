"""What may be asked of the index, and where one page of answers ends and the next begins."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, Self

from creditrisk.application_id import is_application_id
from creditrisk.errors import one_line
from lifecycle.index.errors import WrongQuery
from lifecycle.index.folding import fold, fold_identity
from lifecycle.index.schema import DAY

MOST_ROWS = 1_000
"""Rows that one page may have."""
Sort = Literal["-received", "received", "-probability", "probability"]
SORTS: tuple[Sort, ...] = ("-received", "received", "-probability", "probability")
"""The latest first, the oldest first, the riskiest first, the safest first."""
FACETS = ("model", "version", "policy", "decision", "outcome", "review")
"""Filters that take few values; `none` asks for those that have no value."""


@dataclass(frozen=True)
class Query:
    """Filters, all of which must hold, an order, and how many rows a page has. An empty filter asks for nothing.

    `id` is an application's id; `identity` an identity number, with or without punctuation; `name` words of which each
    begins a word of the name, without regard to accents, case and order. `since` and `until` are days (UTC) on which the
    application was received, both included. `outcome` is good, bad, indeterminate or none; `review` asked, approved,
    declined or none.
    """

    id: str = ""
    identity: str = ""
    name: str = ""
    since: date | None = None
    until: date | None = None
    model: str = ""
    version: str = ""
    policy: str = ""
    decision: str = ""
    outcome: str = ""
    review: str = ""
    sort: Sort = "-received"
    limit: int = 50
    after: str = ""
    """The `next` or `previous` of another page of the same query."""

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """A query as it stands in an address or on a command line. Raises WrongQuery, naming the first that is wrong."""
        known = {entry.name for entry in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in texts.items():
            if name not in known:
                raise WrongQuery(
                    f"There is no filter {one_line(name, 40)!r}; there are {', '.join(sorted(known))}."
                )
            if text := text.strip():
                values[name] = _READ.get(name, str)(text)
        return cls(**values)

    def checked(self) -> Self:
        """The same query, with what is looked for as it is written in the index. Raises WrongQuery."""
        if self.sort not in SORTS:
            raise WrongQuery(f"sort is one of {', '.join(SORTS)}.")
        if not 1 <= self.limit <= MOST_ROWS:
            raise WrongQuery(f"limit is a number from 1 to {MOST_ROWS}.")
        if self.id and not is_application_id(self.id):
            raise WrongQuery("id is no application's id: it has 36 signs, such as 0193a1b2-….")
        if self.since and self.until and self.since > self.until:
            raise WrongQuery("since is after until: no day is left.")
        if self.name and not fold(self.name):
            raise WrongQuery("name has no letter in it.")
        return replace(self, name=fold(self.name), identity=fold_identity(self.identity))

    @property
    def facets(self) -> dict[str, str]:
        """The filters of few values that are set → the value; '' for `none`."""
        given = {name: getattr(self, name) for name in FACETS}
        return {name: "" if value == "none" else value for name, value in given.items() if value}

    @property
    def days(self) -> tuple[int | None, int | None]:
        """The first and the last day, as days since 1970."""
        return _day_number(self.since), _day_number(self.until)

    @property
    def moments(self) -> tuple[int | None, int | None]:
        """The first millisecond that counts, and the first that no longer does."""
        first, last = self.days
        return None if first is None else first * DAY, None if last is None else (last + 1) * DAY


class Place(NamedTuple):
    """A row's place in an order: its value and its number. `back` asks for what is before it."""

    value: float | None
    n: int
    back: bool = False

    def cursor(self, query: Query) -> str:
        """The place as an opaque text, good for this query alone."""
        told = json.dumps([self.value, self.n, int(self.back), _fingerprint(query)], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, query: Query) -> Self | None:
        """The place that `query.after` tells. Raises WrongQuery when it is another query's, or no cursor at all."""
        if not query.after:
            return None
        try:
            padded = query.after + "=" * (-len(query.after) % 4)
            value, n, back, fingerprint = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            place = cls(None if value is None else float(value), int(n), bool(back))
        except (ValueError, TypeError, binascii.Error):
            raise WrongQuery("after is no cursor: take `next` or `previous` of a page as they are.") from None
        if fingerprint != _fingerprint(query):
            raise WrongQuery("after belongs to another query: begin with the first page of this one.")
        return place


def _fingerprint(query: Query) -> int:
    """A number that differs between queries that differ in more than their page; it tells nothing of what is looked for."""
    asked = json.dumps(
        [str(getattr(query, entry.name)) for entry in fields(query) if entry.name not in ("after", "limit")]
    )
    return binascii.crc32(asked.encode())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongQuery("since and until are days: 2026-11-30.") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WrongQuery(f"limit is a number from 1 to {MOST_ROWS}.") from None


_READ = {"since": _day, "until": _day, "limit": _whole}


def _day_number(day: date | None) -> int | None:
    return (
        None
        if day is None
        else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) // DAY
    )
