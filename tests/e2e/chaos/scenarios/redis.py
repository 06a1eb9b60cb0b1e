"""Redis dies, or has no room."""

import random
import time
from pathlib import Path

from redis import Redis

from creditrisk.errors import QueueUnavailable
from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Stage, kill


def killed_under_load(folder: Path, scale: Scale) -> Figures:
    """Redis is killed and started again on its append-only file, while applications come in and are scored."""
    chance = random.Random(5)
    with Stage(folder) as stage:
        for _ in range(2):
            stage.scorer("--pause", "0.01")
        with stage.crowd.pressing(a_second=200, threads=3):
            for _ in range(scale.redis_kills):
                time.sleep(chance.uniform(0.3, 1.0))
                assert stage.redis.process
                kill(stage.redis.process)
                time.sleep(chance.uniform(0.05, 0.4))
                stage.redis.start()
            time.sleep(0.3)
        stage.settle(60)
        assert all(scorer.poll() is None for scorer in stage.processes), "the scorers live through it"
        return stage.figures(note=f"{scale.redis_kills} kills")


def out_of_memory(folder: Path, scale: Scale) -> Figures:
    """Redis is full: what comes in is refused in words, and what was accepted is drained all the same."""
    with Stage(folder) as stage:
        stage.crowd.submit(100)
        with Redis.from_url(stage.redis.url) as redis:
            redis.config_set("maxmemory", 1_000_000)
            for _ in range(5):
                try:
                    stage.crowd.submit()
                except QueueUnavailable as error:
                    stage.ledger.refuse(str(error))
            assert sum(stage.ledger.refusals.values()) == 5
            stage.scorer()
            stage.settle()
            redis.config_set("maxmemory", 0)
            stage.crowd.submit(10)
            stage.settle()
        return stage.figures(note=next(iter(stage.ledger.refusals)))
