"""`creditrisk serve`: the whole system on this machine."""

import os
import socket
import sys
from pathlib import Path

import click

from cli.embedded_redis import EmbeddedRedis
from cli.errors import PortTaken
from cli.supervisor import Child, Supervisor
from creditrisk.errors import HistoryOfAnotherPortfolio, HistoryUnavailable
from creditrisk.history import open_history
from creditrisk.history.index_place import FILE
from creditrisk.settings import Settings


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Port of the form; PORT when not given.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("data"), show_default=True, help="Folder of the embedded Redis and of the history.")  # fmt: skip
def serve(port: int | None, data: Path) -> None:
    """Serve the form and score what comes in, with an embedded Redis unless REDIS_URL is set. Ctrl-C stops it all."""
    os.umask(0o077)  # whatever is written here is personal data
    settings = Settings.from_environment()
    port = port or settings.port
    _check_port(settings.host, port)
    redis = None if os.environ.get("REDIS_URL") else EmbeddedRedis(data / "redis", settings.appendfsync)
    history = settings.history_url if os.environ.get("HISTORY_URL") else str(data / "history")
    environment = {
        **os.environ,
        "REDIS_URL": redis.url if redis else settings.redis_url,
        "HISTORY_URL": history,
        "DATABASE_URL": settings.database_url or _index_beside(history, data),
        "PORT": str(port),
    }
    address = f"http://{'localhost' if settings.host in ('127.0.0.1', '0.0.0.0') else settings.host}:{port}"
    _look_at_history(history)
    children = [
        Child("scorer", [sys.executable, "-m", "cli", "worker"], environment, vital=False),
        Child("index", [sys.executable, "-m", "cli", "index", "follow"], environment, vital=False),
        Child("form", _form(settings, port), environment),
    ]
    queue = f"queue at {redis.url}; " if redis else ""  # one that was given may carry its password
    Supervisor(redis, children).run(
        lambda: _ready(settings, port), f"Ready: {address}  (history in {history}; {queue}Ctrl-C stops)"
    )


def _index_beside(history: str, data: Path) -> str:
    """Where the index is kept when nothing else is told: beside a history in a folder, else in `data`."""
    return f"sqlite:///{data.absolute() / FILE}" if history.startswith("s3://") else ""


def _look_at_history(url: str) -> None:
    """Say at once that nothing can be recorded. The form starts all the same: what it accepts waits in the queue.

    Raises HistoryOfAnotherPortfolio.
    """
    try:
        open_history(url).check()
    except HistoryOfAnotherPortfolio:
        raise  # it never mends by itself
    except HistoryUnavailable as error:
        click.echo(
            f"creditrisk: {error} It is at {url}. Until that is mended, applications are accepted and wait undecided.",
            err=True,
        )


def _form(settings: Settings, port: int) -> list[str]:
    """gunicorn with the settings and the worker of web.serving."""
    bind = f"{settings.host}:{port}"
    return [
        sys.executable, "-m", "gunicorn", "--config", "python:web.serving", "--bind", bind, "--graceful-timeout", "4",
    ]  # fmt: skip


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} of {host} cannot be used ({error.strerror}); choose another with PORT=…"
            ) from error


def _ready(settings: Settings, port: int) -> bool:
    """Whether the form accepts connections."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((settings.host, port)) == 0
