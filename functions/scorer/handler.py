"""The Lambda entry of the scorer: scheduled, or invoked by the form function."""

import logging
import time
from contextlib import suppress
from functools import cache
from typing import Any

from creditrisk.errors import CreditRiskError, HistoryUnavailable, QueueUnavailable
from creditrisk.init_phase import make_ahead
from creditrisk.queue import ApplicationQueue, trouble
from creditrisk.queue.takeover import take_over
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from functions.scorer.metrics import publish

log = logging.getLogger(__name__)

_MARGIN_MS = 5_000
"""Time kept in hand before the function's own limit: more than one batch takes."""


@cache
def assembled() -> Assembly:
    """One queue, model and history for all the invocations of this execution environment."""
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    return Assembly(settings)


make_ahead(assembled)


def handler(event: dict[str, Any] | None, context: Any) -> dict[str, Any]:
    """Drain the queue until it is empty or the time is nearly up.

    `event["scorer"]` is the ticket under which the form function woke this scorer for the shard `event["shard"]`; a
    scheduled run visits all shards. An error is raised, so that the invocation counts as failed and is tried again:
    what was claimed comes back by itself.
    """
    ticket = (event or {}).get("scorer")
    # Lambda may deliver one invocation twice, even at once: each has a name of its own, and so its own claims.
    name = f"{ticket or 'scheduled'}-{time.time_ns():x}"
    try:
        assembly = assembled()
        if ticket:
            shard = assembly.queue.shard((event or {}).get("shard", 0))
            shard.forget_ticket(ticket)  # the lease that follows takes its place
            return {"scorer": name, "scored": _drain(assembly, shard, name, context)}
        publish(assembly.queue, assembly.challenger_out)
        return {"scorer": name, "scored": _drain_all(assembly, name, context)}
    except CreditRiskError as error:
        log.error("%s", error)
        if isinstance(error, HistoryUnavailable):
            with suppress(QueueUnavailable):
                trouble.tell(assembled().queue, str(error))
        raise


def _drain_all(assembly: Assembly, name: str, context: Any) -> int:
    """Drain each shard in turn; one that cannot be reached keeps no other from its turn. Raises QueueUnavailable then,
    at the end."""
    scored, away = 0, None
    take_over(assembly.queue)
    for shard in assembly.queue.in_use():
        try:
            scored += _drain(assembly, shard, name, context)
        except QueueUnavailable as error:
            away = error
    if away:
        raise away
    return scored


def _drain(assembly: Assembly, shard: ApplicationQueue, name: str, context: Any) -> int:
    """Drain until nothing waits once the lease is cleared, so that no wake-up is lost; returns how many were claimed."""
    scored = 0

    def will_go_on() -> bool:
        return bool(context.get_remaining_time_in_millis() > 2 * _MARGIN_MS)

    while True:
        with assembly.drain(name, shard) as drain:
            drain.queue.recover()
            while context.get_remaining_time_in_millis() > _MARGIN_MS and (count := drain.step(will_go_on)):
                scored += count
        if context.get_remaining_time_in_millis() <= _MARGIN_MS or not shard.waiting():
            return scored
