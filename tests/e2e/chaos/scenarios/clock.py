"""The clock is stepped: Redis', by which leases run out, and a scorer's, by which records are dated.

Redis' clock is stepped through its leases, which are the one thing it times here: a step of the clock by an hour is the
same to it as leases that end an hour sooner or later. (libfaketime does not get along with redis-server's allocator.)
The scorers' clocks are stepped in their own processes.
"""

import signal
from pathlib import Path
from typing import Any

from redis import Redis

from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Stage, died_of_kill, is_stopped, wait_until

_HOUR = 3_600.0


def stepped(folder: Path, scale: Scale) -> Figures:
    """Steps of Redis' clock, forward and back, and of a scorer's."""
    with Stage(folder, batch_size=4) as stage, Redis.from_url(stage.redis.url) as redis:
        _redis_forward(stage, redis)
        _scorer_back(stage, redis)
        if scale.long:
            _redis_back(stage, redis)
        steps = "Redis' clock ±1 h" if scale.long else "Redis' clock +1 h"
        return stage.figures(note=f"{steps} (its leases, moved by hand), a scorer's −3 h")


def _step_redis(redis: Any, seconds: float) -> None:
    for scorer, score in redis.zrange("creditrisk:scorers", 0, -1, withscores=True):
        redis.zadd("creditrisk:scorers", {scorer: score - seconds * 1000})


def _redis_forward(stage: Stage, redis: Redis) -> None:
    """A living scorer is thought dead at once, in the middle of its batch, and by its own clock is not."""
    stage.crowd.submit(4)
    slow = stage.scorer("--trap", "scored", "--signal", "SIGSTOP")
    wait_until(lambda: is_stopped(slow), 20, "the scorer stops")
    _step_redis(redis, _HOUR)
    stage.scorer()
    stage.settle()
    slow.send_signal(signal.SIGCONT)
    stage.crowd.submit(30)
    stage.settle()
    _end(stage)


def _redis_back(stage: Stage, redis: Redis) -> None:
    """A dead scorer's lease would last another hour: it is cut to what a lease can be (about 20 s)."""
    stage.crowd.submit(4)
    died_of_kill(stage.scorer("--trap", "recorded"))
    _step_redis(redis, -_HOUR)
    stage.scorer()
    stage.settle(35)
    _end(stage)


def _scorer_back(stage: Stage, redis: Redis) -> None:
    """A scorer dates its records three hours back and dies before it answers; many more records follow meanwhile."""
    stage.crowd.submit(4)
    died_of_kill(stage.scorer("--trap", "recorded", "--clock", str(-3 * _HOUR)))
    _step_redis(redis, -15)  # what it held comes back after the others
    others = stage.crowd.submit(400)
    late = stage.scorer("--clock", str(-3 * _HOUR))
    wait_until(lambda: stage.intake.find(others[-1]).status == "decided", 20, "the others are scored")
    assert stage.intake.queue.state().claimed >= 4, "the dead one's batch comes after them"
    _step_redis(redis, _HOUR)
    stage.crowd.submit(1)
    stage.settle()
    late.terminate()


def _end(stage: Stage) -> None:
    for process in stage.processes:
        if process.poll() is None:
            process.terminate()
            assert process.wait(60) == 0, "it ends in order"
