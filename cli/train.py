"""`creditrisk train`: from a data file to the model's layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cli.persons import by_whom
from cli.progress import moving
from cli.stopping import stoppable
from creditrisk.application import FIELDS, canonical_name
from creditrisk.counted import counted
from creditrisk.errors import one_line
from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import PROFILES, Profile, left_out
from creditrisk.settings import Settings

_UNCHANGED = "creditrisk: stopped; nothing was changed."
_GOES_ON = "creditrisk: stopped; nothing was changed, and the same command goes on from there."
_WHOLE = "creditrisk: stopped; the layer in {} is whole, the old one or the new one, and the same command goes on from there."


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
    "--exclude-protected",
    is_flag=True,
    help="Leave out every field that the definition calls protected, but for age.",
)
@click.option(
    "--exclude", "excluded", metavar="FIELD", multiple=True, help="Leave out a field; may be repeated."
)
@click.option("--law", "profile", type=click.Choice(list(PROFILES)), help="The law that the models must keep; the portfolio's when not given. A layer that keeps another goes to --out.")  # fmt: skip
@click.option("--card", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the model card; docs/model-card.md when the project's own layer is trained, else none.")  # fmt: skip
@click.option(
    "--ablation",
    "--costs",
    "with_ablation",
    is_flag=True,
    help="Measure for the card what each protected field is worth, by leaving it out; takes some minutes more.",
)
@click.option("--out-of-fold", metavar="FILE.csv", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the rows with their out-of-fold probabilities, for `creditrisk policy simulate --scores`.")  # fmt: skip
@by_whom
def train(
    data: Path,
    out: Path | None,
    seed: int,
    exclude_protected: bool,
    excluded: tuple[str, ...],
    profile: str | None,
    card: Path | None,
    with_ablation: bool,
    out_of_fold: Path | None,
    by: str,
) -> None:
    """Train both models under the portfolio in use, and replace the layer: whole, or not at all.

    DATA is a table with a header that names the fields and the target, in any order (CSV; commas, semicolons, tabs or bars;
    UTF-8, UTF-16 or Windows-1252; gzipped or not), such as the history joined with what became of it. Under the portfolio
    that ships it may be the PAKDD 2010 modelling file as it was published.

    Fields that are held, or that the law forbids to score by, are left out, and named on stderr.
    """
    law = PROFILES[profile] if profile else in_force.profile()
    if law is not in_force.profile() and out is None:
        raise click.UsageError(
            f"this portfolio stands under the law profile {in_force.profile().name}: name with --out where a layer "
            f"under {law.name} is to go"
        )
    names = [canonical_name(name) or name for name in excluded]
    for name in names:
        if name not in FIELDS:
            raise click.BadParameter(f"there is no field {name}", param_hint="--exclude")
    with stoppable(_UNCHANGED):
        from models.training import fairness  # scikit-learn and LightGBM are slow to import
        from models.training.data import read
        from models.training.out_of_fold import write
        from models.training.parts import kept_in
        from models.training.publishing import can_draw, card_of, publish
        from models.training.recipe import PROTECTED, Recipe
        from models.training.train import save
        from models.training.train import train as run

        excluded_fields = frozenset({*names, *(PROTECTED if exclude_protected else ())})
        recipe = Recipe(seed=seed, excluded=excluded_fields).under(law)
        target = out or _active_layer()
        card = card or card_of(target)
        if with_ablation and card is None:
            raise click.UsageError("--ablation is for the model card: say with --card where to write it")
        source = read(data)
        _say(law)  # a file that cannot be learned from gets one line, and no other
        for note in source.notes:
            click.echo(one_line(f"creditrisk: {note}"), err=True)
    if card and (lacking := can_draw()):
        click.echo(f"{lacking} Training goes on without the card.", err=True)
        card = None
    measured = with_ablation and card is not None
    recipe = recipe.for_rows(len(source))
    store = Path(Settings.from_environment().model_store)
    with kept_in(store, source, recipe) as kept:
        with stoppable(_GOES_ON), moving(recipe.steps, "training") as step:
            training = run(source, recipe, step, kept)
        with stoppable(_WHOLE.format(target)):
            with _placing(target, by) as placing:
                save(training, target, placing)
            if out_of_fold:
                write(out_of_fold, source, training, Settings.from_environment().model)
            if card:
                steps = fairness.steps() + (recipe.ablation_steps if measured else 0)
                with moving(steps, "model card") as step:
                    publish(card, training, source, target, step if measured else None, step)
    for model in training.models:
        figures = training.facts["cross_validation"][model]
        click.echo(
            f"{model:<13} ROC-AUC {figures['roc_auc']:.4f} ± {figures['roc_auc_sd']:.4f}  KS {figures['ks']:.3f}  "
            f"Brier {figures['brier']:.4f}  calibration error {figures['calibration_error']:.4f}, slope {figures['calibration_slope']:.2f}"
        )
    click.echo(f"{counted(len(source), 'row')}; the layer is in {target}")
    if card:
        click.echo(f"its model card is {card}")


@contextmanager
def _placing(target: Path, by: str) -> Iterator[Callable[[Path], object]]:
    """What keeps the new layer in the store of versions, and tells of it where it is the active one that is replaced."""
    from lifecycle.promotion.activation import Activation
    from models.store.versions import Store

    settings = Settings.from_environment()
    if target.resolve() != settings.model_folder.resolve():
        yield lambda layer: Store(Path(settings.model_store)).keep(layer, "trained", by)
        return
    with Activation(settings, by, "trained") as activation:
        yield activation.begins


def _say(law: Profile) -> None:
    """Which fields are left out by the law, and why."""
    if told := [f"{name} ({why})" for name, why in left_out(law, FIELDS).items()]:
        click.echo(f"creditrisk: left out under the law profile {law.name}: {'; '.join(told)}", err=True)


def _active_layer() -> Path:
    """The layer that is replaced when none is named. Raises UsageError when that would be another portfolio's."""
    settings = Settings.from_environment()
    if settings.portfolio_dir and not settings.model_dir:
        raise click.UsageError(
            f"the layer in {settings.model_folder} is another portfolio's; name with MODEL_DIR (or --out) where the model of "
            f"{settings.portfolio_dir} is to go"
        )
    return settings.model_folder
