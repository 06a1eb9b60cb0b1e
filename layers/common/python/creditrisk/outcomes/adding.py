"""A file of outcomes added to the ledger: each row once, however often the file comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from creditrisk.clock import timestamp
from creditrisk.history import History
from creditrisk.ledger import Ledger
from creditrisk.outcomes.given import Given, GivenFile, Refused
from creditrisk.outcomes.matching import matched

_BATCH = 20_000
"""Rows that are written at once: an interruption loses what is not written, and the same file again completes it."""
_SOURCE = 12


@dataclass
class Report:
    """What became of a file's rows: `added`, or `known` already (of these, `corrected` ones were corrected by another row
    since, and stay so), or `refused`, each with its line and why."""

    rows: int = 0
    added: int = 0
    known: int = 0
    corrected: int = 0
    refused: list[Refused] = field(default_factory=list)

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """As JSON has it, with the first `most` refused rows named."""
        named = [{"line": row.line, "problem": row.problem} for row in self.refused[:most]]
        counts = {
            "rows": self.rows,
            "added": self.added,
            "known": self.known,
            "corrected_since": self.corrected,
        }
        return counts | {"refused": len(self.refused), "problems": named}


Progress = Callable[[str, int, int], None]
"""Called with what is done now, how far it is, and how far it goes."""


def _silent(what: str, done: int, all: int) -> None:
    pass


def add(history: History, outcomes: Ledger, file: GivenFile, progress: Progress = _silent) -> Report:
    """Add the rows that mean one recorded application, and are not there yet. Raises HistoryUnavailable; what was written
    until then stays, and the same file again completes it."""
    report = Report()
    given: list[Given] = []
    for end, rows in file.rows():
        report.rows += len(rows)
        given += (row for row in rows if isinstance(row, Given))
        report.refused += (row for row in rows if isinstance(row, Refused))
        progress("reading", end, file.size)
    if not given:
        return report
    pairs, unmatched = matched(history, given, file.by)
    report.refused = sorted([*report.refused, *unmatched], key=lambda row: row.line)
    new = _new(outcomes, pairs, report)
    source, now = file.digest[:_SOURCE], timestamp()
    for start in range(0, len(new), _BATCH):
        batch = [(id, *said, now, source) for id, said in new[start : start + _BATCH]]
        outcomes.append(batch)
        report.added += len(batch)
        progress("writing", report.added, len(new))
    return report


_Said = tuple[str, str, str, str]


def _new(outcomes: Ledger, pairs: Sequence[tuple[str, Given]], report: Report) -> list[tuple[str, _Said]]:
    """What does not stand in the ledger yet, each once, in the file's order."""
    ids = {id for id, _ in pairs}
    known: set[tuple[str, _Said]] = set()
    standing: dict[str, _Said] = {}
    for there in outcomes.rows():
        id = there["APPLICATION_ID"]
        if id in ids:
            said = (there["OUTCOME"], there["OBSERVED_AT"], there["EXPOSURE"], there["LOSS"])
            known.add((id, said))
            if id not in standing or said[1] >= standing[id][1]:
                standing[id] = said
    new: dict[tuple[str, _Said], None] = {}
    for id, row in pairs:
        if (id, row.said) not in known and (id, row.said) not in new:
            new[id, row.said] = None
        else:
            report.known += 1
            report.corrected += id in standing and standing[id] != row.said
    return list(new)
