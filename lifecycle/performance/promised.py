"""What training promised, as the manifest keeps it: the figures that the realised ones are held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

from lifecycle.performance.estimate import Estimate
from scoring.manifest import Manifest


@dataclass(frozen=True)
class Promised:
    """The cross-validated figures of a layer's model, on all of its training data; NaN for one that is not told."""

    model: str
    version: str
    rows: int
    bad_rate: float
    roc_auc: float
    roc_auc_spread: float
    ks: float
    brier: float
    calibration_slope: float
    calibration_intercept: float
    calibration_error: float

    @property
    def gini(self) -> float:
        """2 × ROC-AUC – 1."""
        return 2 * self.roc_auc - 1

    def kept(self, realised: Estimate) -> bool | None:
        """Whether the realised ROC-AUC may well be what was promised, or is better; None when it cannot be told."""
        if self.roc_auc != self.roc_auc or realised.high != realised.high:
            return None
        return realised.high >= self.roc_auc


def promised(manifest: Manifest, model: str) -> Promised | None:
    """The figures of a model; None when the layer came without."""
    measured, data = manifest.data.get("cross_validation"), manifest.data.get("data")
    found = measured.get(model) if isinstance(measured, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    facts = data if isinstance(data, Mapping) else {}
    rows = facts.get("rows")
    names = ("ks", "brier", "calibration_slope", "calibration_intercept", "calibration_error")
    return Promised(
        model,
        manifest.version,
        rows if isinstance(rows, int) else 0,
        _number(facts.get("bad_rate")),
        _number(found.get("roc_auc")),
        _number(found.get("roc_auc_sd")),
        *(_number(found.get(name)) for name in names),
    )


def _number(told: Any) -> float:
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else nan
