"""`creditrisk model`: the model's files, from a data scientist's hands into the layer and back."""

from pathlib import Path

import click

from creditrisk.settings import Settings


def _target() -> Path:
    return Settings.from_environment().model_folder


_FOLDER = click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))


@click.group()
def model() -> None:
    """Check, install, roll back and show the model's files."""


@model.command()
@_FOLDER
def check(folder: Path) -> None:
    """Say whether FOLDER can be served: four files with the manual's names, with or without a manifest."""
    from training.handover import check as run

    _print(run(folder), f"{folder} can be installed")


@model.command()
@_FOLDER
def install(folder: Path) -> None:
    """Put FOLDER's files in the place of the layer; the one that was active is kept for `rollback`."""
    from training.handover import install as run

    target = _target()
    _print(run(folder, target), f"installed in {target}; a running scorer takes it when it is started again")


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


def _print(report, last: str) -> None:  # type: ignore[no-untyped-def]
    kind = (
        "our own kind: arrays, no library needed"
        if report.own
        else "scikit-learn's kind: served through its libraries"
    )
    click.echo(f"version {report.version}, {kind}")
    for name in report.one_row:
        click.echo(
            f"{name:<13} {report.one_row[name]:,.0f} µs for one application, {report.many_rows[name]:,.1f} µs each for a thousand"
        )
    click.echo(last)


def _show() -> None:
    from scoring.manifest import MODEL_FILES, read_manifest

    settings = Settings.from_environment()
    manifest = read_manifest(settings.model_folder)
    data = manifest.data
    click.echo(f"active        {settings.model}, version {manifest.version}")
    click.echo(f"folder        {settings.model_folder}")
    click.echo(f"made          {data.get('trained_at') or data.get('installed_at', 'at a time unknown')}")
    for name in MODEL_FILES:
        figures = data.get("cross_validation", {}).get(name)
        if figures:
            click.echo(
                f"{name:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}, KS {figures['ks']:.3f}, calibration slope {figures['calibration_slope']:.2f}"
            )
    click.echo(
        f"libraries     {', '.join(f'{name} {number}' for name, number in data.get('libraries', {}).items())}"
    )
    click.echo(f"fields        {len(data.get('fields', []))}: {', '.join(data.get('fields', []))}")
