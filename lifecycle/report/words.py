"""What a report says of itself, in a terminal and on a page."""

from collections.abc import Iterator

from creditrisk.counted import counted
from lifecycle.drift.weeks import RECENT
from lifecycle.report.numbers import count, percent
from lifecycle.report.report import Report

ABOUT = {
    "outcomes": "Of applications that came in long enough ago to be judged, and whose outcome is known. “Expected” is what the "
    "probabilities foretold of exactly these applications.",
    "months": "Before an outcome is there, honest probabilities tell what to expect (CBPE): the line and its band. The dots are "
    "what came of it.",
    "drift": f"Shares of values now and in the training data: the population stability index (PSI) of the last {RECENT} weeks, "
    "and of every week. What chance alone makes of it depends on the number of applications, and is told beside it.",
    "challenger": "Both on the same applications and outcomes. Who was declined has no outcome, which favours neither only where "
    "some are accepted at random.",
    "groups": "Recorded decisions by protected and held fields. Whether a difference is justified is for people to say; that it is "
    "there is told here.",
}
"""Part → what it is about."""


def head(report: Report) -> Iterator[str]:
    """The first lines: of what, when, and how many."""
    scope, counts = report.scope, report.counts
    model = f", model {scope.model}" if scope.model else ""
    yield f"Portfolio {scope.portfolio}{model}, as of {scope.as_of[:10]}"
    if not counts.applications:
        return
    whole = counts.applications
    parts = [f"{percent(counts.approved / whole)} approved", f"{percent(counts.declined / whole)} declined"]
    if counts.referred:
        parts.append(f"{percent(counts.referred / whole)} referred")
    dates = f" from {counts.first} to {counts.last}" if counts.first else ""
    yield f"{counted(whole, 'application')}{dates}: {', '.join(parts)}"
    yield (
        f"{counted(counts.mature, 'is', 'are')} old enough to be judged ({counted(scope.maturity_months, 'month')}); the outcome of "
        f"{count(counts.known)} is known, {count(counts.bad)} of them bad"
    )


def range_of(report: Report) -> str:
    """Which applications the report is about, and when it was made."""
    scope = report.scope
    limits = [f"from {scope.since[:10]}"] if scope.since else []
    limits += [f"before {scope.until[:10]}"] if scope.until else []
    return f"Made at {scope.made_at} of applications {' and '.join(limits) or 'of all time'}."
