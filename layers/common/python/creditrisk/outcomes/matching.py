"""Which recorded application each row of a file of outcomes means."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta

from creditrisk.application_id import milliseconds
from creditrisk.history import History
from creditrisk.history.names import day_of
from creditrisk.history.scan import scan
from creditrisk.outcomes.given import Given, Refused, identity_of

_DAY = timedelta(days=1)


def matched(
    history: History, given: Sequence[Given], by: Sequence[str]
) -> tuple[list[tuple[str, Given]], list[Refused]]:
    """(application's id, row) for each row that means one recorded application, and the others with why not.

    The history is read once; in S3, only the days that the rows name. Raises HistoryUnavailable.
    """
    find = _by_identity if by else _by_id
    pairs: list[tuple[str, Given]] = []
    refused: list[Refused] = []
    for row, id, problem in find(history, given, by):
        if problem := problem or _too_early(id, row):
            refused.append(Refused(row.line, problem))
        else:
            pairs.append((id, row))
    return pairs, refused


_Found = Iterator[tuple[Given, str, str]]
"""A row with the id of its application, or '' and why it has none."""


def _too_early(id: str, row: Given) -> str:
    came_in = day_of(milliseconds(id))
    return "it was observed before the application came in" if row.said[1][:10] < came_in else ""


def _by_id(history: History, given: Sequence[Given], by: Sequence[str]) -> _Found:
    wanted = {row.id for row in given}
    there: set[str] = set()
    for block in scan(history, ["APPLICATION_ID"], days=set(map(_day, wanted)) - {""}):
        there |= wanted.intersection(id for (id,) in block)
    for row in given:
        yield row, row.id, "" if row.id in there else "no application of the history has this id"


def _by_identity(history: History, given: Sequence[Given], by: Sequence[str]) -> _Found:
    """By identity and the day on which the application came in; the day before or after it where there is none on that
    day, since the lender's day may not be that of UTC."""
    wanted = {row.identity for row in given}
    found: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for block in scan(
        history, ["APPLICATION_ID", "RECEIVED_AT", *by], days=_around(row.day for row in given)
    ):
        for id, received, *cells in block:
            identity = _identity(by, cells)
            if identity in wanted:
                found[identity][received[:10]].add(id)
    for row in given:
        days = found.get(row.identity, {})
        ids = days.get(row.day) or {id for day in _around([row.day]) for id in days.get(day, ())}
        if not ids:
            yield row, "", "no application of this person came in on that day"
        elif len(ids) > 1:
            yield (
                row,
                "",
                f"{len(ids)} applications of this person came in then; name one by its APPLICATION_ID",
            )
        else:
            yield row, min(ids), ""


def _identity(by: Sequence[str], cells: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple(identity_of(name, cell) for name, cell in zip(by, cells, strict=True))
    except ValueError:  # kept as it was when it was brought along
        return ()


def _around(days: Iterable[str]) -> Collection[str]:
    """These days, and those before and after them."""
    found = set()
    for day in set(days):
        middle = date.fromisoformat(day)
        found |= {(middle + step).isoformat() for step in (-_DAY, 0 * _DAY, _DAY)}
    return found


def _day(id: str) -> str:
    try:
        return day_of(milliseconds(id))
    except (ValueError, OverflowError):  # no id, or of a day that the calendar does not have
        return ""
