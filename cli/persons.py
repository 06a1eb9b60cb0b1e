"""Who asks for a change: `--as NAME`, and without it the account on this machine."""

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def account() -> str:
    """The name of the account that runs this process; empty where it has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def by_whom(command: Command) -> Command:
    """The option `--as NAME`, as the argument `by`."""
    option = click.option("--as", "by", metavar="NAME", default=account, help="Who asks for it, for the audit log; the account on this machine when not given.")  # fmt: skip
    return option(command)
