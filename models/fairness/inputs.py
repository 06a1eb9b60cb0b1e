"""What a model is given, fold by fold: what proxies are looked for in, and what alternatives are fitted on."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from models.fairness.grouping import Places
from scoring.features import Matrix


@dataclass(frozen=True)
class Fold:
    """One fold: the `learn` rows' inputs, made without the `judge` rows' labels, and those of the `judge` rows."""

    learn: Places
    judge: Places
    learned_from: Matrix
    held_back: Matrix
    column_fields: tuple[tuple[str, ...], ...]
    """The fields that each column is made of; rare levels have a column in one fold and not in another."""

    def columns_without(self, fields: Collection[str]) -> Places:
        """The places of the columns that no such field is part of."""
        return np.array(
            [at for at, made_of in enumerate(self.column_fields) if not set(fields) & set(made_of)], np.int64
        )
