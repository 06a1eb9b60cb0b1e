"""What has moved since training: the score and every input, over all weeks and week by week, in figures and in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from creditrisk.history.columns import NAMES
from lifecycle.drift.psi import Shift, shift
from lifecycle.drift.weeks import RECENT, Calendar, calendar, chance_each, counts_by_week, shifts
from lifecycle.values import Column
from scoring.reference import GAPS, OTHERS, Distribution, Reference

SCORE = "score"
"""What the score is called among the fields."""


@dataclass(frozen=True)
class Cell:
    """A part of a distribution, with its share in the training data and now."""

    name: str
    trained: float
    now: float


@dataclass(frozen=True)
class Moved:
    """One distribution beside that of training: over all applications (`whole`), over the `recent` weeks, and week by week
    (None: too few). `cells` are of the recent weeks; where no application has a date, of all."""

    name: str
    label: str
    whole: Shift
    recent: Shift
    weeks: tuple[Shift | None, ...]
    cells: tuple[Cell, ...]

    def _share(self, name: str) -> Cell:
        return next((cell for cell in self.cells if cell.name == name), Cell(name, 0.0, 0.0))

    @property
    def missing(self) -> Cell:
        """The share of applications without a value."""
        return self._share(GAPS)

    @property
    def others(self) -> Cell:
        """The share of values that the training data did not have, or seldom."""
        return self._share(OTHERS)

    @property
    def alarms(self) -> bool:
        """Whether somebody should look at it: the recent weeks have moved, or the last one has."""
        last = self.weeks[-1] if self.weeks else None
        return self.recent.alarms or (last is not None and last.alarms)

    @property
    def in_words(self) -> str:
        """The part that moved most, as a sentence."""
        cell = self.cells[int(np.argmax(np.abs(self.recent.parts)))]
        what = {GAPS: "applications without a value", OTHERS: "rare or new values"}.get(cell.name, cell.name)
        return (
            f"{self.label}: {what} made up {_percent(cell.trained)} of the training data and "
            f"{_percent(cell.now)} now."
        )


@dataclass(frozen=True)
class Drift:
    """The shifts of all distributions, that of the score first and the others by how far they have moved recently. `unknown`: field → the share
    of applications whose value the model had never seen, as it was recorded."""

    rows: int
    trained: int
    mondays: tuple[str, ...]
    moved: tuple[Moved, ...]
    unknown: Mapping[str, float]

    @property
    def alarms(self) -> list[Moved]:
        """What somebody should look at."""
        return [each for each in self.moved if each.alarms]


def drift_of(
    reference: Reference,
    received: NDArray[np.datetime64],
    columns: Mapping[str, Column],
    scores: NDArray[np.float64],
    scored: NDArray[np.bool_],
    model: str,
    unknown: Sequence[str] = (),
) -> Drift:
    """Hold applications against the reference of a layer. `columns` are the inputs that are to be looked at; `scores` are
    held against those of the layer's `model`, where `scored` says that it made them. `unknown` are the cells of the
    record's column UNKNOWN."""
    weeks = calendar(received)
    inputs = [name for name in reference.inputs if name in columns]
    with_score = model in reference.scores and bool(scored.any())
    chance = chance_each(len(inputs) + with_score)
    moved = []
    for name in inputs:
        cells = reference.inputs[name].places(columns[name].values)[columns[name].codes]
        moved.append(_moved(name, FIELDS[name].label, reference.inputs[name], cells, weeks, chance))
    moved.sort(key=lambda each: -each.recent.psi)
    if with_score:
        bins = reference.scores[model]
        there = Calendar(weeks.mondays, weeks.of[scored])
        moved.insert(0, _moved(SCORE, "Score", bins, bins.places(scores[scored]), there, chance))
    return Drift(len(received), reference.rows, weeks.mondays, tuple(moved), _unknown(unknown, inputs))


def _moved(
    name: str,
    label: str,
    distribution: Distribution,
    cells: NDArray[np.intp],
    weeks: Calendar,
    chance: float,
) -> Moved:
    trained = distribution.expected
    by_week, whole = counts_by_week(cells, weeks, len(trained))
    recent = by_week[-RECENT:].sum(axis=0) if len(by_week) else whole
    before, now = sum(trained) or 1, int(recent.sum()) or 1
    return Moved(
        name,
        label,
        shift(trained, whole, chance),
        shift(trained, recent, chance),
        tuple(shifts(trained, by_week, chance)),
        tuple(
            Cell(_shown(name, cell), then / before, here / now)
            for cell, then, here in zip(distribution.cells, trained, recent.tolist(), strict=True)
        ),
    )


def _shown(name: str, cell: str) -> str:
    """A cell as a person reads it: a code with its words."""
    words = FIELDS[name].choices.get(cell) if name in FIELDS else None
    return f"{words} ({cell})" if words and words != cell else cell


def _unknown(cells: Sequence[str], inputs: Sequence[str]) -> dict[str, float]:
    """Field → the share of applications in whose column UNKNOWN it stands."""
    found = dict.fromkeys(inputs, 0)
    for name in _names(cells):
        if name in found:
            found[name] += 1
    return {name: count / len(cells) for name, count in found.items() if count}


def _names(cells: Sequence[Any]) -> Iterator[str]:
    for cell in cells:
        if cell:
            yield from NAMES.read(cell) if isinstance(cell, str) else cell


def _percent(share: float) -> str:
    percent = 100 * share
    if percent >= 9.95 or not percent:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if percent >= 0.05 else "under 0.1 %"
