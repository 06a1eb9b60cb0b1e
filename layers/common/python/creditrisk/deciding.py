"""Decisions on many applications at once, by arrays: the same as `creditrisk.decision` makes one by one."""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import Value
from creditrisk.decision import LEAST, MOST_REASONS, ScoreLike, declines
from creditrisk.policy.definition import Policy, Verdict
from creditrisk.portfolio import in_force
from creditrisk.repeated import Repeated

VERDICTS: Final[tuple[Verdict, ...]] = ("approved", "referred", "declined")
"""The verdicts, the harsher the later."""
APPROVED: Final = 0

_Made = TypeVar("_Made")
_MILLION: Final = 1e6


class ScoresLike(Protocol):
    """What a scorer says of many applications: see `scoring.scorer.Scores`."""

    @property
    def probabilities(self) -> NDArray[np.float64]: ...
    @property
    def contributions(self) -> NDArray[np.float64] | None: ...
    @property
    def unknown(self) -> Sequence[tuple[str, ...]]: ...
    def only(self, rows: NDArray[np.intp]) -> "ScoresLike": ...
    def each(self, fields: Sequence[str]) -> Sequence[ScoreLike]: ...


class ColumnScorer(Protocol):
    """What is needed of the active model: see `scoring.Scorer`."""

    name: str
    version: str
    fields: list[str]

    def scores(self, columns: Mapping[str, Sequence[Any]], explained: bool) -> ScoresLike: ...
    def counterfactuals(
        self, declined: Sequence[Mapping[str, Any]], threshold: float
    ) -> Sequence[Sequence[tuple[str, Value]]]: ...


def verdicts(policy: Policy, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """What the score alone leads to, as places in VERDICTS: as `decision.ruling` without rules and without an id."""
    referred = policy.refer_from is not None and declines(probabilities, policy.refer_from)
    return np.where(declines(probabilities, policy.decline_from), 2, np.where(referred, 1, APPROVED))


class PrincipalReasons(NamedTuple):
    """The principal reasons of many decisions, one after the other: of each reason its field, its contribution, rounded as
    it is recorded, and its value. Those of decision `n` stand from `ends[n]` up to, not including, `ends[n + 1]`."""

    fields: list[str]
    contributions: list[float]
    values: list[Value]
    ends: list[int]

    def by_decision(self, made: Sequence[_Made]) -> Iterator[Sequence[_Made]]:
        """What was made of every reason, decision by decision."""
        return (made[start:end] for start, end in pairwise(self.ends))


def principal_reasons(
    contributions: NDArray[np.float64],
    fields: Sequence[str],
    columns: Mapping[str, Repeated],
    unknown: Sequence[tuple[str, ...]],
    approved: NDArray[np.bool_],
    most: int,
    untold: Container[str] | None = None,
) -> PrincipalReasons:
    """Up to `most` principal reasons of each decision, and never more than MOST_REASONS: as `decision.decide` tells them.

    `contributions` are those of every one of the model's `fields` (rows × fields), `columns` hold their canonical values,
    `unknown` names of each row those that the model has not seen; `untold` are the fields that no reason may name, those
    that the law in force forbids when not given.
    """
    if untold is None:
        untold = in_force.untold()
    # Smaller is stronger, whichever way a decision went; equal ones keep their order.
    strength = np.where(approved[:, None], contributions, -contributions)
    strength[~(_may_be_told(fields, columns, unknown, untold) & (strength <= -LEAST))] = np.inf
    strongest = strength.argsort(axis=1, kind="stable")[:, : min(most, MOST_REASONS)]
    row, place = np.nonzero(np.take_along_axis(strength, strongest, axis=1) < np.inf)
    field = strongest[row, place]
    return PrincipalReasons(
        list(map(fields.__getitem__, field.tolist())),
        _rounded(contributions[row, field]),
        list(_values([columns[name] for name in fields], row, field)),
        np.searchsorted(row, np.arange(len(contributions) + 1)).tolist(),
    )


def _rounded(contributions: NDArray[np.float64]) -> list[float]:
    """Contributions as `round(…, 6)` has them, which goes by the exact figure: where a product might not tell which way it
    goes, that is asked itself."""
    millionths = contributions * _MILLION
    rounded: list[float] = (np.rint(millionths) / _MILLION).tolist()
    sure = (np.abs(millionths - np.floor(millionths) - 0.5) > 1e-3) & (np.abs(millionths) < 1e12)
    for at in np.flatnonzero(~sure).tolist():
        rounded[at] = round(float(contributions[at]), 6)
    return rounded


def _may_be_told(
    fields: Sequence[str],
    columns: Mapping[str, Repeated],
    unknown: Sequence[tuple[str, ...]],
    untold: Container[str],
) -> NDArray[np.bool_]:
    """Which field a reason may name (rows × fields): see `decision.decide`."""
    given = np.empty((len(unknown), len(fields)), bool)
    for place, name in enumerate(fields):
        given[:, place] = name not in untold and columns[name].array(lambda value: value is not None, bool)
    groups = Repeated.of(unknown)
    seen = np.array([[name not in group for name in fields] for group in groups.values], bool)
    given &= seen[groups.places]
    return given


def _values(columns: Sequence[Repeated], row: NDArray[np.intp], column: NDArray[np.intp]) -> Iterator[Value]:
    """The values in some places of a table: of each place its row, and its column's number."""
    values = [value for each in columns for value in each.values]
    first = np.cumsum([0, *(len(each.values) for each in columns)])
    places = np.stack([each.places for each in columns], axis=1)[row, column] + first[column]
    return map(values.__getitem__, places.tolist())
