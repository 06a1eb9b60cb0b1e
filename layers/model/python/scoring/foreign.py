"""A data scientist's own pickles behind the same interface: any encoder, scaler and classifier like scikit-learn's.

The encoder takes a DataFrame of the declared fields, its matrix goes through the scaler, the classifier has
`predict_proba`. Slower than our own layer, and in need of the libraries that the pickles were made with.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from creditrisk.application import FIELDS, Role
from scoring.features import Columns, Matrix
from scoring.manifest import Manifest
from scoring.reasons import Reason, principal
from scoring.scorer import Score

DECLARED = tuple(name for name, field in FIELDS.items() if field.role is not Role.IDENTITY)
"""The fields that an encoder is given, in this order: identity is never among them."""
_PERMUTATIONS = 8
_SMALLEST = 1e-9


class ForeignScorer:
    """Encoder, scaler and classifier as they were handed over."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Any,
        scaler: Any,
        name: str,
        model: Any,
        challenger: Any = None,
        threshold: float = 0.5,
    ) -> None:
        self.manifest, self.name, self.version = manifest, name, manifest.version
        self.encoder, self.scaler, self.model, self.challenger = encoder, scaler, model, challenger
        self.threshold = threshold
        asked = getattr(encoder, "feature_names_in_", None)
        self.fields = [name for name in DECLARED if asked is None or name in set(map(str, asked))]

    def score(self, applications: Sequence[Mapping[str, Any]], reasons: int = 4) -> list[Score]:
        """Score applications, with up to `reasons` reasons each."""
        if not applications:
            return []
        columns = {name: [application.get(name) for application in applications] for name in self.fields}
        chances = self.probabilities(columns).tolist()
        beside = (
            self._chances(self.challenger, columns).tolist()
            if self.challenger is not None
            else [None] * len(chances)
        )
        told = [
            self._reasons(a, chance, reasons) if reasons else ()
            for a, chance in zip(applications, chances, strict=True)
        ]
        return [
            Score(chance, why, (), other) for chance, why, other in zip(chances, told, beside, strict=True)
        ]

    def probabilities(self, columns: Columns) -> Matrix:
        """Probabilities of default of many applications, given by columns (field → canonical values)."""
        return self._chances(self.model, columns)

    def contributions(self, application: Mapping[str, Any]) -> tuple[Matrix, float]:
        """What each of `fields` adds to the baseline's log-odds, and that baseline: an applicant of whom the form knows
        its defaults and nothing else.

        Shapley values by sampling: in each of _PERMUTATIONS orders (half of them the others reversed) the fields go
        from the baseline's value to the applicant's one by one. The steps of an order add up to the whole difference,
        so their mean does, too; only its division among fields that work together is sampled. The orders are the same
        every time. Source: Štrumbelj and Kononenko, Knowledge and Information Systems 41 (2014).
        """
        baseline = {
            name: FIELDS[name].parse(FIELDS[name].default) if FIELDS[name].default else None
            for name in self.fields
        }
        draw = np.random.default_rng(0)
        orders = [draw.permutation(len(self.fields)) for _ in range(_PERMUTATIONS // 2)]
        orders += [order[::-1] for order in orders]
        rows = []
        for order in orders:
            row = {name: _plausible(name, baseline[name], application) for name in self.fields}
            rows.append(dict(row))
            for place in order:
                name = self.fields[place]
                row[name] = application.get(name)
                rows.append(dict(row))
        chances = np.clip(
            self.probabilities({name: [row[name] for row in rows] for name in self.fields}),
            _SMALLEST,
            1 - _SMALLEST,
        )
        log_odds = np.log(chances / (1 - chances)).reshape(len(orders), len(self.fields) + 1)
        contributions = np.zeros(len(self.fields))
        for order, path in zip(orders, log_odds, strict=True):
            contributions[order] += np.diff(path) / len(orders)
        return contributions, float(log_odds[0, 0])

    def _reasons(self, application: Mapping[str, Any], chance: float, most: int) -> tuple[Reason, ...]:
        contributions, _ = self.contributions(application)
        return principal(self.fields, contributions, application, most, declined=chance >= self.threshold)

    def _chances(self, model: Any, columns: Columns) -> Matrix:
        frame = frame_of(columns, self.fields)
        result: Matrix = np.asarray(
            model.predict_proba(self.scaler.transform(self.encoder.transform(frame))), float
        )[:, 1]
        return result


def frame_of(columns: Columns, fields: Sequence[str]) -> Any:
    """The DataFrame that a foreign encoder is given: quantities as floats (NaN where missing), all else as text (None)."""
    import pandas as pd  # needed for foreign layers alone

    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=float if FIELDS[name].is_number else object) for name in fields}
    )


def _plausible(name: str, value: Any, application: Mapping[str, Any]) -> Any:
    """The baseline's value, or the applicant's own where the form has no default and a value is required."""
    return application.get(name) if value is None and not FIELDS[name].missing else value
