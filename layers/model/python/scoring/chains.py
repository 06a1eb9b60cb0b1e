"""Bad rates that are looked up from a wide place to a narrow one: what is known of the narrow counts as far as it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.features import Matrix


@dataclass(frozen=True)
class Chain:
    """A column: each of `parts`, the widest first, says `own[code] + passed[code] × what the wider one said`; the first
    hears `start`. A level never seen in training passes on what it hears."""

    name: str
    parts: tuple[str, ...]
    start: float
    own: list[Matrix]
    passed: list[Matrix]


class _Step(NamedTuple):
    """One part of every chain: the parts' places among the codes, where their tables begin, and the tables, joined."""

    places: NDArray[np.int64]
    first: NDArray[np.int64]
    own: Matrix
    passed: Matrix


class Walk:
    """All chains, gone down together, a step at a time."""

    def __init__(self, chains: Sequence[Chain], position: Mapping[str, int]) -> None:
        """`position` tells each part's column among the codes."""
        self._start = np.array([chain.start for chain in chains])
        longest = max((len(chain.parts) for chain in chains), default=0)
        self._steps = [_step(chains, number, position) for number in range(longest)]
        self._one_by_one = [
            (
                chain.start,
                [
                    (position[part], own.tolist(), passed.tolist())
                    for part, own, passed in zip(chain.parts, chain.own, chain.passed, strict=True)
                ],
            )
            for chain in chains
        ]

    def columns(self, codes: NDArray[np.int64]) -> Matrix:
        """What the narrowest part of each chain says (rows × chains)."""
        if len(codes) == 1:  # one applicant waits: as many small arrays would take longer than the look-ups
            return np.array([self._of_one(codes[0].tolist())])
        said: Matrix = np.broadcast_to(self._start, (len(codes), len(self._start)))
        for step in self._steps:
            index = codes.take(step.places, axis=1) + step.first
            said = step.own.take(index) + step.passed.take(index) * said
        return said

    def _of_one(self, codes: list[int]) -> list[float]:
        found = []
        for said, steps in self._one_by_one:
            for place, own, passed in steps:
                said = own[codes[place]] + passed[codes[place]] * said
            found.append(said)
        return found


def _step(chains: Sequence[Chain], number: int, position: Mapping[str, int]) -> _Step:
    """A chain that has ended passes on what it heard, whatever its last part is."""
    places, own, passed = [], [], []
    for chain in chains:
        last = min(number, len(chain.parts) - 1)
        ended = number > last
        places.append(position[chain.parts[last]])
        own.append(np.zeros_like(chain.own[last]) if ended else chain.own[last])
        passed.append(np.ones_like(chain.passed[last]) if ended else chain.passed[last])
    first = np.cumsum([0, *map(len, own)])[:-1]
    return _Step(np.array(places, np.int64), first, np.concatenate(own), np.concatenate(passed))
