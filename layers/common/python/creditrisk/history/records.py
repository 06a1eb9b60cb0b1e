"""One decision as one line of CSV, and back."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from creditrisk.application import FIELDS
from creditrisk.decision import Answer, Decision, Reason

COLUMNS = (
    "APPLICATION_ID",
    "RECEIVED_AT",
    "SCORED_AT",
    *FIELDS,
    "MODEL",
    "MODEL_VERSION",
    "PROBABILITY",
    "PREDICTION",
    "DECISION",
    "REASONS",
    "THRESHOLD",
    "UNKNOWN",
    "CHALLENGER",
    "CHALLENGER_PROBABILITY",
)
"""The history's columns. REASONS is JSON, the principal reason first; UNKNOWN names fields whose value the model did
not know, separated by spaces; the last two tell what a challenger said, which decides nothing."""


@dataclass(frozen=True)
class Record:
    """A decided application on its way into the history; `fresh` tells that no scorer can have recorded it before."""

    answer: Answer
    fresh: bool = True


def to_line(answer: Answer) -> str:
    """The answer as one line of CSV, its line feed included; no value holds a line break."""
    decision = answer.decision
    if decision is None:
        raise ValueError("Only a decided application is recorded.")
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(
        [
            answer.id,
            answer.received_at,
            decision.scored_at,
            *("" if (value := answer.application.get(name)) is None else value for name in FIELDS),
            decision.model,
            decision.model_version,
            repr(decision.probability),
            decision.prediction,
            decision.decision,
            json.dumps([[r.field, r.contribution, r.text] for r in decision.reasons], ensure_ascii=False),
            decision.threshold,
            " ".join(decision.unknown),
            decision.challenger or "",
            "" if decision.challenger_probability is None else repr(decision.challenger_probability),
        ]
    )
    return buffer.getvalue()


HEADER = ",".join(COLUMNS) + "\n"


def from_line(line: str) -> Answer:
    """The answer that a line of the history records."""
    row = dict(zip(COLUMNS, next(csv.reader([line])), strict=True))
    reasons = [
        Reason(field, contribution, text) for field, contribution, text in json.loads(row["REASONS"] or "[]")
    ]
    decision = Decision(
        probability=float(row["PROBABILITY"]),
        prediction=int(row["PREDICTION"]),
        decision="declined" if row["DECISION"] == "declined" else "approved",
        threshold=float(row["THRESHOLD"]),
        model=row["MODEL"],
        model_version=row["MODEL_VERSION"],
        scored_at=row["SCORED_AT"],
        reasons=reasons,
        unknown=row["UNKNOWN"].split(),
        challenger=row["CHALLENGER"] or None,
        challenger_probability=_optional(float, row["CHALLENGER_PROBABILITY"]),
    )
    application = {name: field.parse(row[name]) if row[name] else None for name, field in FIELDS.items()}
    return Answer(row["APPLICATION_ID"], "decided", row["RECEIVED_AT"], application, decision)


def _optional(read: Callable[[str], Any], text: str) -> Any:
    return read(text) if text else None


def id_of(line: str) -> str:
    """The application's id on a line of the history."""
    return line.partition(",")[0]


def once(lines: Iterable[str]) -> Iterable[str]:
    """The lines without a second one of the same application."""
    seen: set[str] = set()
    for line in lines:
        application_id = id_of(line)
        if application_id not in seen:
            seen.add(application_id)
            yield line
