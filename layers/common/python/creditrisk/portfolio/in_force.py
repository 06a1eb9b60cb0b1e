"""The law in force: that of the portfolio which this process serves."""

from functools import cache

from creditrisk.portfolio import law
from creditrisk.portfolio.active import active


@cache
def profile() -> law.Profile:
    """The active portfolio's profile. Raises UnusablePortfolio."""
    return law.PROFILES[active().law.profile]


@cache
def untold() -> frozenset[str]:
    """The active portfolio's fields that no reason and no counterfactual may name. Raises UnusablePortfolio."""
    return law.untold(profile(), active().fields)
