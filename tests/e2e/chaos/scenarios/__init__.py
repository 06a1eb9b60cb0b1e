"""The scenarios, in the order of the campaign."""

from collections.abc import Callable
from pathlib import Path

from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.scenarios import bucket, clock, disk, failover, form, redis, scorer, stopped

Scenario = Callable[[Path, Scale], Figures]


def all_scenarios() -> dict[str, Scenario]:
    """Name → scenario."""
    return {
        "scorer killed at every step": scorer.killed_at_every_step,
        "scorer killed at random under load": scorer.killed_at_random,
        "poison that kills the scorer": scorer.poisoned,
        "torn last line": disk.torn_last_line,
        "disk full, then free": disk.full_then_free,
        "Redis killed under load": redis.killed_under_load,
        "Redis out of memory": redis.out_of_memory,
        "Redis fails over behind its address": failover.roles_swapped,
        "connections to Redis fall silent": failover.fallen_silent,
        "nodes of a Redis cluster killed": failover.node_killed,
        "scorer stopped past its lease": stopped.past_its_lease,
        "clock stepped": clock.stepped,
        "S3 answers 500, slow, cut": bucket.faulty,
        "form killed before its answer": form.killed_before_its_answer,
        "whole system killed at once": form.all_at_once,
        "whole system under fire over HTTP": form.everything_killed_under_load,
    }
