"""`creditrisk model`: the model's files, from a data scientist's hands into the layer and back."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import promotion
from cli.persons import by_whom
from creditrisk.counted import counted
from creditrisk.errors import one_line
from creditrisk.policy.in_force import policy_in_force
from creditrisk.settings import Settings

if TYPE_CHECKING:
    from minisign import SecretKey

    from models.handover.report import Report
    from scoring.manifest import Manifest


_SHOWN = 20
_FOLDER = click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
_BAD = click.option(
    "--bad", metavar="CLASS", help="The bad class, where it is not 1 (or True); kept in the manifest."
)
_FILE = click.Path(path_type=Path)


@click.group()
def model() -> None:
    """Check, install, sign and show the model's files; compare versions, promote one, go back."""


for command in (promotion.compare, promotion.promote, promotion.rollback, promotion.history, promotion.at):
    model.add_command(command)


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
    _print(
        run(folder, bad, settings.model, policy_in_force(settings).decline_from), f"{folder} can be installed"
    )


@model.command()
@_FOLDER
@_BAD
@click.option(
    "--key", metavar="FILE", type=_FILE, help="Sign the layer with this secret key before it serves."
)
@by_whom
def install(folder: Path, bad: str | None, key: Path | None, by: str) -> None:
    """Put FOLDER, as plain data, in the place of the layer; the one that was active is kept for `rollback`."""
    from lifecycle.promotion.activation import Activation, then
    from models.handover.check import install as run
    from models.signature import sign as sign_layer

    settings = Settings.from_environment()
    target = settings.model_folder
    signer = partial(sign_layer, key=_opened(key), expected=settings.model_public_key) if key else None
    with Activation(settings, by, "installed") as activation:
        placing = then(signer, activation.begins)
        report = run(folder, target, bad, settings.model, policy_in_force(settings).decline_from, placing)
    _print(report, f"installed in {target}; a running scorer takes it up within seconds")
    if settings.model not in report.models:
        click.echo(
            f"MODEL={settings.model} is not in it: start the scorer with MODEL={next(iter(report.models))}",
            err=True,
        )
    if settings.model_public_key and not key:
        click.echo(
            "MODEL_PUBLIC_KEY is set, and this layer is not signed: no scorer starts with it before "
            "`creditrisk model sign` (or install with --key)",
            err=True,
        )


@model.command()
@click.argument("out", metavar="OUT.py", type=click.Path(dir_okay=False, path_type=Path))
def template(out: Path) -> None:
    """Write a script that trains a model on a CSV file of the fields, and hands it over so that it passes `check`.

    It takes the portfolio's quantities and levels, and leaves out by itself what the portfolio's law forbids.
    """
    from models.handover.contract import script

    if out.exists():
        raise click.UsageError(f"{out} is there already; name another file")
    try:
        out.write_text(script(), encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from None
    click.echo(f"{out} is written; python {out} TRAINING.csv FOLDER, then creditrisk model check FOLDER")


@model.command()
@click.argument("path", metavar="PATH", type=_FILE)
def keygen(path: Path) -> None:
    """Make a key to sign layers with: the secret one in PATH, the public one in PATH.pub, as minisign keeps them."""
    from models.signature import generate

    password = click.prompt(
        "Password of the new key (empty: none)",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    public = generate(path, password)
    click.echo(
        f"the secret key is {path}, "
        + ("protected by the password" if password else "NOT protected: whoever reads that file can sign")
    )
    click.echo(f"the public key is {public}; MODEL_PUBLIC_KEY={public.read_text().splitlines()[1]}")


@model.command()
@click.option("--key", metavar="FILE", type=_FILE, help="The secret key [~/.minisign/minisign.key].")
@by_whom
def sign(key: Path | None, by: str) -> None:
    """Sign the active layer: its manifest, which lists every file with its digest, into manifest.json.minisig."""
    from models.signature import SECRET_KEY
    from models.signature import sign as run
    from models.store.versions import Store

    settings = Settings.from_environment()
    signed = run(settings.model_folder, _opened(key or SECRET_KEY), settings.model_public_key)
    Store(Path(settings.model_store)).keep(settings.model_folder, "signed", by)
    click.echo(f"signed version {signed.manifest.version} in {settings.model_folder}")


@model.command()
@click.option("--key", metavar="PUB", help="The public key, its text or its file [MODEL_PUBLIC_KEY].")
def verify(key: str | None) -> None:
    """Say whether the active layer is signed, and every file of it is the one that was signed."""
    from models.signature import verify as run

    settings = Settings.from_environment()
    asked = key or settings.model_public_key
    if not asked:
        raise click.UsageError("say with --key, or MODEL_PUBLIC_KEY, whose signature it should be")
    signed = run(settings.model_folder, asked)
    click.echo(f"version {signed.manifest.version} in {settings.model_folder} is signed ({signed.comment})")


@model.command()
def show() -> None:
    """Print what is active."""
    _show()


def _opened(path: Path) -> "SecretKey":
    """The secret key in a file; its password, when it has one, is asked for."""
    from models.signature import opened, secret_key

    key = secret_key(path)
    if key.is_encrypted():
        return opened(key, click.prompt(f"Password of {path}", hide_input=True, err=True))
    return key


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
    if report.reference is None:
        click.echo(
            "no reference distributions: no drift will be measured against this model (reference.csv, docs/handover.md)"
        )
    else:
        click.echo(f"reference distributions: of {counted(report.reference, 'application')}")
    for warning in report.warnings:
        click.echo(f"note: {warning}")
    if report.left_alone:
        more = len(report.left_alone) - _SHOWN
        names = ", ".join(report.left_alone[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        click.echo(f"left alone: {names}")
    click.echo(last)


def _show() -> None:
    from scoring.errors import ManifestMissing
    from scoring.manifest import read_manifest

    settings = Settings.from_environment()
    manifest = read_manifest(settings.model_folder)
    data = manifest.data
    try:
        lines = [
            f"active        {settings.model}, version {manifest.version}",
            f"folder        {settings.model_folder}",
            f"made          {data.get('trained_at') or data.get('installed_at', 'at a time unknown')}",
        ]
        for name in manifest.models:
            figures = data.get("cross_validation", {}).get(name)
            if figures:
                lines.append(
                    f"{name:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}, KS {figures['ks']:.3f}, calibration slope {figures['calibration_slope']:.2f}"
                )
        libraries = ", ".join(f"{name} {number}" for name, number in data.get("libraries", {}).items())
        fields = data.get("fields", [])
        lines += [
            f"reference     {_reference(settings.model_folder, manifest)}",
            f"libraries     {libraries}",
            f"fields        {len(fields)}: {', '.join(fields)}",
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestMissing(
            f"The manifest in {settings.model_folder} is not one that installing writes ({type(error).__name__}); install the "
            "layer again, or go back with `creditrisk model rollback`."
        ) from None
    for line in lines:
        click.echo(one_line(line))


def _reference(folder: Path, manifest: "Manifest") -> str:
    """What `show` says of a layer's reference distributions."""
    from scoring.errors import ReferenceMissing
    from scoring.reference import read_reference

    try:
        return f"distributions of {counted(read_reference(folder, manifest).rows, 'application')}"
    except ReferenceMissing:
        return "none: no drift can be measured; train anew, or install with a reference.csv"
