"""`creditrisk queue`: what waits, what is being scored, what failed."""

import os
from dataclasses import replace
from pathlib import Path

import click

from cli.embedded_redis import is_at_work, url_of
from creditrisk.counted import counted
from creditrisk.errors import UnknownApplication
from creditrisk.queue import ShardedQueue, open_queue
from creditrisk.settings import Settings

_CHECKOUT = Path(__file__).parents[1]


def _queue() -> ShardedQueue:
    """The queue of REDIS_URL; else that of `creditrisk serve`, here or in the checkout; else the default one."""
    settings = Settings.from_environment()
    if not os.environ.get("REDIS_URL"):
        given = click.get_current_context().find_root().meta.get("data")
        for data in [given] if given else (Path("data"), _CHECKOUT / "data"):
            if given or is_at_work(data / "redis"):
                settings = replace(settings, redis_url=url_of(data / "redis"))
                break
    return open_queue(settings)


@click.group(invoke_without_command=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder that `creditrisk serve` was given; REDIS_URL goes before.")  # fmt: skip
@click.pass_context
def queue(context: click.Context, data: Path | None) -> None:
    """Show how the queue stands; `retry` and `discard` deal with what failed.

    The queue is that of REDIS_URL, or of the `creditrisk serve` (`make run`) that runs on this machine.
    """
    context.find_root().meta["data"] = data
    if context.invoked_subcommand:
        return
    state = _queue().state()
    oldest = "-" if state.age is None else f"{state.age:.1f} s"
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
            f"Of {len(ids)} named, {counted(len(ids) - count, 'is', 'are')} not among the failed; see `creditrisk queue`."
        )
    click.echo(counted(count, "application waits again", "applications wait again"))


@queue.command()
@click.argument("application_id", metavar="ID")
def discard(application_id: str) -> None:
    """Delete one failed application for good."""
    if not _queue().discard(application_id):
        raise UnknownApplication(f"{application_id} is not among the failed; see `creditrisk queue`.")
    click.echo(f"{application_id} is discarded")
