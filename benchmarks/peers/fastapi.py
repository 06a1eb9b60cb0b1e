"""FastAPI on uvicorn, one application at a time in its pool of threads."""

import sys
from typing import Any

import uvicorn  # type: ignore[import-not-found]
from fastapi import FastAPI  # type: ignore[import-not-found]

from benchmarks.peers import UsualModel

app = FastAPI()
model = UsualModel(sys.argv[2])


@app.post("/predict")  # type: ignore[untyped-decorator]
def predict(application: dict[str, Any]) -> dict[str, float]:
    """The probability of one application."""
    return {"Probability": model.score([application])[0]}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
