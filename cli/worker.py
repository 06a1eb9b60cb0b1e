"""`creditrisk worker`: the scorer as a long-running process."""

import os

import click

from creditrisk.settings import Settings


@click.command()
def worker() -> None:
    """Drain the queue until SIGTERM or Ctrl-C; then finish the batch in hand and stop."""
    os.umask(0o077)  # the history is personal data
    from functions.scorer.worker import work  # loads the scoring code, which other commands do without

    work(Settings.from_environment())
