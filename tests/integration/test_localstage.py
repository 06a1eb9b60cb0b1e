"""localstack/up on a port that it cannot have: told before anything is installed, started or left behind."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from localstage.__main__ import main

Up = Callable[..., tuple[object, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def up(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Up:
    """Call localstack/up; returns its exit status and what it complains of."""

    def call(*arguments: str, port: str = "") -> tuple[object, str]:
        monkeypatch.setenv("LOCALSTACK_PORT", port)
        monkeypatch.setattr(sys, "argv", ["localstack", "--folder", str(folder), "up", *arguments])
        try:
            status: object = main()
        except SystemExit as left:
            status = left.code
        return status, capsys.readouterr().err

    return call


def listening(host: str, family: socket.AddressFamily = socket.AF_INET) -> Callable[[], socket.socket]:
    """Somebody who takes connections and never says a word."""

    def start() -> socket.socket:
        taken = socket.socket(family)
        taken.bind((host, 0))
        taken.listen()
        return taken

    return start


@pytest.mark.parametrize(
    "start",
    [listening("127.0.0.1"), listening("0.0.0.0"), listening("::", socket.AF_INET6)],
    ids=["loopback", "every address", "every address of IPv6"],
)
def test_a_port_that_is_taken_is_told_before_anything_is_made(
    start: Callable[[], socket.socket], up: Up, folder: Path
) -> None:
    with start() as taken:
        port = str(taken.getsockname()[1])
        told = (
            f"localstack: Port {port} is taken by another program; "
            "give another one with --port or LOCALSTACK_PORT.\n"
        )
        assert up("--port", port) == (1, told)
        assert up(port=port) == (1, told)
        assert not folder.exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "4566.0", "٤٥٦٦"])
def test_what_is_no_port_is_wrong_usage(port: str, up: Up, folder: Path) -> None:
    for status, said in (up(f"--port={port}"), up(port=port)):
        assert status == 2
        assert said.splitlines()[-1].endswith(f"{port!r} is no port: give a number from 1 to 65535")
    assert not folder.exists()
