"""The Lambda entry for operators: Redis has no way in from outside, so this is `creditrisk queue` on AWS.

{"do": "state"}                  → counts, and why each failed application failed
{"do": "retry", "ids": [ID, …]}  → puts failed applications back into the queue; without ids, all of them
{"do": "discard", "ids": [ID, …]} → deletes failed applications for good

Whoever may invoke it may do all this: IAM decides (the policy that the stack calls Operators), nothing else leads here.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from creditrisk.application_id import reference
from creditrisk.errors import CreditRiskError, UnknownRequest
from creditrisk.queue import ShardedQueue, open_queue
from creditrisk.settings import Settings

log = logging.getLogger(__name__)


@cache
def _queue() -> ShardedQueue:
    settings = Settings.from_environment()
    logging.getLogger().setLevel(settings.log_level)
    return open_queue(settings)


def handler(event: Mapping[str, Any] | None, context: Any) -> dict[str, Any]:
    """Do what the event says. Raises UnknownRequest and QueueUnavailable, whose sentence the invocation shows."""
    try:
        do, ids = _read(event or {})
        match do:
            case "state":
                return _state()
            case "retry":
                return _settled(do, ids or list(_queue().state().failed))
            case _:
                return _settled(do, ids)
    except CreditRiskError as error:
        log.error("%s", error)
        raise


def _read(event: Mapping[str, Any]) -> tuple[str, list[str]]:
    do, ids = event.get("do"), event.get("ids")
    if do not in ("state", "retry", "discard") or set(event) - {"do", "ids"}:
        raise UnknownRequest('Send {"do": "state"}, or "retry" or "discard" with "ids": ["ID", …].')
    if ids is not None and not (isinstance(ids, list) and ids and all(isinstance(one, str) for one in ids)):
        raise UnknownRequest(
            '"ids" must be a list of applications\' ids, one at least, as {"do": "state"} shows them.'
        )
    if do == "state" and ids:
        raise UnknownRequest('{"do": "state"} shows all that failed; leave "ids" out.')
    if do == "discard" and not ids:
        raise UnknownRequest('Name what to discard: "ids": ["ID", …]. It is deleted for good.')
    return do, ids or []


def _state() -> dict[str, Any]:
    state = _queue().state()
    return {
        "waiting": state.waiting,
        "claimed": state.claimed,
        "oldest_waiting_seconds": None if state.age is None else round(state.age, 1),
        "scorers_awake": state.scorers,
        "failed": dict(state.failed),
    }


def _settled(do: str, ids: Sequence[str]) -> dict[str, Any]:
    """Each id on its own: what is no longer among the failed is told, and stops nothing."""
    settle = _queue().retry if do == "retry" else _queue().discard
    done = [one for one in ids if settle(one)]
    for one in done:  # an id opens its page, so the log has its reference
        log.warning("the operator's %s of application %s", do, reference(one))
    return {do: done, "not_failed": [one for one in ids if one not in done]}
