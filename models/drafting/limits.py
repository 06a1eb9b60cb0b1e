"""Limits with room: the next applicant may be above the greatest of the file, and no form should turn them away."""

import math

_STEPS = (1, 2, 5)


def outward(least: float, most: float) -> tuple[int, int]:
    """Round limits around what stands in the file: from 0 where nothing is below, up to at least twice the greatest."""
    return -_round_up(-2 * least) if least < 0 else 0, _round_up(max(2 * most, 1)) if most > 0 else _round_up(
        max(-least, 1)
    )


def counts(least: float, most: float) -> tuple[int, int]:
    """The same for what is counted: ten at least."""
    low, high = outward(least, most)
    return low, max(high, 10)


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    power = 10 ** math.floor(math.log10(value)) if value >= 1 else 1
    return next(step * power for step in (*_STEPS, 10) if step * power >= value)
