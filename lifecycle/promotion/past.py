"""Which version decided when, as the audit log tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from creditrisk.clock import timestamp
from lifecycle.audit import Entry
from lifecycle.promotion.activation import ACTIVATED, NOT_ACTIVATED


@dataclass(frozen=True)
class Reign:
    """A version that was active from `since` (empty: from before the log began) to `until` (empty: to this day)."""

    version: str
    since: str
    until: str
    how: str = ""
    by: str = ""


def reigns(entries: Iterable[Entry]) -> list[Reign]:
    """Who was active when, the oldest first. A restart is not needed for a change: a scorer follows within seconds."""
    done = [entry for entry in entries if entry.event in (ACTIVATED, NOT_ACTIVATED)]
    undone = {entry.facts["entry"] for entry in done if entry.event == NOT_ACTIVATED}
    changes = [entry for entry in done if entry.event == ACTIVATED and entry.number not in undone]
    found = []
    if changes and (before := str(changes[0].facts.get("before", ""))):
        found.append(Reign(before, "", changes[0].at))
    for place, entry in enumerate(changes):
        until = changes[place + 1].at if place + 1 < len(changes) else ""
        found.append(
            Reign(str(entry.facts["version"]), entry.at, until, str(entry.facts.get("how", "")), entry.by)
        )
    return found


def active_at(entries: Iterable[Entry], when: str) -> list[Reign]:
    """Those that were active at a moment, or on a day (YYYY-MM-DD, UTC): one, or all that had their turn on that day.

    Raises ValueError when `when` is neither.
    """
    if len(when) == len("2026-11-23"):
        day = date.fromisoformat(when)
        first, last = f"{day}T00:00:00.000Z", f"{day}T23:59:59.999Z"
    else:
        moment = datetime.fromisoformat(when)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its zone, as 2026-11-23T05:18:32Z")
        first = last = timestamp(moment)
    return [one for one in reigns(entries) if one.since <= last and (not one.until or one.until > first)]
