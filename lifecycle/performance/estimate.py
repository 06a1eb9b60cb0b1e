"""A figure with the interval that holds its true value 95 times of 100."""

from math import exp, isnan, log, nan, sqrt
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z = 1.959964
"""Standard deviations to either side of the mean that hold 95 % of a normal distribution."""


class Estimate(NamedTuple):
    """A value between the ends of its 95 % interval; NaN where there is too little to tell."""

    value: float
    low: float = nan
    high: float = nan

    @classmethod
    def about(cls, value: float, deviation: float) -> Self:
        """The value with as much to either side as a normal distribution of this deviation asks for."""
        return cls(value, value - Z * deviation, value + Z * deviation)

    @classmethod
    def share(cls, value: float, deviation: float) -> Self:
        """As `about`, for a value from 0 to 1, on the scale of its log-odds: so the interval stays within 0 and 1, and is
        longer on the side with more room, which matters where few weights are large."""
        if not 0 < value < 1 or isnan(deviation):
            return cls(value)
        middle, reach = log(value / (1 - value)), Z * deviation / (value * (1 - value))
        return cls(value, 1 / (1 + exp(-(middle - reach))), 1 / (1 + exp(-(middle + reach))))

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval; one that is not there does."""
        return not (value < self.low or value > self.high)


def mean_of(values: Floats, weights: Floats | None = None) -> Estimate:
    """The mean of some values, with its interval; with `weights`, the ratio of sums (Hájek, 1971)."""
    if not len(values):
        return Estimate(nan)
    if weights is None:
        middle = float(values.mean())
        apart = float(((values - middle) ** 2).sum()) / max(len(values) - 1, 1)
        return Estimate.about(middle, sqrt(apart / len(values)))
    whole = float(weights.sum())
    middle = float(weights @ values) / whole
    return Estimate.about(middle, sqrt(float(((weights * (values - middle)) ** 2).sum())) / whole)
