"""The active model, ready to score: applications in, probabilities and reasons out."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from scoring.encoder import Encoder
from scoring.estimators import Estimator, probability
from scoring.features import Columns, Matrix
from scoring.manifest import Manifest
from scoring.reasons import Reason, principal
from scoring.scaler import Scaler

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Score:
    """What a model says of one application: the probability of default, the principal reasons, the fields whose value
    it had never seen, and the challenger's probability when there is one."""

    probability: float
    reasons: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
    challenger: float | None = None


class AnyScorer(Protocol):
    """An active model of either kind: ours (Scorer), or one that was handed over (scoring.foreign)."""

    manifest: Manifest
    name: str
    version: str
    threshold: float
    fields: list[str]
    challenger: "Challenger | None"

    def score(self, applications: Sequence[Mapping[str, Any]], reasons: int = 4) -> list[Score]:
        """Score applications (field → canonical value), with up to `reasons` reasons each."""

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""

    def probabilities_and_unknown(self, columns: Columns) -> tuple[Matrix, list[tuple[str, ...]]]:
        """The same, and for each application the fields whose value the model had never seen."""


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
                chances = probability(scorer.model.log_odds(matrix))
            else:
                chances = scorer.probabilities({n: [a.get(n) for a in applications] for n in scorer.fields})
            if not ((chances >= 0) & (chances <= 1)).all():
                raise ArithmeticError("it gave figures that are no probabilities")
        except Exception as error:  # a model may raise anything; the text may quote an applicant
            if not self.trouble:
                log.error("the challenger %s cannot score: %s", scorer.name, type(error).__name__)
            self.trouble = f"The challenger cannot score ({type(error).__name__})."
            return [None] * len(applications)
        self.trouble = ""
        return [float(chance) for chance in chances]


def beside_of(
    challenger: Challenger | None,
    applications: Sequence[Mapping[str, Any]],
    encoder: Encoder | None = None,
    matrix: Matrix | None = None,
) -> list[float | None]:
    """The challenger's probabilities, one for each application; None where there is none."""
    if challenger is None:
        return [None] * len(applications)
    return challenger.probabilities(applications, encoder, matrix)


class Scorer:
    """Encoder, scaler and one active model; a challenger may score beside it and decides nothing."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        scaler: Scaler,
        name: str,
        model: Estimator,
        threshold: float = 0.5,
    ) -> None:
        self.manifest = manifest
        self.name = name
        self.version = manifest.version
        self.encoder = encoder
        self.scaler = scaler
        self.model = model
        self.challenger: Challenger | None = None
        self.threshold = threshold
        self.fields = encoder.fields
        self._groups = field_groups(encoder)

    def score(self, applications: Sequence[Mapping[str, Any]], reasons: int = 4) -> list[Score]:
        """Score applications (field → canonical value), with up to `reasons` reasons each."""
        if not applications:
            return []
        columns = {name: [application.get(name) for application in applications] for name in self.fields}
        codes = self.encoder.codes(columns)
        matrix = self.scaler.transform(self.encoder.matrix(columns, codes))
        chances = probability(self.model.log_odds(matrix)).tolist()
        unknown = self.encoder.unseen(codes)
        challengers = beside_of(self.challenger, applications, self.encoder, matrix)
        told: Sequence[tuple[Reason, ...]] = [()] * len(chances)
        if reasons:
            contributions, _ = self.model.contributions(matrix, self._groups)
            told = [
                principal(self.fields, row, application, reasons, chance >= self.threshold, new)
                for row, application, chance, new in zip(
                    contributions, applications, chances, unknown, strict=True
                )
            ]
        return [Score(*parts) for parts in zip(chances, told, unknown, challengers, strict=True)]

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""
        return probability(self.model.log_odds(self.matrix(columns)))

    def probabilities_and_unknown(self, columns: Columns) -> tuple[Matrix, list[tuple[str, ...]]]:
        """The same, and for each application the fields whose value the model had never seen."""
        codes = self.encoder.codes(columns)
        matrix = self.scaler.transform(self.encoder.matrix(columns, codes))
        return probability(self.model.log_odds(matrix)), self.encoder.unseen(codes)

    def matrix(self, columns: Columns) -> Matrix:
        """The scaled matrix that the model sees."""
        return self.scaler.transform(self.encoder.transform(columns))

    def contributions(self, columns: Columns) -> tuple[Matrix, float]:
        """What each of `fields` adds to the baseline's log-odds (rows × fields), and that baseline."""
        return self.model.contributions(self.matrix(columns), self._groups)


def field_groups(encoder: Encoder) -> Matrix:
    """Which share of a column's contribution belongs to which field: a cross is shared equally by its fields."""
    place = {name: number for number, name in enumerate(encoder.fields)}
    groups = np.zeros((len(encoder.columns), len(place)))
    for column, fields in enumerate(encoder.column_fields):
        for name in fields:
            groups[column, place[name]] = 1 / len(fields)
    return groups
