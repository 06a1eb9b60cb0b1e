"""A scorer dies: at each step, at random, and of what it scores."""

import random
import time
from pathlib import Path

from tests.e2e.chaos.applicants import POISON
from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Stage, died_of_kill, kill
from tests.e2e.chaos.trap import STEPS


def killed_at_every_step(folder: Path, scale: Scale) -> Figures:
    """One scorer after the other dies at its step with a batch in hand; then a sound one comes."""
    with Stage(folder, batch_size=8, model="real") as stage:
        for _ in range(scale.rounds):
            stage.crowd.submit(len(STEPS) * 12)
            doomed = [stage.scorer("--trap", step) for step in STEPS]
            for process in doomed:
                died_of_kill(process)
            sound = stage.scorer()
            stage.settle()
            kill(sound)
        return stage.figures(note=f"{scale.rounds * len(STEPS)} deaths: {', '.join(STEPS)}")


def killed_at_random(folder: Path, scale: Scale) -> Figures:
    """Two scorers under load, one of which is killed every now and then; the load is such that they always work."""
    chance = random.Random(4)
    with Stage(folder) as stage:
        options = ("--pause", "0.02")
        scorers = [stage.scorer(*options), stage.scorer(*options)]
        with stage.crowd.pressing(a_second=150):
            time.sleep(0.5)
            for _ in range(scale.kills):
                time.sleep(chance.uniform(0.05, 0.6))
                victim = chance.randrange(2)
                kill(scorers[victim])
                scorers[victim] = stage.scorer(*options)
        stage.settle(90)
        return stage.figures(note=f"{scale.kills} kills")


def poisoned(folder: Path, scale: Scale) -> Figures:
    """One application kills whatever scores it: its batch is tried in halves until it stands alone, and fails alone."""
    with Stage(folder, batch_size=8) as stage:
        stage.crowd.submit(3)
        culprit = stage.crowd.submit(1, FULL_NAME=POISON)
        stage.crowd.submit(20)
        deaths = 0
        while stage.intake.find(culprit[0]).status == "pending":
            scorer = stage.scorer()
            while scorer.poll() is None and stage.intake.find(culprit[0]).status == "pending":
                time.sleep(0.02)
            deaths += scorer.poll() is not None
            assert deaths <= 8, "the batch is not halved"
        stage.settle()
        answer = stage.intake.find(culprit[0])
        assert answer.status == "failed"
        assert "died" in (answer.failure or "")
        return stage.figures(poisoned=culprit, note=f"failed alone after {deaths} deaths")
