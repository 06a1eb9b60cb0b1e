"""`creditrisk policy`: what a score leads to: shown, checked, tried on what was decided, and put into force."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.persons import by_whom
from cli.simulating import as_data, as_text, tried_on
from creditrisk.counted import counted
from creditrisk.errors import SettingError, UnusablePolicy, one_line
from creditrisk.policy.definition import Policy
from creditrisk.policy.in_force import policy_in_force
from creditrisk.policy.place import both_said, has_policy, policy_path
from creditrisk.policy.putting import put
from creditrisk.policy.reading import read_policy
from creditrisk.settings import Settings

_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")


@click.group()
def policy() -> None:
    """What a probability of default leads to, and which rules come before it: a file, policy.toml (docs/policy.md)."""


@policy.command()
@_JSON
def show(as_json: bool) -> None:
    """Print the policy in force, and where it lies."""
    settings = Settings.from_environment()
    found = policy_in_force(settings)
    place = str(policy_path(settings.policy)) if has_policy(settings.policy) else ""
    if as_json:
        click.echo(json.dumps(_told(found) | {"place": place}, ensure_ascii=False, indent=1))
        return
    click.echo(one_line(f"{found.version}, {place or 'no file: the threshold is the policy'}"))
    refers = f", referred to a person from {found.refer_from:g}" if found.refer_from is not None else ""
    click.echo(f"declined from a probability of default of {found.decline_from:g}{refers}")
    for rule in found.rules:
        click.echo(one_line(f"  {rule.decision} by rule {rule}"))
    if found.exploration:
        share, budget, up_to = found.exploration
        click.echo(
            f"{share:.1%} of the declined below {up_to:g} are accepted at random, {budget:,} a day at most"
        )
    if found.worth:
        click.echo("worth: good {:g}, bad {:g}, a review {:g}".format(*found.worth))


@policy.command()
@_FILE
def check(file: Path) -> None:
    """Say everything that is wrong with the policy in FILE, a line each."""
    try:
        read = read_policy(file)
    except UnusablePolicy as error:
        for mistake in error.mistakes:
            click.echo(one_line(mistake), err=True)
        sys.exit(1)
    click.echo(one_line(f"{file} is well: {read.version}, {counted(len(read.rules), 'rule')}"))


@policy.command()
@_FILE
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only applications received on this day (UTC) or later.")  # fmt: skip
@click.option("--scores", metavar="SCORES.csv", type=click.Path(path_type=Path), help="Try it on these rows, and not on the history: fields, `probability` (out-of-fold) and the portfolio's target.")  # fmt: skip
@_JSON
def simulate(file: Path, since: datetime | None, scores: Path | None, as_json: bool) -> None:
    """Show what the policy in FILE would have done, beside the policy in force: approvals, bad rate, profit, groups.

    It is tried on the history with the outcomes that are known, or on scored rows. Nothing is changed.
    """
    settings = Settings.from_environment()
    candidate, current = read_policy(file), policy_in_force(settings)
    since = since.replace(tzinfo=UTC) if since else None
    figures = tried_on(settings, (current, candidate), candidate.worth or current.worth, since, scores)
    click.echo(as_data(*figures) if as_json else as_text(*figures))


@policy.command()
@_FILE
@by_whom
@_JSON
def activate(file: Path, by: str, as_json: bool) -> None:
    """Put the policy in FILE into force. Running scorers take it up within a second; the audit log says who did it."""
    from lifecycle import audit

    settings = Settings.from_environment({**os.environ, "THRESHOLD": ""})
    place = policy_path(settings.policy)
    if os.environ.get("THRESHOLD", "").strip():
        raise SettingError(both_said(place))
    before = _before(settings)
    now = put(file, place)
    audit.record("policy.activated", by, policy=now.version, before=before)
    if as_json:
        click.echo(json.dumps({"policy": now.version, "before": before, "place": str(place)}))
    else:
        click.echo(one_line(f"{now.version} decides from now on; before: {before or 'none'}"))


def _before(settings: Settings) -> str:
    """The version of the policy that is replaced; empty where there is none that can be used."""
    try:
        return policy_in_force(settings).version
    except UnusablePolicy:
        return ""


def _told(policy: Policy) -> dict[str, Any]:
    return {
        "policy": policy.version,
        "decline_from": policy.decline_from,
        "refer_from": policy.refer_from,
        "rules": [
            {"name": rule.name, "decision": rule.decision, "reason": rule.reason} for rule in policy.rules
        ],
        "exploration": policy.exploration._asdict() if policy.exploration else None,
        "worth": policy.worth._asdict() if policy.worth else None,
    }
