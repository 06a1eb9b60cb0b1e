"""The one portfolio that a process serves, read when it is first needed."""

import os
from functools import cache
from pathlib import Path

from creditrisk.portfolio.definition import Portfolio
from creditrisk.portfolio.reading import read_portfolio


def portfolio_folder() -> Path:
    """PORTFOLIO_DIR; without it the layer's folder: beside `python/` where layers are unpacked (/opt on Lambda), else in
    the checkout."""
    if named := os.environ.get("PORTFOLIO_DIR", "").strip():
        return Path(named)
    deployed = Path(__file__).parents[3] / "portfolio"
    return deployed if deployed.is_dir() else Path(__file__).parents[4] / "portfolio"


@cache
def active() -> Portfolio:
    """The portfolio in use. Raises UnusablePortfolio.

    A process serves one portfolio for all its life: the record, the queue and the model belong to it.
    """
    return read_portfolio(portfolio_folder())
