"""Arrays of whole numbers, by what they hold."""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""What became of each application: 1 for a default, 0 for none."""
Rows = NDArray[np.int64]
"""Places of applications in the data."""
Weights = NDArray[np.float64] | None
"""How many applications each row stands for; None where each stands for itself."""
LevelCodes = NDArray[np.int64]
"""Codes of levels, or places in a table of them: see `scoring.encoder`."""
