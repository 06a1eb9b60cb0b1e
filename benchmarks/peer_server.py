"""A peer of this system, as its own documentation has one serve a model: what `make bench-http` measures beside it.

    python -m benchmarks.peer_server litserve|fastapi PORT MODEL.pickle

Runs in an environment of its own (requirements/peers.txt). A peer scores a data frame in scikit-learn's usual pipeline
(one-hot, LightGBM), and neither queues nor records anything.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

import pandas as pd

BATCH = 64


def _load(path: str) -> Any:
    return pickle.loads(Path(path).read_bytes())


def _score(model: Any, applications: list[dict[str, Any]]) -> list[float]:
    """The probabilities of a batch."""
    return [float(each) for each in model.predict_proba(pd.DataFrame(applications))[:, 1]]


def litserve(port: int, path: str) -> None:
    """LitServe, which gathers batches of up to 64 within 5 ms."""
    import litserve as ls  # type: ignore[import-not-found]

    class Api(ls.LitAPI):  # type: ignore[misc]
        def setup(self, device: str) -> None:
            self.model = _load(path)

        def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
            return request

        def predict(self, applications: list[dict[str, Any]]) -> list[float]:
            return _score(self.model, applications)

        def encode_response(self, output: float) -> dict[str, float]:
            return {"Probability": output}

    server = ls.LitServer(Api(max_batch_size=BATCH, batch_timeout=0.005), accelerator="cpu")
    server.run(port=port, host="127.0.0.1", num_api_servers=1, generate_client_file=False, log_level="error")


def fastapi(port: int, path: str) -> None:
    """FastAPI on uvicorn, one application at a time in its pool of threads."""
    import uvicorn  # type: ignore[import-not-found]
    from fastapi import FastAPI  # type: ignore[import-not-found]

    app, model = FastAPI(), _load(path)

    @app.post("/predict")  # type: ignore[untyped-decorator]
    def predict(application: dict[str, Any]) -> dict[str, float]:
        return {"Probability": _score(model, [application])[0]}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


SERVERS = {"litserve": litserve, "fastapi": fastapi}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
