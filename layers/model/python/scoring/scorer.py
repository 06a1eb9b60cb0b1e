"""The active model, ready to score: applications in, probabilities and reasons out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.encoder import Encoder
from scoring.estimators import Estimator, probability
from scoring.features import Columns, Matrix
from scoring.manifest import Manifest
from scoring.reasons import Reason, principal
from scoring.scaler import Scaler


@dataclass(frozen=True)
class Score:
    """What a model says of one application: the probability of default, the principal reasons, the fields whose value
    it had never seen, and the challenger's probability when there is one."""

    probability: float
    reasons: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
    challenger: float | None = None


class Scorer:
    """Encoder, scaler and one active model; a challenger may score beside it and decides nothing."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        scaler: Scaler,
        name: str,
        model: Estimator,
        challenger: Estimator | None = None,
        threshold: float = 0.5,
    ) -> None:
        self.manifest = manifest
        self.name = name
        self.version = manifest.version
        self.encoder = encoder
        self.scaler = scaler
        self.model = model
        self.challenger = challenger
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
        challengers = (
            [None] * len(chances)
            if self.challenger is None
            else self.challenger.predict_proba(matrix)[:, 1].tolist()
        )
        told: Sequence[tuple[Reason, ...]] = [()] * len(chances)
        if reasons:
            contributions, _ = self.model.contributions(matrix, self._groups)
            told = [
                principal(self.fields, row, application, reasons, declined=chance >= self.threshold)
                for row, application, chance in zip(contributions, applications, chances, strict=True)
            ]
        return [Score(*parts) for parts in zip(chances, told, unknown, challengers, strict=True)]

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""
        return probability(self.model.log_odds(self.matrix(columns)))

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
