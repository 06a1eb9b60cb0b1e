"""Figures as a person reads them, the same in a terminal and on a page."""

from math import isnan

from lifecycle.performance.estimate import Estimate

NOTHING = "–"


def count(value: int) -> str:
    """A whole number: 12,345."""
    return f"{value:,}"


def decimal(value: float, digits: int = 3) -> str:
    """A number with so many digits after the point, or a dash."""
    return NOTHING if isnan(value) else f"{value:.{digits}f}"


def percent(value: float, digits: int = 1) -> str:
    """A share in per cent, or a dash."""
    return NOTHING if isnan(value) else f"{100 * value:.{digits}f} %"


def interval(told: Estimate, digits: int = 3) -> str:
    """The ends of an interval, or a dash."""
    return NOTHING if isnan(told.low) else f"{told.low:.{digits}f} to {told.high:.{digits}f}"


def percents(told: Estimate, digits: int = 1) -> str:
    """The ends of a share's interval in per cent, or a dash."""
    return NOTHING if isnan(told.low) else f"{100 * told.low:.{digits}f} to {100 * told.high:.{digits}f} %"


def with_interval(told: Estimate, digits: int = 3) -> str:
    """A figure, and its interval in brackets."""
    return decimal(told.value, digits) + ("" if isnan(told.low) else f" ({interval(told, digits)})")
