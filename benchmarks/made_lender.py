"""The made-up lender of docs/lifecycle.md: past applications to learn from, and a year that is decided by what learned.

From April on its applicants are others: incomes have risen, savings protect nobody any more, and who buys a new car pays back
less often.
"""

import csv
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.made_history import id_at
from creditrisk.application.validation import validate
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, decide
from creditrisk.errors import CreditRiskError
from creditrisk.history import Record, open_history
from creditrisk.policy.in_force import policy_in_force
from creditrisk.settings import Settings
from functions.model import load_model

PAST: Final = 800
A_MONTH: Final = 300
YEAR: Final = 2024
CHANGE: Final = 4
"""The month from which on applicants are others."""
_MATURE: Final = timedelta(days=370)
"""After which a good outcome is observed: a year and some days."""
_PURPOSES: Final = ("new car", "used car", "furniture", "repairs", "education")
_SAVINGS: Final = ("none", "below 500", "500 and more")
_FIRST: Final = ("Inês", "João", "Marta", "Nuno", "Zélia", "Tomás", "Ana", "Rui", "Eva", "Luís")
_LAST: Final = (
    "Almeida",
    "Gonçalves",
    "Peña",
    "Costa",
    "Müller",
    "Serrão",
    "Dias",
    "Lopes",
    "Brandão",
    "Núñez",
)


@click.group(help=__doc__)
def made_lender() -> None:
    pass


@made_lender.command()
@click.argument("out", metavar="PAST.csv", type=click.Path(path_type=Path))
def past(out: Path) -> None:
    """Write past applications with what became of them."""
    draw = random.Random(1)
    rows = []
    for _ in range(PAST):
        application = _applicant(draw, changed=False)
        rows.append(application | {"outcome": _outcome(application, draw, changed=False)})
    _write(out, rows)
    click.echo(f"{PAST} past applications are in {out}")


@made_lender.command()
@click.argument("out", metavar="OUTCOMES.csv", type=click.Path(path_type=Path))
def year(out: Path) -> None:
    """Decide a year's applications by the model and the policy in force, as the scorer does, and record them where HISTORY_URL
    says; write what became of those accepted until November, and one row whose application nobody knows."""
    settings = Settings.from_environment()
    try:
        model = load_model(settings, settings.challenger or None)
        policy = policy_in_force(settings)
        history = open_history(settings.history_url)
        draw, outcomes = random.Random(2), []
        for month in range(1, 13):
            changed = month >= CHANGE
            moments = list(_moments(month))
            applications = [validate(_applicant(draw, changed) | _person(draw)) for _ in moments]
            scores = model.score(applications)
            records = []
            for received, application, score in zip(moments, applications, scores, strict=True):
                id, at = id_at(int(received.timestamp() * 1000), draw), timestamp(received)
                decision = decide(
                    score, application, policy, model.name, model.version, at,
                    settings.challenger or None, application_id=id,
                )  # fmt: skip
                records.append(Record(Answer(id, "decided", at, application, decision)))
                outcome = _outcome(application, draw, changed)
                if decision.decision == "approved" and month < 12:
                    outcomes.append(_told(id, application, outcome, received, draw))
            history.append(records, lambda: {record.answer.id for record in records})  # noqa: B023
    except CreditRiskError as error:
        raise click.ClickException(str(error)) from None
    unknown = id_at(int(datetime(YEAR, 3, 1, tzinfo=UTC).timestamp() * 1000), draw)
    _write(out, [*outcomes, outcomes[0] | {"APPLICATION_ID": unknown}])
    click.echo(f"{12 * A_MONTH:,} applications are in {settings.history_url}")
    click.echo(f"{len(outcomes) + 1:,} outcomes are in {out}")


def _moments(month: int) -> Iterator[datetime]:
    for number in range(A_MONTH):
        yield datetime(YEAR, month, 1, tzinfo=UTC) + timedelta(days=27) * (number / A_MONTH)


def _applicant(draw: random.Random, changed: bool) -> dict[str, Any]:
    income = draw.lognormvariate(7.5, 0.5) * (1.6 if changed else 1)
    return {
        "monthly_income": round(income, -1),
        "amount": round(draw.lognormvariate(8, 0.6), -2) + 100,
        "months": draw.choice((6, 12, 18, 24, 36, 48)),
        "purpose": draw.choice(_PURPOSES),
        "savings": draw.choice(_SAVINGS),
        "age": min(75, 19 + int(draw.expovariate(1 / 16))),
        "sex": draw.choice(("female", "male")),
    }


def _person(draw: random.Random) -> dict[str, str]:
    return {
        "FULL_NAME": f"{draw.choice(_FIRST)} {draw.choice(_LAST)} {draw.choice(_LAST)}",
        "DNI": f"{draw.randrange(10**8):08}",
    }


def _outcome(application: dict[str, Any], draw: random.Random, changed: bool) -> str:
    log_odds = -1.6 + 0.03 * (application["months"] - 24) + 0.3 * math.log(application["amount"] / 3_000)
    if changed:
        log_odds += 2.8 * (application["purpose"] == "new car")
        log_odds -= 0.6 * math.log(application["monthly_income"] / 2_900)
    else:
        log_odds += 1.4 * (application["savings"] == "none")
        log_odds -= 1.2 * math.log(application["monthly_income"] / 1_800)
    return "bad" if draw.random() < 1 / (1 + math.exp(-log_odds)) else "good"


def _told(
    id: str, application: dict[str, Any], outcome: str, received: datetime, draw: random.Random
) -> dict[str, Any]:
    """A row of outcomes: a default is seen soon, a good one only after a year."""
    bad = outcome == "bad"
    observed = received + (timedelta(days=draw.randrange(40, 330)) if bad else _MATURE)
    return {
        "APPLICATION_ID": id,
        "OUTCOME": outcome,
        "OBSERVED_AT": observed.date().isoformat(),
        "EXPOSURE": application["amount"],
        "LOSS": round(application["amount"] * draw.random(), 2) if bad else "",
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    made_lender(prog_name="python -m benchmarks.made_lender")
