"""Applications with known outcomes, for the commands that learn from them or judge by them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from creditrisk.settings import Settings

if TYPE_CHECKING:
    from lifecycle.learning import Known

Command = TypeVar("Command", bound=Callable[..., Any])


def seen_as(command: Command) -> Command:
    """The options that say which outcomes count: `--maturity`, `--as-of`, `--holdout`."""
    for option in (
        click.option("--maturity", metavar="MONTHS", type=click.IntRange(min=0), help="Months without a default after which an applicant counts as good; the portfolio's when not given."),
        click.option("--as-of", metavar="DATE", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]), help="What was known at this moment (UTC); now when not given."),
        click.option("--holdout", "months", metavar="MONTHS", type=click.IntRange(min=1), default=3, show_default=True, help="The last months with outcomes, which judge and are not learned from."),
    ):  # fmt: skip
        command = option(command)
    return command


def moment(as_of: datetime | None) -> datetime:
    """The moment that was asked for, in UTC; now when none was."""
    return as_of.replace(tzinfo=UTC) if as_of else datetime.now(UTC)


def from_record(
    settings: Settings, maturity: int | None, as_of: datetime, since: str | None = None
) -> "Known":
    """The record's applications with outcomes that count; those that came in from the day `since` on, when that is given.

    Raises HistoryUnavailable.
    """
    import numpy as np

    from creditrisk.history import open_history
    from creditrisk.outcomes import open_outcomes
    from creditrisk.portfolio import active
    from lifecycle.cohort import read_cohort
    from lifecycle.learning import known_of
    from models.training.published import SOURCE_FIELDS

    cohort = read_cohort(
        open_history(settings.history_url),
        open_outcomes(settings.history_url),
        maturity_months=active().target.maturity_months if maturity is None else maturity,
        as_of=as_of,
        since=datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None,
        fields=SOURCE_FIELDS,
    )
    known = known_of(cohort)
    return known.since(np.datetime64(since)) if since else known
