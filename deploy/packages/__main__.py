"""`python -m deploy.packages`: build the function zips and layers, print their sizes, and fail when one is too large."""

import sys
from pathlib import Path

import click

from creditrisk.errors import CreditRiskError
from creditrisk.portfolio import portfolio_folder
from creditrisk.settings import Settings
from deploy.packages import sizes
from deploy.packages.builder import Builder
from deploy.packages.definition import check_model
from deploy.packages.errors import PackageError
from deploy.packages.parts import LAYERS, PARTS
from deploy.packages.target import MACHINES, Target

ROOT = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--python", default="3.13", show_default=True, help="Lambda's Python, such as 3.13.")
@click.option(
    "--arch",
    type=click.Choice(list(MACHINES)),
    default="x86_64",
    show_default=True,
    help="Lambda's processor.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "build",
    help="Folder to build in [build].",
)
def build(python: str, arch: str, output: Path) -> None:
    """Build what Lambda runs, from pinned wheels, into build/PYTHON-ARCH/ (functions and layers, zips beside folders).

    PORTFOLIO_DIR and MODEL_DIR name what is packed in place of the portfolio and the model that ship. With
    MODEL_PUBLIC_KEY, only a model that this key signed is packed: Lambda does not verify it again.
    """
    settings = Settings.from_environment()
    portfolio, model = portfolio_folder().resolve(), settings.model_folder.resolve()
    check_model(portfolio, model)
    if key := settings.model_public_key:
        from models.signature import verify

        verify(model, key)
    builder = Builder(
        ROOT, output.resolve(), Target(python, arch), ROOT / "build", model=model, portfolio=portfolio
    )
    if builder.python is None:
        click.echo(
            f"No Python {python} is installed here: the packages go without bytecode, and cold starts take seconds "
            f"longer. Put python{python} on PATH and build again.",
            err=True,
        )
    for part in PARTS:
        builder.build(part)
    builder.lay_out(LAYERS)
    click.echo(sizes.table(builder))
    sizes.check(builder)


def main() -> None:
    """Build; what goes wrong is told on stderr, with exit status 1."""
    try:
        build(prog_name="python -m deploy.packages")
    except (PackageError, CreditRiskError) as error:
        click.echo(f"packages: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
