"""`creditrisk reviews`: what waits for a person, and what a person decided."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from creditrisk import reviews as records
from creditrisk.application_id import reference
from creditrisk.counted import counted
from creditrisk.errors import UnknownApplication, one_line
from creditrisk.history import open_history
from creditrisk.settings import Settings


@click.group()
def reviews() -> None:
    """See what waits for a person's decision; decide, with a reason. The decision that is reviewed stays recorded."""


@reviews.command("list")
@click.option("--days", type=click.IntRange(1, 3_650), default=60, show_default=True, help="How far back to look for what was referred.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Also those that a person has decided.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(days: int, everything: bool, as_json: bool) -> None:
    """List what applicants asked to have reviewed and what the policy referred, the nearest deadline first."""
    settings = Settings.from_environment()
    found = records.every(records.open_reviews(settings.history_url))
    waiting = [review for each in found.values() for review in each if everything or review.open]
    waiting += _referred(settings.history_url, datetime.now(UTC) - timedelta(days=days), found)
    waiting.sort(key=lambda review: (not review.open, review.deadline or "9", review.asked_at))
    for review in waiting:
        if as_json:
            click.echo(json.dumps(_told(review), ensure_ascii=False))
        else:
            click.echo(one_line(_line(review)))
    if not as_json:
        open_ones = sum(review.open for review in waiting)
        click.echo(f"{counted(open_ones, 'waits', 'wait')} for a person's decision")


@reviews.command()
@click.argument("application_id", metavar="APPLICATION_ID")
@click.argument("decision", type=click.Choice(["approved", "declined"]))
@click.option("--reason", required=True, help="Why, in a sentence.")
@click.option("--as", "reviewer", metavar="NAME", required=True, help="Who decides.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def decide(application_id: str, decision: str, reason: str, reviewer: str, as_json: bool) -> None:
    """Record what a person decided on an application."""
    from lifecycle import audit

    url = Settings.from_environment().history_url
    if open_history(url).find(application_id) is None:
        raise UnknownApplication(
            "The history has no application with this id; `creditrisk reviews list` shows those that wait."
        )
    review = records.decide(records.open_reviews(url), application_id, decision, reason, reviewer)
    audit.record("review.decided", reviewer, application=reference(application_id), decision=decision)
    if as_json:
        click.echo(json.dumps(_told(review), ensure_ascii=False))
    else:
        click.echo(f"{decision}, {review.decided_at}; what was decided before stays recorded")


def _referred(url: str, since: datetime, found: dict[str, list[records.Review]]) -> Iterator[records.Review]:
    """What a policy referred and nobody has looked at."""
    for record in open_history(url).records(since):
        answer = record.answer
        if answer.decision and answer.decision.decision == "referred" and answer.id not in found:
            yield records.Review(answer.id, answer.received_at, "policy", answer.decision.rule_reason)


def _told(review: records.Review) -> dict[str, Any]:
    return asdict(review) | {"open": review.open, "days_left": review.days_left}


def _line(review: records.Review) -> str:
    days = review.days_left
    due = "" if days is None else f"due {review.deadline} ({counted(days, 'day')} left)" if days >= 0 else f"OVERDUE since {review.deadline}"  # fmt: skip
    state = due or (review.decision and f"{review.decision} by {review.reviewer}: {review.reason}")
    return "  ".join(
        filter(None, (review.application_id, review.asked_at[:10], review.by, state, review.words))
    )
