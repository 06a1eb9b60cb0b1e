"""`creditrisk train`: from a data file to the model's layer."""

from pathlib import Path

import click
from tqdm import tqdm

from creditrisk.application import FIELDS, canonical_name
from creditrisk.settings import Settings


@click.command()
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the layer to replace; the active one when not given.")  # fmt: skip
@click.option(
    "--seed",
    type=int,
    default=64,
    show_default=True,
    help="The same data and seed give the same predictions.",
)
@click.option(
    "--exclude-protected", is_flag=True, help="Leave out sex, marital status, nationality and place of birth."
)
@click.option(
    "--exclude", "excluded", metavar="FIELD", multiple=True, help="Leave out a field; may be repeated."
)
def train(
    data: Path, out: Path | None, seed: int, exclude_protected: bool, excluded: tuple[str, ...]
) -> None:
    """Train both models from the PAKDD 2010 modelling file as it was published (.txt or .gz), and replace the layer.

    The layer is replaced whole or not at all.
    """
    names = [canonical_name(name) or name for name in excluded]
    for name in names:
        if name not in FIELDS:
            raise click.BadParameter(f"there is no field {name}", param_hint="--exclude")
    from training.data import read  # scikit-learn and LightGBM are slow to import
    from training.train import PROTECTED, STEPS, save
    from training.train import train as run

    source = read(data)
    target = out or Settings.from_environment().model_folder
    with tqdm(total=STEPS, desc="training", unit="step") as bar:
        training = run(source, seed, {*names, *(PROTECTED if exclude_protected else ())}, bar.update)
    save(training, target)
    for model in training.models:
        figures = training.facts["cross_validation"][model]
        click.echo(
            f"{model:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}  KS {figures['ks']:.3f}  "
            f"Brier {figures['brier']:.4f}  calibration error {figures['calibration_error']:.4f}, slope {figures['calibration_slope']:.2f}"
        )
    click.echo(f"{len(source):,} rows; the layer is in {target}")
