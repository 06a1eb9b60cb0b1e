"""`creditrisk queue`: what waits, what is being scored, what failed."""

import time

import click

from creditrisk.application_id import is_application_id, received_at
from creditrisk.errors import UnknownApplication
from creditrisk.queue import ApplicationQueue, connect
from creditrisk.settings import Settings


def _queue() -> ApplicationQueue:
    settings = Settings.from_environment()
    return ApplicationQueue(
        connect(settings.redis_url), lease_seconds=settings.lease_seconds, result_ttl=settings.result_ttl
    )


@click.group(invoke_without_command=True)
@click.pass_context
def queue(context: click.Context) -> None:
    """Show how the queue stands; `retry` and `discard` deal with what failed."""
    if context.invoked_subcommand:
        return
    state = _queue().state()
    oldest = "-"
    if state.oldest and is_application_id(state.oldest):
        oldest = f"{max(0.0, time.time() - received_at(state.oldest).timestamp()):.1f} s"
    for name, value in (
        ("waiting", state.waiting),
        ("claimed", state.claimed),
        ("failed", len(state.failed)),
        ("oldest waiting", oldest),
        ("scorers awake", state.scorers),
    ):
        click.echo(f"{name:<15} {value}")
    for application_id, reason in state.failed.items():
        click.echo(f"failed  {application_id}  {reason}")


@queue.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
def retry(ids: tuple[str, ...]) -> None:
    """Put failed applications back into the queue: those named, or all."""
    applications = _queue()
    count = sum(applications.retry(application_id) for application_id in ids or applications.state().failed)
    if ids and count < len(ids):
        raise UnknownApplication(
            f"{len(ids) - count} of {len(ids)} are not among the failed; see `creditrisk queue`."
        )
    click.echo(f"{count} applications wait again")


@queue.command()
@click.argument("application_id", metavar="ID")
def discard(application_id: str) -> None:
    """Delete one failed application for good."""
    if not _queue().discard(application_id):
        raise UnknownApplication(f"{application_id} is not among the failed; see `creditrisk queue`.")
    click.echo(f"{application_id} is discarded")
