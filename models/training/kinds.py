"""Which of an encoder's columns a model may use in which way."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.encoder import Encoder

FREQUENCY: Final = "frequency of "
PAIR: Final = "log-odds of "
"""How the names of such columns begin."""


@dataclass(frozen=True)
class Kinds:
    """One truth value for each column of a matrix.

    `rising`: the column is somebody's bad rate or effect, so where it is higher the risk is, all else equal; what the
    labels of few applications say against that is chance. `smooth`: the regression and the networks see it; two hundred
    pairs, each little more than the sum of its parts, help trees and blur the others.
    """

    rising: NDArray[np.bool_]
    smooth: NDArray[np.bool_]

    @classmethod
    def of(cls, encoder: Encoder) -> "Kinds":
        """The kinds of the columns that an encoder makes."""
        names = encoder.columns
        given = len(names) - len(encoder.lookups) - len(encoder.chains)
        rising = [place >= given and not name.startswith(FREQUENCY) for place, name in enumerate(names)]
        return cls(np.array(rising), np.array([not name.startswith(PAIR) for name in names]))

    @classmethod
    def free(cls, columns: int) -> "Kinds":
        """Nothing is known of the columns: every model sees all, and none has to rise."""
        return cls(np.zeros(columns, bool), np.ones(columns, bool))
