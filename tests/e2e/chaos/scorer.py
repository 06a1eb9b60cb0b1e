"""A scorer's process for the campaign: the real worker, with what the scenario does to it from within."""

import argparse
import logging
import os
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import functions.scorer.drain as drain_module
from creditrisk.application import Value
from creditrisk.clock import timestamp
from creditrisk.decision import ScoreLike
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly, load_model
from functions.scorer.drain import Model
from functions.scorer.worker import Worker
from tests.e2e.chaos.applicants import POISON, PlainModel
from tests.e2e.chaos.trap import STEPS, Trap


class SlowDeadlyModel:
    """A model that takes `pause` seconds a batch, and that an applicant called Poison kills with the whole process."""

    def __init__(self, model: Model, pause: float) -> None:
        self.name, self.version = model.name, model.version
        self._model, self._pause = model, pause

    def score(self, applications: Sequence[Mapping[str, Any]]) -> Sequence[ScoreLike]:
        time.sleep(self._pause)
        if any(application["FULL_NAME"] == POISON for application in applications):
            os.kill(os.getpid(), signal.SIGKILL)
        return self._model.score(applications)

    def counterfactuals(
        self, declined: Sequence[Mapping[str, Any]], threshold: float
    ) -> Sequence[Sequence[tuple[str, Value]]]:
        return self._model.counterfactuals(declined, threshold)


def _step_the_clock(seconds: float) -> None:
    """From now on this scorer's clock is `seconds` off."""

    def off() -> str:
        return timestamp(datetime.now(UTC) + timedelta(seconds=seconds))

    drain_module.timestamp = off  # type: ignore[assignment,attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=("plain", "real"), default="plain")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--clock", type=float, default=0.0)
    parser.add_argument("--trap", choices=STEPS)
    parser.add_argument("--signal", default="SIGKILL")
    parser.add_argument("--nth", type=int, default=1)
    options = parser.parse_args()
    settings = Settings.from_environment()
    logging.basicConfig(level=settings.log_level, format=f"{os.getpid()} %(levelname)s %(name)s: %(message)s")
    if options.clock:
        _step_the_clock(options.clock)
    if options.trap:
        Trap(options.trap, signal.Signals[options.signal], options.nth).lay()
    model = load_model(settings) if options.model == "real" else PlainModel()
    Worker(Assembly(settings, SlowDeadlyModel(model, options.pause))).run()


if __name__ == "__main__":
    main()
