"""What the documents say agrees with the code."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cli.main import COMMANDS, creditrisk
from creditrisk.portfolio.law import PROFILES
from creditrisk.redis_client import PATIENCE
from creditrisk.settings import Settings
from tests.e2e.looking import SIZES, width_of_picture
from web.prefer import MAX_WAIT

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


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/deploy.md",
        "docs/portfolios.md",
        "docs/scale.md",
        "docs/testing.md",
    ],
)
def test_every_make_target_that_a_document_names_is_in_the_makefile(path: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / path).read_text(encoding="utf-8")
    named = set(
        re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)))
    )
    assert named and named <= targets


def test_every_file_that_readme_links_to_is_there() -> None:
    links = {target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target}
    assert links
    assert [target for target in links if not (ROOT / target).exists()] == []


RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.md"))
DOCUMENTS = {
    "draining": "docs/performance.md",
    "growth": "docs/scale.md",
    "floors": "docs/performance.md",
    "http": "docs/performance.md",
    "index": "docs/lifecycle.md",
    "index_made": "docs/lifecycle.md",
    "monitor": "docs/monitor.md",
    "online": "docs/portfolios.md",
    "outcomes": "docs/lifecycle.md",
    "portfolios": "docs/portfolios.md",
    "scale": "docs/scale.md",
    "simulation": "docs/policy.md",
    "warm": "docs/performance.md",
}
"""Benchmark → the document that shows its figures, where that is not the README."""


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_the_documents_show_the_figures_as_they_were_measured(path: Path) -> None:
    table = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    document = DOCUMENTS.get(path.stem, "README.md")
    assert "\n".join(table) in (ROOT / document).read_text(encoding="utf-8")


def test_what_is_claimed_of_scale_is_what_was_simulated() -> None:
    runs = json.loads((ROOT / "benchmarks/results/scale.json").read_text())["runs"]
    carried = {
        name: run for name, run in runs.items() if name in ("1/s", "10/s", "100/s", "1,000/s", "10,000/s")
    }
    assert len(carried) == 5
    for name, run in carried.items():
        assert run["throttled"] + run["refused"] == 0, name
        assert run["redis_thread"] < 0.8 and run["memory"] < 1, name
        assert run["dollars_per_million"] <= 2 or name in ("1/s", "10/s"), name


def test_readme_says_which_figures_are_without_reasons() -> None:
    figures = README.partition("<!-- figures -->")[2].partition("<!-- /figures -->")[0]
    measured = [line.split("|")[1].strip() for line in figures.splitlines() if line.startswith("| ")]
    for words in ("10,000 from CSV text", "creditrisk score", "one application"):
        (row, *_) = [row for row in measured if row.startswith(words)]
        assert "without reasons" in row or "--no-reasons" in row


def test_no_text_names_a_manual_that_its_reader_does_not_have() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *RESULTS]
    assert [path.name for path in texts if re.search(r"\bmanual\b", path.read_text(encoding="utf-8"))] == []
    for name in COMMANDS:
        assert "manual" not in CliRunner().invoke(creditrisk, [name, "--help"]).output


def test_every_creditrisk_command_in_the_documents_is_one() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "README.md", ROOT / "docs/deploy.md")
    )
    fences = re.compile(r"```.*?```", re.DOTALL)
    code = "\n".join([*fences.findall(text), *re.findall(r"`[^`]+`", fences.sub("", text))])
    named = {tuple(words.split()) for words in re.findall(r"creditrisk ((?:[a-z]+ ?){1,2})", code)}
    assert len(named) > 8
    for words in named:
        result = CliRunner().invoke(creditrisk, [*words, "--help"])
        assert result.exit_code == 0, (words, result.output)


def test_the_licence_is_one_and_the_same_everywhere() -> None:
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert json.loads((ROOT / "package.json").read_text())["license"] == "Apache-2.0"
    assert "[Apache License 2.0](LICENSE)" in README


def test_how_long_a_client_may_wait_is_told_and_fits_into_the_forms_time() -> None:
    assert f"`Prefer: wait` gets {MAX_WAIT} at most" in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    parameters = yaml.safe_load((ROOT / "deploy/resources/parameters.yml").read_text())["default"]
    assert parameters["formTimeout"] > MAX_WAIT + 2 * PATIENCE
    assert parameters["waitSeconds"] < parameters["formTimeout"]


@pytest.mark.parametrize(("document", "least"), [("threats", 60), ("well-architected", 40)])
def test_every_promise_has_its_test(document: str, least: int) -> None:
    """These documents are tables that name tests, one a line; each of them is there."""
    text = (ROOT / f"docs/{document}.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| (?!---|promise|item)", line)]
    named = [re.search(r"\| (tests/[\w/]+\.py)::(\w+) \|", line) for line in lines]
    assert len(lines) > least
    for line, found in zip(lines, named, strict=True):
        assert found, f"names no test: {line}"
        file, test = found.groups()
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_every_duty_names_where_it_is_met_or_that_nothing_is_done_yet() -> None:
    """docs/law.md: duty, source, where it is met, what remains the lender's; every place that it names is there."""
    text = (ROOT / "docs/law.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| (?!---|duty)", line)]
    assert len(lines) > 20
    for line in lines:
        _, source, met, lenders = (cell.strip() for cell in line.strip("|").split(" | "))
        assert source and lenders, line
        assert "`" in met or met == "nothing yet", f"names no place: {line}"
    for path, test in re.findall(r"`([\w/.]+/[\w.]+)(?:::(\w+))?`", text):
        assert (ROOT / path).is_file(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"
    for profile in PROFILES:
        assert f"`{profile}`" in text
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"^## (.*)$", text, re.MULTILINE)}  # fmt: skip
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors


def test_every_picture_of_a_page_is_as_wide_as_what_it_was_seen_on() -> None:
    shown = sorted((ROOT / "docs" / "screens").glob("*/*.webp"))
    assert shown
    widths = {each: width_of_picture(each.read_bytes()) for each in shown}
    assert {
        each: width for each, width in widths.items() if width != SIZES[each.stem.rpartition("-")[2]][0]
    } == {}
