"""A scorer stands still past its lease, and goes on when another one has taken over."""

import signal
import time
from pathlib import Path

from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import LEASE_SECONDS, Stage, is_stopped, wait_until

_OUTSIDE_THE_LOCK = ("claimed", "scored", "recorded", "finish-asked")


def past_its_lease(folder: Path, scale: Scale) -> Figures:
    """Scorers that stop with a batch in hand; others do their work; then the stopped ones go on with theirs."""
    with Stage(folder, batch_size=8) as stage:
        for _ in range(scale.rounds):
            stage.crowd.submit(8 * len(_OUTSIDE_THE_LOCK) + 20)
            stopped = [stage.scorer("--trap", step, "--signal", "SIGSTOP") for step in _OUTSIDE_THE_LOCK]
            for process in stopped:
                wait_until(lambda: is_stopped(process), 20, "the scorer stops")  # noqa: B023
            stage.scorer()
            stage.settle()
            for process in stopped:
                process.send_signal(signal.SIGCONT)
            stage.crowd.submit(20)
            stage.settle()
            for process in stage.processes[-len(stopped) - 1 :]:
                process.terminate()
                assert process.wait(60) == 0, "it ends in order"
        _in_the_middle_of_a_write(stage)
        return stage.figures(note=f"stopped when {', '.join(_OUTSIDE_THE_LOCK)}, half-written")


def _in_the_middle_of_a_write(stage: Stage) -> None:
    """Stopped with the file's lock in hand: the others wait for it, and find what it wrote."""
    stage.crowd.submit(16)
    stopped = stage.scorer("--trap", "half-written", "--signal", "SIGSTOP")
    wait_until(lambda: is_stopped(stopped), 20, "the scorer stops")
    stage.scorer()
    time.sleep(LEASE_SECONDS * 2)
    stopped.send_signal(signal.SIGCONT)
    stage.settle()
