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
@click.option("--card", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the model card; docs/model-card.md when the project's own layer is trained, else none.")  # fmt: skip
@click.option(
    "--ablation",
    "--costs",
    "with_ablation",
    is_flag=True,
    help="Measure for the card what each protected field is worth, by leaving it out; takes some minutes more.",
)
def train(
    data: Path,
    out: Path | None,
    seed: int,
    exclude_protected: bool,
    excluded: tuple[str, ...],
    card: Path | None,
    with_ablation: bool,
) -> None:
    """Train both models from the PAKDD 2010 modelling file as it was published (.txt or .gz), and replace the layer.

    The layer is replaced whole or not at all.
    """
    names = [canonical_name(name) or name for name in excluded]
    for name in names:
        if name not in FIELDS:
            raise click.BadParameter(f"there is no field {name}", param_hint="--exclude")
    from models.training.data import read  # scikit-learn and LightGBM are slow to import
    from models.training.publishing import can_draw, card_of, publish
    from models.training.recipe import PROTECTED, Recipe
    from models.training.train import save
    from models.training.train import train as run

    recipe = Recipe(seed=seed, excluded=frozenset({*names, *(PROTECTED if exclude_protected else ())}))
    target = out or Settings.from_environment().model_folder
    card = card or card_of(target)
    if with_ablation and card is None:
        raise click.UsageError("--ablation is for the model card: say with --card where to write it")
    source = read(data)
    if card and (lacking := can_draw()):
        click.echo(f"{lacking} Training goes on without the card.", err=True)
        card = None
    measured = with_ablation and card is not None
    steps = recipe.steps + (recipe.ablation_steps if measured else 0)
    with tqdm(total=steps, desc="training", unit="step") as bar:
        training = run(source, recipe, bar.update)
        save(training, target)
        if card:
            publish(card, training, source, target, bar.update if measured else None)
    for model in training.models:
        figures = training.facts["cross_validation"][model]
        click.echo(
            f"{model:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}  KS {figures['ks']:.3f}  "
            f"Brier {figures['brier']:.4f}  calibration error {figures['calibration_error']:.4f}, slope {figures['calibration_slope']:.2f}"
        )
    click.echo(f"{len(source):,} rows; the layer is in {target}")
    if card:
        click.echo(f"its model card is {card}")
