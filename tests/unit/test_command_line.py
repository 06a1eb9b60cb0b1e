"""The front door: its version, and what it says to who mistypes."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk import __version__

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_it_tells_its_version_whatever_the_settings_are(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "not a number")
    result = CliRunner().invoke(creditrisk, [option])
    assert result.exit_code == 0
    assert re.fullmatch(rf"\S+ {re.escape(__version__)} \(Python 3\.\d+\.\S+\)\n", result.output)


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["scroe"], "'score'"),
        (["histroy", "export", "out.csv"], "'history'"),
        (["Serve"], "'serve'"),
        (["wroker"], "'worker'"),
        (["queue", "rety"], "'retry'"),
        (["model", "instal", "."], "'install'"),
        (["--verison"], "'--version'"),
        (["serve", "--prot", "1"], "'--port'"),
    ],
)
def test_what_is_misspelt_gets_a_suggestion(typed: list[str], meant: str) -> None:
    result = CliRunner().invoke(creditrisk, typed)
    assert result.exit_code == 2
    assert re.search(rf"Did you mean .*{meant}", result.stderr)


def test_what_is_like_nothing_gets_none() -> None:
    result = CliRunner().invoke(creditrisk, ["zzzz"])
    assert result.exit_code == 2
    assert "No such command 'zzzz'" in result.stderr
    assert "Did you mean" not in result.stderr
