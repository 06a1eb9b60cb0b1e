"""The front door: `creditrisk COMMAND`."""

import importlib
import logging
import os
import platform
import sys

import click
from click.exceptions import NoSuchCommand

from creditrisk import __version__
from creditrisk.errors import CreditRiskError, one_line
from creditrisk.settings import Settings

COMMANDS = {
    "serve": ("cli.serve:serve", "Serve the form and score what comes in, on this machine."),
    "worker": ("cli.worker:worker", "Drain the queue: the scorer as a long-running process."),
    "portfolio": (
        "cli.portfolio:portfolio",
        "Draft, check and show what a lender asks: its fields, target and law.",
    ),
    "train": ("cli.train:train", "Train both models from a data file."),
    "retrain": ("cli.retrain:retrain", "Train a candidate from files and the record's outcomes."),
    "score": ("cli.score:score", "Score a CSV file."),
    "model": (
        "cli.model:model",
        "Check, install, sign and show the model; compare versions, promote one, go back.",
    ),
    "history": ("cli.history:history", "Export what was decided; bring another history along."),
    "policy": ("cli.policy:policy", "Show, check, simulate and activate what a score leads to."),
    "reviews": ("cli.reviews:reviews", "See what waits for a person's decision, and decide."),
    "monitor": ("cli.monitor:monitor", "How the decisions turned out: performance, drift, groups."),
    "index": ("cli.index:index", "Look applications up; make, follow and check the index of the record."),
    "outcomes": ("cli.outcomes:outcomes", "Add, export and show what became of applications."),
    "queue": ("cli.queue:queue", "Show how the queue stands; retry or discard what failed."),
    "audit": ("cli.audit:audit", "Show the log of what was changed; find out whether it was tampered with."),
    "reference": ("cli.reference:reference", "What the logs call an application."),
}
"""Command → where it is defined, and its line of help; its module is imported only when it is called."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a misspelt command gets the suggestion that click makes for those it knows beforehand."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name.lower(), possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])


def _settings_help() -> str:
    rows = "\n".join(
        f"  {name:<16} {help}{f' [{default}]' if default else ''}" for name, default, help in Settings.table()
    )
    return f"\b\nSettings (environment variables):\n{rows}"


@click.group(
    cls=_LazyGroup, epilog=_settings_help(), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(
    __version__, "-V", "--version", message=f"%(prog)s %(version)s (Python {platform.python_version()})"
)
@click.pass_context
def creditrisk(ctx: click.Context) -> None:
    """Credit-risk scoring: a form, a queue and a scorer."""
    if ctx.invoked_subcommand == "portfolio":
        return  # the settings follow from the portfolio in use, and this one is for portfolios that cannot be used yet
    logging.basicConfig(
        level=Settings.from_environment().log_level,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def main() -> None:
    """Run a command; an error that a person can act on is one line on stderr and exit status 1."""
    # A score is a few small products of matrices: more threads for them only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        creditrisk(prog_name="creditrisk")
    except CreditRiskError as error:
        click.echo(f"creditrisk: {one_line(str(error))}", err=True)
        sys.exit(1)
