"""Numbers made of an application's quantities: columns of the matrix as they are, not looked up.

They have names, for the `[features]` table of a portfolio's definition (`as = …`); `of` are the fields' values, NaN
where one is missing. An amount of money counts without its cents.

| name | of | number |
| --- | --- | --- |
| `value` | one | the value itself; of a code in an order that means something, its number |
| `log` | one | log(1 + value), and the same with a minus below 0 |
| `missing` | one | 1 where there is no value, else 0 |
| `share` | two | the first over the second; missing where that is 0 |
| `log share` | two | log(1 + first / (1 + second)): an income per head, say |
| `sum`, `difference` | two or more; two | the sum; the first less the second |
| `log sum` | two or more | log(1 + sum) |
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Of = Callable[..., Matrix]
"""Takes a column for each field, gives the number's."""


def value(of: Matrix) -> Matrix:
    """The value itself."""
    return of


def log(of: Matrix) -> Matrix:
    """log(1 + value), mirrored below 0."""
    result: Matrix = np.copysign(np.log1p(np.abs(of)), of)
    return result


def _log_of_positive(of: Matrix) -> Matrix:
    """The same where no value is below 0, in a third of the time: one applicant waits for each of these."""
    result: Matrix = np.log1p(of)
    return result


def missing(of: Matrix) -> Matrix:
    """1 where there is no value."""
    return np.isnan(of).astype(float)


def share(of: Matrix, whole: Matrix) -> Matrix:
    """The first over the second, missing where that is 0."""
    result: Matrix = of / np.where(whole == 0, np.nan, whole)
    return result


def _log_share(of: Matrix, heads: Matrix) -> Matrix:
    return log(of / (1 + np.abs(heads)))


def _log_share_of_positive(of: Matrix, heads: Matrix) -> Matrix:
    return _log_of_positive(of / (1 + heads))


def _sum(*of: Matrix) -> Matrix:
    total = of[0]
    for each in of[1:]:
        total = total + each
    return total


def _log_sum(*of: Matrix) -> Matrix:
    return log(_sum(*of))


def _log_sum_of_positive(*of: Matrix) -> Matrix:
    return _log_of_positive(_sum(*of))


def _difference(of: Matrix, less: Matrix) -> Matrix:
    return of - less


NAMED: Final[dict[str, tuple[int, int, Of]]] = {
    "value": (1, 1, value),
    "log": (1, 1, log),
    "missing": (1, 1, missing),
    "share": (2, 2, share),
    "log share": (2, 2, _log_share),
    "sum": (2, 9, _sum),
    "log sum": (2, 9, _log_sum),
    "difference": (2, 2, _difference),
}
"""Name → how many fields it is made of at least and at most, and how."""


_OF_POSITIVE: Final[dict[Of, Of]] = {
    log: _log_of_positive,
    _log_share: _log_share_of_positive,
    _log_sum: _log_sum_of_positive,
}


def number_of(name: str, money: tuple[bool, ...], may_be_negative: bool) -> Of:
    """The named number of fields, of which some are amounts of money."""
    of = NAMED[name][2]
    if not may_be_negative:
        of = _OF_POSITIVE.get(of, of)
    if of is missing or not any(money):
        return of
    if money == (True,):
        return lambda amount: of(np.floor(amount))
    if money == (True, False):
        return lambda amount, other: of(np.floor(amount), other)
    if money == (True, True):
        return lambda amount, other: of(np.floor(amount), np.floor(other))
    return lambda *columns: of(
        *(np.floor(column) if cents else column for column, cents in zip(columns, money, strict=True))
    )
