"""A lender's file of outcomes read row by row; of a row that cannot be taken it is said why, and nothing of it is quoted."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from creditrisk.application import FIELDS, Role, canonical_name
from creditrisk.clock import timestamp
from creditrisk.errors import UnusableFile, WrongColumns
from creditrisk.files import Plan, plain, plan, read, reader
from creditrisk.files.text import Readable
from creditrisk.formulas import as_it_was
from creditrisk.outcomes import BAD, GOOD, INDETERMINATE

_PIECE = 20_000
_DATE = ("DATE", "APPLICATION_DATE", "RECEIVED_AT")
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,6})?")
_DECIMAL_COMMA = re.compile(r"\d{1,15},\d{1,6}")
_AHEAD = timedelta(days=1)
"""How far ahead of this machine's clock a day may be that somebody wrote down elsewhere."""


@dataclass(frozen=True)
class Given:
    """One row. `id` names the application, or else `identity` (field → value as it is recorded) and `day`, when it came in.
    `said` are the cells that will be recorded: OUTCOME, OBSERVED_AT, EXPOSURE, LOSS."""

    line: int
    id: str
    identity: tuple[str, ...]
    day: str
    said: tuple[str, str, str, str]


@dataclass(frozen=True)
class Refused:
    """A row that cannot be taken, and why, in words that tell nothing of what is in it."""

    line: int
    problem: str


class GivenFile:
    """A file of outcomes, opened. `digest` is the SHA-256 of its text; `by` the identity's fields that its rows name
    applications by, none when they do so by id."""

    def __init__(self, file: Readable, now: datetime | None = None) -> None:
        """Raises UnusableFile, WrongColumns when it is no table of outcomes."""
        self._text = b"".join(plain(file)[0])
        if not self._text.strip():
            raise UnusableFile("The file is empty; its first line must name the columns.")
        self.digest = hashlib.sha256(self._text).hexdigest()
        self._latest = ((now or datetime.now(UTC)) + _AHEAD).date().isoformat()
        self._plan: Plan = plan([self._text], _PIECE)
        self._width = len(self._plan.header.columns)
        self._place = _places(self._plan.header.columns)
        identity = [name for name, field in FIELDS.items() if field.role is Role.IDENTITY]
        self.by = () if "APPLICATION_ID" in self._place else tuple(n for n in identity if n in self._place)

    @property
    def size(self) -> int:
        """Bytes of its rows: what `rows` counts its progress by."""
        return self._plan.end

    def rows(self) -> Iterator[tuple[int, list[Given | Refused]]]:
        """Every row, in pieces, each with the number of bytes up to its end."""
        for piece, body in zip(self._plan.pieces, read(iter([self._text]), self._plan.pieces), strict=True):
            before = self._text.count(b"\n", 0, piece.start)
            yield piece.end, list(self._rows(body.decode(self._plan.encoding), before))

    def _rows(self, text: str, before: int) -> Iterator[Given | Refused]:
        rows = reader(io.StringIO(text, newline=""), self._plan.header.delimiter)
        line = before + 1
        try:
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield self._row(line, row)
                line = before + rows.line_num + 1
        except csv.Error as error:
            yield Refused(line, f"it is no CSV ({error})")

    def _row(self, line: int, row: list[str]) -> Given | Refused:
        if len(row) != self._width:
            return Refused(line, f"it has {len(row)} cells, and the header {self._width}")
        cells = {name: as_it_was(row[place].strip()) for name, place in self._place.items()}
        try:
            said = (
                _outcome(cells["OUTCOME"]),
                self._observed(cells["OBSERVED_AT"]),
                _amount("EXPOSURE", cells.get("EXPOSURE", "")),
                _amount("LOSS", cells.get("LOSS", "")),
            )
            if not self.by:
                return Given(line, _id(cells["APPLICATION_ID"]), (), "", said)
            return Given(line, "", self._identity(cells), self._day(cells["DATE"]), said)
        except ValueError as error:
            return Refused(line, str(error))

    def _observed(self, cell: str) -> str:
        if not cell:
            raise ValueError("OBSERVED_AT is empty: it says when the outcome stood so")
        moment = _moment("OBSERVED_AT", cell)
        if moment[:10] > self._latest:
            raise ValueError("OBSERVED_AT is in the future")
        return moment

    def _day(self, cell: str) -> str:
        if not cell:
            raise ValueError("DATE is empty: it says when the application came in")
        return _moment("DATE", cell)[:10]

    def _identity(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(identity_of(name, cells[name]) for name in self.by)


def identity_of(name: str, cell: str) -> str:
    """What is compared of a person's identity: as it is recorded, whatever its letters' case. Raises ValueError."""
    try:
        value = FIELDS[name].parse(cell)
    except ValueError:
        value = None
    if value is None:
        raise ValueError(f"{name} is none that an application can have")
    return str(value).casefold()


def _places(header: list[str]) -> dict[str, int]:
    """Column → its number. Raises WrongColumns."""
    found: dict[str, int] = {}
    for number, cell in enumerate(header):
        plain_name = re.sub(r"[\s-]+", "_", cell.strip()).upper()
        name = "DATE" if plain_name in _DATE else plain_name
        field = canonical_name(cell)
        if field and FIELDS[field].role is Role.IDENTITY:
            name = field
        if name in found:
            raise WrongColumns(f"The column {name} is there twice; remove one.")
        found[name] = number
    lacking = [name for name in ("OUTCOME", "OBSERVED_AT") if name not in found]
    identity = [name for name, field in FIELDS.items() if field.role is Role.IDENTITY]
    if "APPLICATION_ID" not in found and not ("DATE" in found and any(name in found for name in identity)):
        lacking.insert(
            0, f"APPLICATION_ID (or {' or '.join(identity)}, and DATE)" if identity else "APPLICATION_ID"
        )
    if lacking:
        raise WrongColumns(f"The header lacks {', '.join(lacking)}: outcomes are read from these columns.")
    return found


def _id(cell: str) -> str:
    if not cell:
        raise ValueError("APPLICATION_ID is empty")
    return cell.lower()


def _outcome(cell: str) -> str:
    word = cell.lower()
    if word not in (GOOD, BAD, INDETERMINATE):
        raise ValueError("OUTCOME is none of good, bad, indeterminate")
    return word


def _moment(name: str, cell: str) -> str:
    """A day as it is; a moment in UTC."""
    try:
        if len(cell) == len("2026-11-30"):
            return date.fromisoformat(cell).isoformat()
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{name} is no date; write it as 2026-11-30") from None
    return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _amount(name: str, cell: str) -> str:
    text = cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
    if text and not _AMOUNT.fullmatch(text):
        raise ValueError(f"{name} is no amount; write it as 1234.56")
    return text
