"""The active model, ready to score: applications in, probabilities and contributions out.

What a probability leads to is not decided here: see `creditrisk.decision`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from scoring.counterfactual import Changes, counterfactuals
from scoring.encoder import Encoder
from scoring.estimators import Estimator, probability
from scoring.features import Columns, Matrix
from scoring.manifest import Manifest
from scoring.scaler import Scaler

log = logging.getLogger(__name__)


NOT_EXPLAINED: Final[Mapping[str, float]] = MappingProxyType({})


class Score(NamedTuple):
    """What a model says of one application: the probability of default; what each field contributed to its log-odds,
    relative to the baseline, above 0 raising the risk (empty unless asked for); the fields whose value it had never seen;
    and the challenger's probability when there is one."""

    probability: float
    contributions: Mapping[str, float] = NOT_EXPLAINED
    unknown: tuple[str, ...] = ()
    challenger: float | None = None


class Scores(NamedTuple):
    """What a model says of many applications, as arrays: each one's probability of default; what every one of the model's
    fields contributed (rows × fields; None unless asked for); the fields whose value it had never seen."""

    probabilities: Matrix
    contributions: Matrix | None
    unknown: Sequence[tuple[str, ...]]

    def only(self, rows: NDArray[np.intp]) -> "Scores":
        """What it says of these rows alone."""
        contributions = None if self.contributions is None else self.contributions[rows]
        return Scores(self.probabilities[rows], contributions, [self.unknown[row] for row in rows.tolist()])

    def each(self, fields: Sequence[str]) -> list[Score]:
        """The same, one by one, given the model's fields."""
        told: Iterable[Mapping[str, float]] = repeat(NOT_EXPLAINED)
        if self.contributions is not None:
            told = (dict(zip(fields, row, strict=True)) for row in self.contributions.tolist())
        return list(map(Score, self.probabilities.tolist(), told, self.unknown))


class AnyScorer(Protocol):
    """An active model of either kind: ours (Scorer), or one that was handed over (scoring.foreign)."""

    manifest: Manifest
    name: str
    version: str
    fields: list[str]
    columns_of_fields: Mapping[str, list[str]]
    """Field → the columns of the model that it is part of."""
    challenger: "Challenger | None"

    def score(self, applications: Sequence[Mapping[str, Any]], explained: bool = True) -> list[Score]:
        """Score applications (field → canonical value), with what each field contributed when `explained`."""

    def score_columns(self, columns: Columns, explained: bool = True) -> list[Score]:
        """Score many applications, given by columns (field → canonical values); the challenger is not asked."""

    def scores(self, columns: Columns, explained: bool = True) -> Scores:
        """The same, as arrays."""

    def probabilities(self, columns: Columns) -> Matrix:
        """Their probabilities of default alone."""

    def counterfactuals(self, declined: Sequence[Mapping[str, Any]], threshold: float) -> list[Changes]:
        """With which answers declined applications would have been approved: see `scoring.counterfactual`."""


class Challenger:
    """A model that scores beside the champion and decides nothing: its trouble never becomes the champion's.

    `trouble` says why it was left out, empty while it scores.
    """

    def __init__(self, scorer: AnyScorer | None, trouble: str = "") -> None:
        self._scorer = scorer
        self.trouble = trouble

    def probabilities(
        self,
        applications: Sequence[Mapping[str, Any]],
        encoder: Encoder | None = None,
        matrix: Matrix | None = None,
    ) -> list[float | None]:
        """Its probabilities; None for all of them when it raises, or gives what is no probability.

        `matrix` are the applications as `encoder` encoded and the champion's scaler scaled them: a challenger of the
        same layer need not encode them again.
        """
        scorer = self._scorer
        if scorer is None:
            return [None] * len(applications)
        try:
            if isinstance(scorer, Scorer) and matrix is not None and scorer.encoder is encoder:
                given = probability(scorer.model.log_odds(matrix))
            else:
                given = scorer.probabilities({n: [a.get(n) for a in applications] for n in scorer.fields})
            if not ((given >= 0) & (given <= 1)).all():
                raise ArithmeticError("it gave figures that are no probabilities")
        except Exception as error:  # a model may raise anything; the text may quote an applicant
            if not self.trouble:
                log.error("the challenger %s cannot score: %s", scorer.name, type(error).__name__)
            self.trouble = f"The challenger cannot score ({type(error).__name__})."
            return [None] * len(applications)
        self.trouble = ""
        return [float(value) for value in given]


class Scorer:
    """Encoder, scaler and one active model; a challenger may score beside it and decides nothing."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        scaler: Scaler,
        name: str,
        model: Estimator,
    ) -> None:
        self.manifest = manifest
        self.name = name
        self.version = manifest.version
        self.encoder = encoder
        self.scaler = scaler
        self.model = model
        self.challenger: Challenger | None = None
        self.fields = encoder.fields
        self.columns_of_fields: Mapping[str, list[str]] = columns_of_fields(encoder)
        self._groups = field_groups(encoder)

    def score(self, applications: Sequence[Mapping[str, Any]], explained: bool = True) -> list[Score]:
        """Score applications (field → canonical value), with what each field contributed when `explained`."""
        if not applications:
            return []
        columns = {name: [application.get(name) for application in applications] for name in self.fields}
        found, matrix = self._scores(columns, explained)
        scores = found.each(self.fields)
        if self.challenger is None:
            return scores
        beside = self.challenger.probabilities(applications, self.encoder, matrix)
        return [score._replace(challenger=other) for score, other in zip(scores, beside, strict=True)]

    def score_columns(self, columns: Columns, explained: bool = True) -> list[Score]:
        """Score many applications, given by columns (field → canonical values); the challenger is not asked."""
        return self.scores(columns, explained).each(self.fields)

    def scores(self, columns: Columns, explained: bool = True) -> Scores:
        """The same, as arrays."""
        return self._scores(columns, explained)[0]

    def _scores(self, columns: Columns, explained: bool) -> tuple[Scores, Matrix]:
        """The scores, and the scaled matrix that they were made of."""
        codes = self.encoder.codes(columns)
        matrix = self.scaler.transform(self.encoder.matrix(columns, codes))
        contributions = None
        if explained:
            log_odds, shares = self.model.explained(matrix)
            contributions = shares @ self._groups
        else:
            log_odds = self.model.log_odds(matrix)
        return Scores(probability(log_odds), contributions, self.encoder.unseen(codes)), matrix

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""
        return probability(self.model.log_odds(self.matrix(columns)))

    def counterfactuals(self, declined: Sequence[Mapping[str, Any]], threshold: float) -> list[Changes]:
        """With which answers declined applications would have been approved: see `scoring.counterfactual`."""
        return counterfactuals(self, declined, threshold)

    def matrix(self, columns: Columns) -> Matrix:
        """The scaled matrix that the model sees."""
        return self.scaler.transform(self.encoder.transform(columns))

    def contributions(self, columns: Columns) -> tuple[Matrix, float]:
        """What each of `fields` adds to the baseline's log-odds (rows × fields), and that baseline."""
        return self.model.explained(self.matrix(columns))[1] @ self._groups, self.model.baseline


def columns_of_fields(encoder: Encoder) -> dict[str, list[str]]:
    """Field → the columns that it is part of, crosses and looked-up rates among them."""
    used: dict[str, list[str]] = {}
    for column, fields in zip(encoder.columns, encoder.column_fields, strict=True):
        for name in fields:
            used.setdefault(name, []).append(column)
    return used


def field_groups(encoder: Encoder) -> Matrix:
    """Which share of a column's contribution belongs to which field: a cross is shared equally by its fields."""
    place = {name: number for number, name in enumerate(encoder.fields)}
    groups = np.zeros((len(encoder.columns), len(place)))
    for column, fields in enumerate(encoder.column_fields):
        for name in fields:
            groups[column, place[name]] = 1 / len(fields)
    return groups
