"""`creditrisk retrain`: a candidate from what the record has taught since."""

import json
from datetime import datetime
from pathlib import Path

import click

from cli.evidence import from_record, moment, seen_as
from cli.persons import by_whom
from cli.progress import moving
from cli.stopping import stoppable
from creditrisk.counted import counted
from creditrisk.errors import one_line
from creditrisk.portfolio import in_force
from creditrisk.settings import Settings


@click.command()
@click.argument("data", metavar="[DATA]...", nargs=-1, type=click.Path(path_type=Path))
@seen_as
@by_whom
@click.option("--seed", type=int, default=64, show_default=True, help="The same data, moment and seed give the same bytes.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def retrain(
    data: tuple[Path, ...],
    maturity: int | None,
    as_of: datetime | None,
    months: int,
    by: str,
    seed: int,
    as_json: bool,
) -> None:
    """Train both models on the files DATA and on the record's applications whose outcome counts, and keep the result as a
    candidate: the active model stays as it is (see `creditrisk model compare` and `promote`).

    DATA are tables as `creditrisk train` takes them, older than the record. Of the record, each accepted application is
    weighted by 1 / the chance with which it was accepted. The last months are not learned from: they judge the candidate.
    """
    with stoppable("creditrisk: stopped; nothing was changed, and the same command goes on from there."):
        from lifecycle.audit import open_audit
        from lifecycle.promotion.activation import named
        from lifecycle.promotion.comparison import told
        from lifecycle.retraining import lesson  # scikit-learn and LightGBM are slow to import
        from lifecycle.retraining import retrain as run
        from models.store.versions import Store
        from models.training.data import read
        from models.training.recipe import Recipe

        settings, by, seen = Settings.from_environment(), named(by), moment(as_of)
        files = [read(path) for path in data]
        for note in (note for file in files for note in file.notes):
            click.echo(one_line(f"creditrisk: {note}"), err=True)
        taught = lesson(files, from_record(settings, maturity, seen), months)
        recipe = Recipe(seed=seed, repeats=1).under(in_force.profile())
        with moving(recipe.steps, "retraining") as step:
            done = run(taught, recipe, Store(Path(settings.model_store)), by, seen, step)
        figures = {name: told(one) for name, one in done.judged.items()}
        open_audit(settings.history_url).record(
            "model.retrained", by, version=done.version.name, data=taught.learned.fingerprint,
            rows=len(taught.learned), holdout=len(taught.holdout), holdout_from=taught.start,
            roc_auc={name: told["roc_auc"] for name, told in figures.items()},
        )  # fmt: skip
    if as_json:
        said = {"version": done.version.name, "rows": len(taught.learned), "holdout_from": taught.start, "holdout": figures}  # fmt: skip
        click.echo(json.dumps(said))
        return
    for name, one in done.judged.items():
        auc = one.figures.roc_auc
        click.echo(
            f"{name:<13} ROC-AUC {auc.value:.4f} (95 % between {auc.low:.4f} and {auc.high:.4f}) on "
            f"{counted(len(taught.holdout), 'application')} from {taught.start} on"
        )
    click.echo(
        f"{counted(len(taught.learned), 'row')}; the candidate is version {done.version.name}: "
        f"creditrisk model promote {done.version.name}"
    )
