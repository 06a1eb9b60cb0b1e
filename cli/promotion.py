"""`creditrisk model compare`, `promote`, `rollback`, `history`, `at`: which version decides, and since when."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.evidence import from_record, moment, seen_as
from cli.persons import by_whom
from creditrisk.counted import counted
from creditrisk.errors import one_line
from creditrisk.settings import Settings
from lifecycle.audit import open_audit
from lifecycle.promotion.activation import active_version
from models.store.errors import UnknownVersion
from models.store.versions import Store, Version

if TYPE_CHECKING:
    from lifecycle.promotion.gate import Gate
    from lifecycle.promotion.past import Reign
    from models.training.data import Data

_ON = click.option("--on", "file", metavar="FILE", type=click.Path(path_type=Path), help="Judge on this table with outcomes, as `creditrisk train` takes it, in place of the record.")  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@_ON
@seen_as
@_JSON
def compare(
    first: str,
    second: str,
    file: Path | None,
    maturity: int | None,
    as_of: datetime | None,
    months: int,
    as_json: bool,
) -> None:
    """Compare two versions on the last months' applications with outcomes. A and B are versions of the store, or their first
    signs, or `active`."""
    from creditrisk.policy.in_force import policy_in_force
    from lifecycle.learning import enough
    from lifecycle.promotion.comparison import compare as run
    from lifecycle.promotion.comparison import judge
    from scoring import load

    settings = Settings.from_environment()
    store = Store(Path(settings.model_store))
    found = [None if name == "active" else store.version(name) for name in (first, second)]
    data = _holdout(settings, [one for one in found if one], file, maturity, moment(as_of), months)
    enough(data, "The hold-out")
    judged = [judge(load(one.layer if one else settings.model_folder, settings.model), data) for one in found]
    comparison = run(judged[0], judged[1], data, policy_in_force(settings).decline_from)
    if as_json:
        click.echo(json.dumps(comparison.to_dict()))
        return
    click.echo(
        f"{counted(len(data), 'application')}, {int(data.bad.sum()):,} of them bad, judged by {settings.model}"
    )
    click.echo(f"{'version':<14}{'ROC-AUC':<26}{'KS':<8}{'Brier':<8}{'slope':<7}{'error':<8}mean probability")
    for one in judged:
        told = one.figures
        auc = f"{told.roc_auc.value:.4f} ({told.roc_auc.low:.4f} – {told.roc_auc.high:.4f})"
        click.echo(
            f"{one.version:<14}{auc:<26}{told.ks:<8.4f}{told.brier.value:<8.4f}{told.calibration.slope.value:<7.2f}"
            f"{told.calibration.error:<8.4f}{told.mean_probability:.4f}, bad rate {told.bad_rate.value:.4f}"
        )
    gain = comparison.advantage
    click.echo(
        f"{judged[1].version} ranks {gain.value:+.4f} (95 % between {gain.low:+.4f} and {gain.high:+.4f})"
    )
    click.echo(
        f"approved at {comparison.threshold:g} by one alone: {comparison.only_first_approves:,} by {judged[0].version}, "
        f"{comparison.only_second_approves:,} by {judged[1].version}"
    )


@click.command()
@click.argument("version", metavar="VERSION")
@by_whom
@_ON
@seen_as
@_JSON
def promote(
    version: str,
    by: str,
    file: Path | None,
    maturity: int | None,
    as_of: datetime | None,
    months: int,
    as_json: bool,
) -> None:
    """Let VERSION decide from now on, if it passes the gates: files, law, golden rows, ranking, calibration, fairness,
    age, reasons. A running scorer takes it up within seconds.

    With PROMOTION_APPROVALS=2 the first to ask proposes it, and another person, who asks for the same, confirms.
    """
    from lifecycle.promotion.promoting import gates_of
    from lifecycle.promotion.promoting import promote as run

    settings = Settings.from_environment()
    found = Store(Path(settings.model_store)).version(version)
    gates = gates_of(settings, found, _holdout(settings, [found], file, maturity, moment(as_of), months))
    if not as_json:
        _print(gates)
    done = run(settings, found, gates, by, signature_of(settings))
    if as_json:
        click.echo(json.dumps(done.to_dict()))
    elif done.active:
        click.echo(
            f"version {done.version} decides from now on, in place of {done.before or 'none'}; "
            "creditrisk model rollback takes it back"
        )
    else:
        click.echo(
            f"version {done.version} is proposed by {done.proposed_by}; another person has to confirm it: "
            f"creditrisk model promote {done.version} --as NAME"
        )


@click.command()
@click.argument("version", metavar="[VERSION]", default="")
@by_whom
@_JSON
def rollback(version: str, by: str, as_json: bool) -> None:
    """Go back to VERSION, or to the one before; with MODEL_PUBLIC_KEY, only to one that is signed. No gate is asked: it is
    for the moment when the active one must not go on."""
    from lifecycle.promotion.promoting import go_back

    settings = Settings.from_environment()
    active = go_back(settings, version, by, signature_of(settings))
    click.echo(json.dumps({"version": active}) if as_json else f"version {active} decides from now on")


@click.command()
@_JSON
def history(as_json: bool) -> None:
    """Print every version that was ever here: how it came, by whom, what it was worth, and when it decided."""
    from lifecycle.promotion.past import reigns

    settings = Settings.from_environment()
    reigned = reigns(open_audit(settings.history_url).entries())
    versions = Store(Path(settings.model_store)).versions()
    if as_json:
        found = [
            {
                "version": one.name,
                "kept": [vars(kept) for kept in one.kept],
                "card": one.card,
                "decided": [vars(reign) for reign in reigned if reign.version == one.name],
            }
            for one in versions
        ]
        click.echo(json.dumps(found))
        return
    if not versions:
        active = active_version(settings.model_folder) or "no version"
        click.echo(f"{active} decides; no version was trained, installed or promoted here yet")
    for one in versions:
        kept = one.kept[0] if one.kept else None
        came = f"{kept.at}  {kept.how:<10}  {kept.by:<12}" if kept else f"{'':<48}"
        auc = _worth(one, settings.model)
        click.echo(one_line(f"{one.name}  {came}  {auc}".rstrip()))
        for reign in (reign for reign in reigned if reign.version == one.name):
            click.echo(one_line(f"{'':<14}{_reigned(reign)}"))


@click.command()
@click.argument("when", metavar="DATE")
@_JSON
def at(when: str, as_json: bool) -> None:
    """Say which version decided on DATE: a day (YYYY-MM-DD, UTC), or a moment with its zone (2026-11-23T05:18:32Z)."""
    from lifecycle.promotion.past import active_at

    log = open_audit(Settings.from_environment().history_url)
    try:
        found = active_at(log.entries(), when)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DATE") from None
    if as_json:
        click.echo(json.dumps([vars(reign) for reign in found]))
        return
    if not found:
        raise UnknownVersion(
            f"The audit log does not tell which version decided on {when}: it knows of no change before. Every record names "
            "the version that decided it: `creditrisk index search --since DAY --until DAY`."
        )
    for reign in found:
        click.echo(one_line(f"{reign.version}  {_reigned(reign)}"))


def signature_of(settings: Settings) -> Callable[[Path], object] | None:
    """What verifies a layer's signature, where the settings ask for one."""
    if not settings.model_public_key:
        return None
    from models.signature import verify

    return partial(verify, key=settings.model_public_key)


def _holdout(
    settings: Settings,
    versions: list[Version],
    file: Path | None,
    maturity: int | None,
    as_of: datetime,
    months: int,
) -> "Data":
    """Applications to judge by: a file's; else those that none of the versions learned from, as the store knows; where it
    does not, the last months', with a word of warning."""
    from lifecycle.learning import holdout_start

    if file:
        from models.training.data import read

        return read(file)
    held = [fact["from"] for one in versions if (fact := one.fact("holdout"))]
    if not held:
        click.echo(
            "creditrisk: the store does not tell what these versions learned from; they are judged on the last "
            f"{counted(months, 'month')}, which they may have seen",
            err=True,
        )
    since = max(held, default=None)
    known = from_record(settings, maturity, as_of, since)
    return known.data if since else known.since(holdout_start(known.received, months)).data


def _print(gates: "list[Gate]") -> None:
    for gate in gates:
        click.echo(one_line(f"{'passed' if gate.passed else 'FAILED'}  {gate.name:<12}  {gate.said}"))


def _worth(version: Version, model: str) -> str:
    """The ROC-AUC on its hold-out, where the store knows."""
    held: dict[str, Any] = version.fact("holdout") or {}
    auc = held.get(model, {}).get("roc_auc", {}).get("value")
    return f"ROC-AUC {auc:.4f} from {held['from']} on" if auc else ""


def _reigned(reign: "Reign") -> str:
    until = f"until {reign.until}" if reign.until else "to this day"
    since = f"decided from {reign.since} {until}" if reign.since else f"decided {until}"
    return f"{since}, {reign.how} by {reign.by}" if reign.how else since
