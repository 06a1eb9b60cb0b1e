"""The usual design of such a service: the baseline that the figures stand beside.

An API process pushes JSON to a Redis list and polls a result key every 50 ms. A model process pops one job at a time,
builds a one-row DataFrame, one-hot encodes it to all columns, scales, predicts, rewrites the whole history.csv, sleeps
50 ms. The model is fitted to made-up applications, for only its shape matters
here: as many columns (about 1,800) and as many trees as the real one.
"""

import json
import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from flask import Flask, request
from lightgbm import LGBMClassifier
from redis import Redis
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from creditrisk.application import FIELDS, Role
from creditrisk.application.validation import validate
from models.synthetic import synthetic_applicants

QUEUE = "usual:jobs"
SLEEP = 0.05
_NAMES = [name for name, field in FIELDS.items() if field.role is Role.FEATURE and "BOROUGH" not in name]


class UsualModel:
    """Encoder, scaler and model, applied to a one-row DataFrame at a time."""

    def __init__(self, rows: int = 6_000) -> None:
        frame = self._frame(list(synthetic_applicants(rows)))
        numeric = [name for name in _NAMES if FIELDS[name].is_number]
        self.numeric, self.categorical = numeric, [name for name in _NAMES if name not in numeric]
        self.encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(
            frame[self.categorical]
        )
        self.scaler = StandardScaler().fit(frame[numeric])
        bad = np.random.default_rng(1).random(rows) < 0.26
        self.model: Any = LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1).fit(self._matrix(frame), bad)

    @staticmethod
    def _frame(applications: list[dict[str, Any]]) -> pd.DataFrame:
        frame = pd.DataFrame(applications)[_NAMES]
        for name in _NAMES:
            if FIELDS[name].is_number:
                frame[name] = frame[name].astype(float).fillna(0)
            else:
                frame[name] = frame[name].astype(object).where(frame[name].notna(), "NULL").astype(str)
        return frame

    def _matrix(self, frame: pd.DataFrame) -> pd.DataFrame:
        encoded = pd.DataFrame(self.encoder.transform(frame[self.categorical]))
        scaled = pd.DataFrame(self.scaler.transform(frame[self.numeric]))
        matrix = pd.concat([scaled, encoded], axis=1)
        matrix.columns = [str(number) for number in range(matrix.shape[1])]
        return matrix

    @property
    def columns(self) -> int:
        """How many columns the model sees."""
        return int(self.model.n_features_in_)

    def probability(self, application: dict[str, Any]) -> float:
        """The probability of default of one application."""
        return float(self.model.predict_proba(self._matrix(self._frame([application])))[0, 1])


def create_app() -> Flask:
    """The API process."""
    app = Flask("usual")
    redis = Redis.from_url(os.environ["REDIS_URL"])

    @app.post("/predict")
    def predict() -> dict[str, Any]:
        job = str(uuid.uuid4())
        application = validate(request.get_json())
        redis.rpush(QUEUE, json.dumps({"id": job, "application": application}))
        while (result := redis.get(job)) is None:
            time.sleep(SLEEP)
        redis.delete(job)
        answer: dict[str, Any] = json.loads(result)
        return answer

    return app


def serve_model(history: Path) -> None:
    """The model process: pops, predicts, rewrites the history, sleeps; for ever."""
    redis = Redis.from_url(os.environ["REDIS_URL"])
    model = UsualModel()
    redis.set("usual:ready", 1)
    while True:
        popped = redis.brpop([QUEUE])
        job = json.loads(popped[1])  # type: ignore[index]
        score = model.probability(job["application"])
        row = pd.DataFrame([{**job["application"], "PROBABILITY": score}])
        rows = pd.concat([pd.read_csv(history), row]) if history.exists() else row
        rows.to_csv(history, index=False)
        redis.set(job["id"], json.dumps({"Prediction": int(score >= 0.5), "Prediction_score": score}))
        time.sleep(SLEEP)


if __name__ == "__main__":
    serve_model(Path(sys.argv[1]))
