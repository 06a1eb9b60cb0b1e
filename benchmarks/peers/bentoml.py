"""BentoML with its adaptive batching, of up to 64. It serves from processes of its own, which read the model where
PEER_MODEL says."""

import os
import sys
from typing import Any

import bentoml  # type: ignore[import-not-found]

from benchmarks.peers import UsualModel

MODEL = "PEER_MODEL"


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})  # type: ignore[untyped-decorator]
class Scorer:
    """Takes {"applications": [one]}: what is batched has to come as a list."""

    def __init__(self) -> None:
        self._model = UsualModel(os.environ[MODEL])

    @bentoml.api(route="/predict", batchable=True, max_batch_size=64, max_latency_ms=60_000)  # type: ignore[untyped-decorator]
    def predict(self, applications: list[dict[str, Any]]) -> list[float]:
        """The probabilities of a batch."""
        return self._model.score(applications)


if __name__ == "__main__":
    os.environ |= {MODEL: sys.argv[2], "BENTOML_DO_NOT_TRACK": "true"}
    bentoml.serve(
        "benchmarks.peers.bentoml:Scorer",
        port=int(sys.argv[1]),
        host="127.0.0.1",
        working_dir=os.getcwd(),
        blocking=True,
    )
