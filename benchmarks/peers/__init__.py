"""Peers of this system, each as its own documentation has one serve a model: what `make bench-http` measures beside it.

They run in an environment of their own (requirements/peers.txt): `python -m benchmarks.peers.NAME PORT MODEL.pickle`. A
peer scores a data frame in scikit-learn's usual pipeline (one-hot, LightGBM), and neither queues nor records anything.
"""

import pickle
from pathlib import Path
from typing import Any


class UsualModel:
    """The pipeline that was pickled at `path`."""

    def __init__(self, path: str) -> None:
        self._pipeline = pickle.loads(Path(path).read_bytes())

    def score(self, applications: list[dict[str, Any]]) -> list[float]:
        """The probabilities of a batch of applications."""
        import pandas as pd

        return [float(each) for each in self._pipeline.predict_proba(pd.DataFrame(applications))[:, 1]]
