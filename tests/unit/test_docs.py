"""What the documents say agrees with the code."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import COMMANDS, creditrisk
from creditrisk.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_of_readme() -> list[tuple[str, ...]]:
    table = README.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]
    rows = [
        tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
        for line in table.strip().splitlines()
    ]
    return rows[2:]


def test_readme_lists_every_setting_with_its_default() -> None:
    assert settings_of_readme() == [tuple(row) for row in Settings.table()]


def test_help_lists_every_setting_and_every_command() -> None:
    text = CliRunner().invoke(creditrisk, ["--help"]).output
    assert all(re.search(rf"^ +{name} ", text, re.MULTILINE) for name, _, _ in Settings.table())
    assert all(re.search(rf"^ +{name} ", text, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(creditrisk, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


def test_every_command_that_readme_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(
        re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(re.findall(r"```.*?```|`[^`]+`", README, re.DOTALL)))
    )
    assert named and named <= targets


def test_every_file_that_readme_links_to_is_there() -> None:
    links = {target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target}
    assert links
    assert [target for target in links if not (ROOT / target).exists()] == []
