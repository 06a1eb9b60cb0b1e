"""What would have had a declined application approved: the smallest change of one answer, else of two, that the same model
approves when it scores the application again.

Nothing is concluded from contributions: every change told was scored. Only answers that the applicant can change are tried
(`Field.changeable`), only to values that the form offers and the model knows, and only where a value was given. What is
tried is bounded: LEVELS values of each field, and of two fields the most helpful value of each of PAIRED fields.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from math import isnan, log
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from creditrisk.application import FIELDS, Field, Role, Value
from creditrisk.decision import declines
from creditrisk.portfolio import in_force
from creditrisk.portfolio.kinds import Choice, Money, Whole
from creditrisk.repeated import Repeated

LEVELS: Final = 24
"""Values of one field that are tried, at most."""
PAIRED: Final = 6
"""Fields that are tried two by two, those that help most alone."""
_SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""By how much a quantity is made smaller or greater: more than by half is another loan, not a change of this one."""
_STEPS: Final = (1, 2, 3)
"""By how much a count is changed, where a share of it would be less than one."""
_REACH: Final = 1.5
"""Two changes are tried where what each does alone adds up to this part of what is lacking: effects may strengthen each
other, and where they fall this short, they hardly ever do."""
_BLOCK: Final = 256
"""Applications that are worked on at a time: some thousands of rows."""

Changes = tuple[tuple[str, Value], ...]
"""Field → the value that it would have been; empty where nothing was found."""


class Scores(Protocol):
    """See `scoring.Score`."""

    @property
    def probability(self) -> float: ...
    @property
    def unknown(self) -> Sequence[str]: ...


class Model(Protocol):
    """See `scoring.Scorer`."""

    fields: list[str]

    def score_columns(
        self, columns: Mapping[str, Sequence[Any]], explained: bool = True
    ) -> Sequence[Scores]: ...


class _Candidate(NamedTuple):
    """One or two changes of the application in that place, and how great a change it is."""

    place: int
    changes: Changes
    distance: float


class _Tried(NamedTuple):
    """A candidate, and the probability of default of what it makes of the application."""

    candidate: _Candidate
    probability: float

    @property
    def rank(self) -> tuple[float, float]:
        """The smaller change first, then the lower probability."""
        return self.candidate.distance, self.probability


def changeable(fields: Mapping[str, Field], used: Iterable[str], untold: Collection[str]) -> dict[str, Field]:
    """The fields that may be told as changed: features that a model uses, that an applicant can change, and whose question
    decides about no other question (a change would leave that one unanswered). `untold` are those that a law forbids."""
    leading = {field.when.field for field in fields.values() if field.when}
    return {
        name: fields[name]
        for name in used
        if name in fields
        and fields[name].changeable
        and fields[name].role is Role.FEATURE
        and name not in leading
        and name not in untold
    }


def counterfactuals(
    model: Model,
    applications: Sequence[Mapping[str, Any]],
    threshold: float,
    fields: Mapping[str, Field] | None = None,
) -> list[Changes]:
    """For each declined application (field → canonical value) the smallest change with which its probability would have
    been below `threshold`; empty where none was found. `fields` are those that may be changed, the `changeable` ones under
    the law in force when not given.

    One field before two, then the smaller change, then the lower probability: the same application has the same answer.
    """
    if fields is None:
        fields = changeable(FIELDS, model.fields, in_force.untold())
    found: list[Changes] = []
    for start in range(0, len(applications), _BLOCK):
        found += _of_block(model, applications[start : start + _BLOCK], threshold, fields)
    return found


def _of_block(
    model: Model, applications: Sequence[Mapping[str, Any]], threshold: float, fields: Mapping[str, Field]
) -> list[Changes]:
    singles = [
        _Candidate(place, ((name, value),), distance)
        for place, application in enumerate(applications)
        for name, field in fields.items()
        for value, distance in islice(_values(field, application.get(name)), LEVELS)
    ]
    as_they_are = [_Candidate(place, (), 0) for place in range(len(applications))]
    # As they are, too: a row more of each costs less than to ask the model again for those whose one answer is not enough.
    scored = _scored(model, applications, [*as_they_are, *singles])
    tried = [one for one in scored if one.candidate.changes]
    best = _approved(tried, threshold)
    now = {
        one.candidate.place: _log_odds(one.probability)
        for one in scored
        if not one.candidate.changes and one.candidate.place not in best
    }
    if now and len(fields) > 1:
        pairs = list(_pairs(tried, now, _log_odds(threshold)))
        best |= (both := _approved(_scored(model, applications, pairs), threshold))
        smaller = [found for one in both.values() for found in _smaller(one.candidate, applications, fields)]
        best |= _approved([*both.values(), *_scored(model, applications, smaller)], threshold)
    return [best[place].candidate.changes if place in best else () for place in range(len(applications))]


def _values(field: Field, now: Value) -> Iterator[tuple[Value, float]]:
    """The values that an answer may be changed to, with how great a change each is: 1 from one level to another.

    A yes is never taken back: that would advise to keep something secret.
    """
    kind = field.kind
    if isinstance(kind, Choice) and now is not None:
        yes = kind.known.get("TRUE")
        for value in kind.offered:
            if value != now and yes in (None, value):
                yield value, 1.0
    elif isinstance(now, int | float) and field.limits and now >= 0:
        least, most = field.limits
        for near in _near(now, isinstance(kind, Whole), isinstance(kind, Money)):
            if least <= near <= most and near != now:
                yield near, abs(near - now) / (now or 1)


def _near(now: float, whole: bool, money: bool) -> list[int | float]:
    """Quantities near `now`, the nearest first; amounts by steps of two digits, so that what is told is no odd figure."""
    steps = {float(step) for step in _STEPS} if whole else set()
    steps |= {_step(share * now, whole) for share in _SHARES} - {0.0}
    both = (round(now + sign * step, 2 if money else 9) for step in sorted(steps) for sign in (-1, 1))
    return [int(value) if value == int(value) else value for value in both]


def _step(amount: float, whole: bool) -> float:
    rounded = float(f"{amount:.2g}")
    return float(round(rounded)) if whole else rounded


def _scored(
    model: Model, applications: Sequence[Mapping[str, Any]], candidates: Sequence[_Candidate]
) -> list[_Tried]:
    """The candidates, scored in one batch; without those of values that the model has not seen, of which it knows
    nothing."""
    if not candidates:
        return []
    columns = _columns(model.fields, applications, candidates)
    return [
        _Tried(candidate, score.probability)
        for candidate, score in zip(candidates, model.score_columns(columns, False), strict=True)
        if not isnan(score.probability) and not any(name in score.unknown for name, _ in candidate.changes)
    ]


def _columns(
    names: Sequence[str], applications: Sequence[Mapping[str, Any]], candidates: Sequence[_Candidate]
) -> dict[str, Repeated]:
    """The candidates by columns: of each the answers of its application, but for those that it changes."""
    places = np.array([candidate.place for candidate in candidates])
    changed: dict[str, tuple[list[int], list[Value]]] = {}
    for row, candidate in enumerate(candidates):
        for name, value in candidate.changes:
            rows, values = changed.setdefault(name, ([], []))
            rows.append(row)
            values.append(value)
    columns = {}
    for name in names:
        answers, answered = [application.get(name) for application in applications], places
        if name in changed:
            rows, values = changed[name]
            answered = places.copy()
            answered[rows] = len(answers) + np.arange(len(values))
            answers += values
        columns[name] = Repeated(answers, answered)
    return columns


def _approved(tried: Iterable[_Tried], threshold: float) -> dict[int, _Tried]:
    """Place of an application → the smallest change of it that is approved."""
    best: dict[int, _Tried] = {}
    for one in tried:
        place = one.candidate.place
        if not declines(one.probability, threshold) and (place not in best or one.rank < best[place].rank):
            best[place] = one
    return best


def _pairs(tried: Iterable[_Tried], now: Mapping[int, float], limit: float) -> Iterator[_Candidate]:
    """Of each application in `now` (place → log-odds) the changes that help most alone, two by two, where they may bring
    it to the log-odds `limit`."""
    helpful: dict[int, dict[str, _Tried]] = {place: {} for place in now}
    for one in tried:
        of_place = helpful.get(one.candidate.place)
        name = one.candidate.changes[0][0]
        if of_place is not None and (name not in of_place or one.probability < of_place[name].probability):
            of_place[name] = one
    for place, of_place in helpful.items():
        gains = {name: now[place] - _log_odds(one.probability) for name, one in of_place.items()}
        strongest = sorted((name for name in gains if gains[name] > 0), key=gains.__getitem__, reverse=True)
        for first, second in combinations(strongest[:PAIRED], 2):
            if (gains[first] + gains[second]) * _REACH >= now[place] - limit:
                a, b = of_place[first].candidate, of_place[second].candidate
                yield _Candidate(place, (*a.changes, *b.changes), a.distance + b.distance)


def _smaller(
    found: _Candidate, applications: Sequence[Mapping[str, Any]], fields: Mapping[str, Field]
) -> Iterator[_Candidate]:
    """The same two fields, with quantities changed by less."""
    application = applications[found.place]
    each = []
    for name, value in found.changes:
        values = list(_values(fields[name], application.get(name)))
        far = dict(values)[value]
        each.append([(name, other, near) for other, near in values if near < far or other == value])
    for (a, x, near_a), (b, y, near_b) in product(*each):
        yield _Candidate(found.place, ((a, x), (b, y)), near_a + near_b)


def _log_odds(probability: float) -> float:
    """In which effects add up; far out for a probability that is none of a model's."""
    return log(probability / (1 - probability)) if 0 < probability < 1 else (probability - 0.5) * 1e3
