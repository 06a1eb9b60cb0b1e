"""A file that a model is trained from, read as a history with its outcomes: accepted applicants, and what became of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cli.importing import THRESHOLD, Found
from cli.their_cells import id_of_content
from creditrisk.clock import timestamp
from creditrisk.history import COLUMNS
from creditrisk.history.columns import IMPORTED as IMPORTED_MODEL
from creditrisk.history.columns import VERSION
from creditrisk.history.records import csv_line
from creditrisk.ledger import Ledger
from creditrisk.outcomes import BAD, GOOD, IMPORTED
from creditrisk.settings import Settings
from models.training.data import Data, read

_BATCH = 20_000
_PIECE = 10_000


def read_labelled(source: Path, received: datetime | None, score: bool) -> Found:
    """Every row as an application that was approved, since it has an outcome, and its label.

    With `score`, the probability is the active model's, which is named beside `imported`; it may have learned from these
    very rows, and then says too much of itself. Raises UnusableData when nobody could learn from the file.
    """
    data = read(source)
    moment = received.replace(tzinfo=UTC) if received else None
    when = timestamp(moment) if moment else ""
    version, probabilities = _scored(data) if score else ("", [""] * len(data))
    found = Found(notes=list(data.notes))
    names = list(data.columns)
    repeated: Counter[str] = Counter()
    rows = zip(zip(*data.columns.values(), strict=True), data.bad.tolist(), probabilities, strict=True)
    for values, bad, probability in rows:
        content = "\x1f".join(map(str, values))
        repeated[content] += 1
        id = id_of_content(f"{content}\x1e{repeated[content]}", moment)
        cells = dict(zip(names, values, strict=True)) | {
            "APPLICATION_ID": id,
            "RECEIVED_AT": when,
            "SCORED_AT": when,
            "MODEL": IMPORTED_MODEL,
            "MODEL_VERSION": version,
            "PROBABILITY": probability,
            "PREDICTION": 0,
            "DECISION": "approved",
            "THRESHOLD": THRESHOLD,
            "RECORD_VERSION": VERSION,
        }
        found.records[id] = csv_line([cells.get(name, "") for name in COLUMNS])
        found.labels[id] = bool(bad)
    return found


def _scored(data: Data) -> tuple[str, list[str]]:
    """The active model's name with its version, and its probabilities as they are recorded."""
    from functions.model import load_model

    scorer = load_model(Settings.from_environment())
    size = len(data)
    columns = {name: data.columns.get(name, [None] * size) for name in scorer.fields}
    found: list[str] = []
    for start in range(0, size, _PIECE):
        piece = {name: values[start : start + _PIECE] for name, values in columns.items()}
        found += (repr(float(score.probability)) for score in scorer.score_columns(piece, False))
    return f"{scorer.name} {scorer.version}", found


def add_labels(outcomes: Ledger, labels: Mapping[str, bool], observed: datetime | None) -> int:
    """Record the labels that are not there yet, marked as imported; returns how many. Raises HistoryUnavailable."""
    if not labels:
        return 0
    there = {row["APPLICATION_ID"] for row in outcomes.rows() if row["SOURCE"] == IMPORTED}
    now = timestamp()
    day = observed.date().isoformat() if observed else now[:10]
    new = [
        (id, BAD if bad else GOOD, day, "", "", now, IMPORTED)
        for id, bad in labels.items()
        if id not in there
    ]
    for start in range(0, len(new), _BATCH):
        outcomes.append(new[start : start + _BATCH])
    return len(new)
