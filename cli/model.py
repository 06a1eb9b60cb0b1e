"""`creditrisk model`: the model's files, from a data scientist's hands into the layer and back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from creditrisk.settings import Settings

if TYPE_CHECKING:
    from models.handover.check import Report


def _target() -> Path:
    return Settings.from_environment().model_folder


_FOLDER = click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
_BAD = click.option(
    "--bad", metavar="CLASS", help="The bad class, where it is not 1 (or True); kept in the manifest."
)


@click.group()
def model() -> None:
    """Check, install, roll back and show the model's files."""


@model.command()
@_FOLDER
@_BAD
def check(folder: Path, bad: str | None) -> None:
    """Say whether FOLDER can be served, and what it would answer; nothing in it is run outside a closed process.

    FOLDER holds what docs/handover.md describes: encoder, scaler and one model or two, as pickles, skops, ONNX or
    LightGBM's text, and expected.csv with the scores of the notebook.
    """
    from models.handover.check import check as run

    settings = Settings.from_environment()
    _print(run(folder, bad, settings.model, settings.threshold), f"{folder} can be installed")


@model.command()
@_FOLDER
@_BAD
def install(folder: Path, bad: str | None) -> None:
    """Put FOLDER, as plain data, in the place of the layer; the one that was active is kept for `rollback`."""
    from models.handover.check import install as run

    settings = Settings.from_environment()
    target = settings.model_folder
    report = run(folder, target, bad, settings.model, settings.threshold)
    _print(report, f"installed in {target}; a running scorer takes it when it is started again")
    if settings.model not in report.models:
        click.echo(
            f"MODEL={settings.model} is not in it: start the scorer with MODEL={next(iter(report.models))}",
            err=True,
        )


@model.command()
@click.argument("out", metavar="OUT.py", type=click.Path(dir_okay=False, path_type=Path))
def template(out: Path) -> None:
    """Write a script that trains a model on a CSV file of the fields, and hands it over so that it passes `check`."""
    from models.handover.contract import TEMPLATE

    if out.exists():
        raise click.UsageError(f"{out} is there already; name another file")
    try:
        out.write_bytes(TEMPLATE.read_bytes())
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from None
    click.echo(f"{out} is written; python {out} TRAINING.csv FOLDER, then creditrisk model check FOLDER")


@model.command()
def rollback() -> None:
    """Exchange the layer with the one that it replaced."""
    from training.layer import roll_back

    roll_back(_target())
    _show()


@model.command()
def show() -> None:
    """Print what is active."""
    _show()


def _print(report: "Report", last: str) -> None:
    kind = (
        "our own kind: arrays"
        if report.own
        else "converted to ONNX: no pickle and no training library is served"
    )
    click.echo(f"version {report.version}, {kind}")
    for name, figures in report.models.items():
        click.echo(
            f"{name:<13} {figures.one:,.0f} µs for one application, {figures.one_with_reasons:,.0f} with reasons, "
            f"{figures.many:,.1f} each for a thousand"
        )
        click.echo(
            f"{'':<13} made-up applicants: mean probability of default {figures.mean:.3f}, {figures.declined:.1%} declined"
        )
    if report.expected is None:
        click.echo(
            "no expected scores came along (expected.csv): whether it answers as the notebook did was not compared; "
            "look at the mean and the share declined"
        )
    else:
        click.echo(f"expected scores: all {report.expected:,} come out, to 0.00001")
    for warning in report.warnings:
        click.echo(f"note: {warning}")
    if report.left_alone:
        click.echo(f"left alone: {', '.join(report.left_alone)}")
    click.echo(last)


def _show() -> None:
    from scoring.manifest import read_manifest

    settings = Settings.from_environment()
    manifest = read_manifest(settings.model_folder)
    data = manifest.data
    click.echo(f"active        {settings.model}, version {manifest.version}")
    click.echo(f"folder        {settings.model_folder}")
    click.echo(f"made          {data.get('trained_at') or data.get('installed_at', 'at a time unknown')}")
    for name in manifest.models:
        figures = data.get("cross_validation", {}).get(name)
        if figures:
            click.echo(
                f"{name:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}, KS {figures['ks']:.3f}, calibration slope {figures['calibration_slope']:.2f}"
            )
    click.echo(
        f"libraries     {', '.join(f'{name} {number}' for name, number in data.get('libraries', {}).items())}"
    )
    click.echo(f"fields        {len(data.get('fields', []))}: {', '.join(data.get('fields', []))}")
