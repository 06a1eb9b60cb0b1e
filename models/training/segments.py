"""What a model makes of the applicants in order of risk: deciles, and the threshold that approves a share of them."""

from dataclasses import dataclass

import numpy as np

from models.training.arrays import Labels
from scoring.features import Matrix

APPROVE_SHARE = 0.8
DECILES = 10


@dataclass(frozen=True)
class Decile:
    """A tenth of the applications, in falling risk: its size, bad clients, mean probability; and how much of all bad
    clients it and the ones above hold."""

    rows: int
    bads: int
    probability: float
    share_of_bads: float

    @property
    def bad_rate(self) -> float:
        return self.bads / self.rows


def deciles(probabilities: Matrix, bad: Labels) -> list[Decile]:
    """The gains table: highest risk first."""
    parts = np.array_split(np.argsort(-probabilities, kind="stable"), DECILES)
    caught = np.cumsum([bad[part].sum() for part in parts]) / bad.sum()
    return [
        Decile(len(part), int(bad[part].sum()), float(probabilities[part].mean()), float(share))
        for part, share in zip(parts, caught, strict=True)
    ]


def threshold_approving(probabilities: Matrix, share: float = APPROVE_SHARE) -> float:
    """The probability below which this share of the applications lies."""
    return float(np.quantile(probabilities, share))
