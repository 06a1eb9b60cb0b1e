"""Another system's history read as records of ours: the manual's history.csv, or an exported one."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.their_cells import NOTHING, holds, id_of_content, is_bad, moment_in, share, verdict
from creditrisk.application import FIELDS, Role, canonical_name
from creditrisk.clock import timestamp
from creditrisk.counted import counted
from creditrisk.decision import declines
from creditrisk.errors import UnusableFile
from creditrisk.formulas import as_it_was
from creditrisk.history import COLUMNS
from creditrisk.history.columns import IMPORTED, VERSION
from creditrisk.history.files import encoding_of
from creditrisk.history.parts import Layout, rows_of
from creditrisk.history.records import csv_line, id_of
from creditrisk.portfolio import active

_PREDICTION = {"prediction", "predictions", "model_prediction", "predicted", "predicted_class", "pred", "y_pred", "class", "label"}  # fmt: skip
_SCORE = {"prediction_score", "score", "model_score", "pred_score", "probability", "proba", "prob", "prediction_proba", "predicted_probability"}  # fmt: skip
_MOMENT = {"received_at", "timestamp", "date", "datetime", "created_at", "time", "scored_at"}
_INDEX = {"", "index", "id"}
_SAMPLE = 200
THRESHOLD = 0.5
"""From which the manual's system predicts a bad client."""


@dataclass
class Found:
    """What a file holds: records by id, as lines, which keep what was accepted then as it stands; rows that cannot be read; and what
    else its owner should know."""

    records: dict[str, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    labels: dict[str, bool] = field(default_factory=dict)
    """Of those whose outcome the file tells, whether it was bad."""

    def without(self, application_ids: Iterable[str]) -> dict[str, str]:
        """The records of other applications than these."""
        there = self.records.keys() & application_ids
        return {key: line for key, line in self.records.items() if key not in there}

    @staticmethod
    def name_of(records: dict[str, str]) -> str:
        """A name for a part with these records: the same for the same ones."""
        return hashlib.sha256("".join(records).encode()).hexdigest()[:12]


def read(source: Path, received: datetime | None = None) -> Found:
    """The records in a file. Raises UnusableFile when it is no history."""
    try:
        data = source.read_bytes()
    except OSError as error:
        raise UnusableFile(f"{source} cannot be read: {error.strerror}.") from error
    text = data.decode(encoding_of(io.BytesIO(data)), "surrogateescape").lstrip("\ufeff\r\n")
    if not text.strip():
        raise UnusableFile(f"{source} is empty.")
    first, _, rest = text.partition("\n")
    layout = Layout.of(f"{first}\n")
    if layout and layout.of_another_portfolio:
        raise UnusableFile(
            f"{source} is another portfolio's history ({layout.of_another_portfolio}): bring it along where that one is "
            "served."
        )
    if layout:
        return _exported(source.name, rest, layout)
    return _Manual(source.name, text, received).read()


def _exported(name: str, text: str, layout: Layout) -> Found:
    """A history of ours, exported: the records with their own ids, and texts as they were before the export."""
    found = Found()
    for row in rows_of(name, text.splitlines(keepends=True), layout):
        if row.problem:
            found.unreadable.append(f"{row}: {row.problem}")
        else:
            line = csv_line([as_it_was(cell) for cell in row.under(COLUMNS)])
            found.records.setdefault(id_of(line), line)
    if layout.foreign:
        found.notes.append(f"columns not brought along: {', '.join(layout.foreign)}")
    return found


class _Manual:
    """Another system's history, as the manual's: the form's fields, and the prediction and its score, as pandas or csv wrote
    them."""

    def __init__(self, name: str, text: str, received: datetime | None) -> None:
        self.name = name
        self.received = received.replace(tzinfo=UTC) if received else None
        head = text[:4096].partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            self.rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
        except csv.Error as error:
            raise UnusableFile(f"{name}, line {reader.line_num}: it is no CSV ({error}).") from None
        self.found = Found()
        self._refused: Counter[str] = Counter()
        self._repeated: Counter[str] = Counter()

    def read(self) -> Found:
        """All records. Raises UnusableFile when nothing tells which column is which."""
        header = self.rows[0][1]
        named = sum(canonical_name(cell) is not None for cell in header) >= len(FIELDS) // 2
        if named:
            self._by_name(header)
            self.rows = [(line, row) for line, row in self.rows if row != header]
        else:
            self._by_place()
        if self.prediction is None and self.score is None:
            raise UnusableFile(
                f"{self.name}: no column tells the prediction (0 or 1) or its score (0 to 1); name them Prediction and "
                "Prediction_score in a header."
            )
        for line, row in self.rows:
            try:
                self._add(row)
            except ValueError as error:
                self.found.unreadable.append(f"{self.name}, line {line}: {error}")
        for name, count in self._refused.items():
            self.found.notes.append(
                f"{name}: {counted(count, 'value', 'values')} that would not be accepted today "
                f"{'is kept as it is' if count == 1 else 'are kept as they are'}"
            )
        return self.found

    def _by_name(self, header: Sequence[str]) -> None:
        self.width = len(header)
        self.fields: dict[str, int] = {}
        self.prediction = self.score = self.moment = self.label = None
        target = active().target.column.strip().lower()
        ignored = []
        for place, cell in enumerate(header):
            key = cell.strip().lower().replace(" ", "_").replace("-", "_")
            if (name := canonical_name(cell)) and name not in self.fields:
                self.fields[name] = place
            elif cell.strip().lower() == target and self.label is None:
                self.label = place
            elif key in _PREDICTION and self.prediction is None:
                self.prediction = place
            elif key in _SCORE and self.score is None:
                self.score = place
            elif key in _MOMENT and self.moment is None:
                self.moment = place
            elif key not in _INDEX and not key.startswith("unnamed:"):
                ignored.append(cell.strip())
        lacking = [name for name in FIELDS if name not in self.fields]
        if ignored:
            self.found.notes.append(f"columns not brought along: {', '.join(ignored)}")
        if lacking:
            self.found.notes.append(f"columns that are not there: {', '.join(lacking)}")

    def _by_place(self) -> None:
        """No header: the fields stand in the manual's order, perhaps after an index; the rest is told by what it holds."""
        self.label = None
        widths = Counter(len(row) for _, row in self.rows)
        self.width = widths.most_common(1)[0][0]
        spare = self.width - len(FIELDS)
        if spare < 1:
            raise UnusableFile(
                f"{self.name} has no header, and {self.width} columns: without one it has the {len(FIELDS)} fields and "
                "the prediction."
            )
        sample = [row for _, row in self.rows if len(row) == self.width][:_SAMPLE]
        start = max(range(spare + 1), key=lambda place: (_fit(sample, place), -place))
        if _fit(sample, start) < 0.7:
            raise UnusableFile(
                f"{self.name} has no header, and its columns are not the fields in their order; name them in a header."
            )
        self.fields = {name: start + number for number, name in enumerate(FIELDS)}
        others = [place for place in range(self.width) if not start <= place < start + len(FIELDS)]
        cells = {place: [row[place] for row in sample] for place in others}
        self.moment = next((p for p in others if all(moment_in(cell) for cell in cells[p])), None)
        after = [place for place in others if place > start and place != self.moment]
        self.prediction = next((p for p in after if all(holds(verdict, cell) for cell in cells[p])), None)
        self.score = next(
            (p for p in after if p != self.prediction and all(holds(share, cell) for cell in cells[p])), None
        )

    def _add(self, row: Sequence[str]) -> None:
        if len(row) != self.width:
            raise ValueError(f"it has {len(row)} cells instead of {self.width}")
        if not "".join(row).isascii():
            try:
                "".join(row).encode()
            except UnicodeEncodeError:
                raise ValueError("it is damaged: it holds bytes that are no UTF-8") from None
        score = None if self.score is None else share(row[self.score])
        prediction = None if self.prediction is None else verdict(row[self.prediction])
        if prediction is None:
            if score is None:
                raise ValueError("it tells neither a prediction nor a score")
            prediction = int(declines(score, THRESHOLD))
        values = {name: self._value(name, row[place]) for name, place in self.fields.items()}
        moment = (moment_in(row[self.moment]) if self.moment is not None else None) or self.received
        when = timestamp(moment) if moment else ""
        record: dict[str, str | int | float] = {
            **values,
            "APPLICATION_ID": self._id(row, moment),
            "RECEIVED_AT": when,
            "SCORED_AT": when,
            "MODEL": IMPORTED,
            "PROBABILITY": "" if score is None else repr(score),
            "PREDICTION": prediction,
            "DECISION": "declined" if prediction else "approved",
            "THRESHOLD": THRESHOLD,
            "RECORD_VERSION": VERSION,
        }
        line = csv_line([record.get(name, "") for name in COLUMNS])
        self.found.records[id_of(line)] = line
        if self.label is not None and (bad := is_bad(row[self.label], active().target.bad)) is not None:
            self.found.labels[id_of(line)] = bad

    def _value(self, name: str, cell: str) -> str | int | float:
        """The value as we would have recorded it; what we would not accept, as it stands."""
        text = " ".join(cell.split())
        nothing = text.lower() in NOTHING and FIELDS[name].role is not Role.IDENTITY
        try:
            value = FIELDS[name].parse("" if nothing else text)
        except ValueError:
            if nothing or not text:
                return ""
            self._refused[name] += 1
            return text
        return "" if value is None else value

    def _id(self, row: Sequence[str], moment: datetime | None) -> str:
        """An id that the same row always gets: a version 7 UUID of its moment (1970 when nobody knows it) and of what it
        says; the second of two equal rows gets another."""
        told = [*(row[place] for place in self.fields.values()), *(row[p] for p in (self.prediction, self.score, self.moment) if p is not None)]  # fmt: skip
        content = "\x1f".join(told)
        self._repeated[content] += 1
        return id_of_content(f"{content}\x1e{self._repeated[content]}", moment)


def _fit(rows: Sequence[Sequence[str]], start: int) -> float:
    """Which part of the cells could be the fields' from this column on."""
    fits = sum(
        holds(field.parse, row[start + number])
        for row in rows
        for number, field in enumerate(FIELDS.values())
    )
    return fits / max(1, len(rows) * len(FIELDS))
