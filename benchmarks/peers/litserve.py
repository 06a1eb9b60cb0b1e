"""LitServe, which gathers batches of up to 64 within 5 ms."""

import sys
from typing import Any

import litserve as ls  # type: ignore[import-not-found]

from benchmarks.peers import UsualModel


class Api(ls.LitAPI):  # type: ignore[misc]
    """The steps of a request, as LitServe calls them."""

    def __init__(self, path: str) -> None:
        super().__init__(max_batch_size=64, batch_timeout=0.005)
        self._path = path

    def setup(self, device: str) -> None:
        self.model = UsualModel(self._path)

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return request

    def predict(self, applications: list[dict[str, Any]]) -> list[float]:
        return self.model.score(applications)

    def encode_response(self, output: float) -> dict[str, float]:
        return {"Probability": output}


if __name__ == "__main__":
    server = ls.LitServer(Api(sys.argv[2]), accelerator="cpu")
    server.run(
        port=int(sys.argv[1]),
        host="127.0.0.1",
        num_api_servers=1,
        generate_client_file=False,
        log_level="error",
    )
