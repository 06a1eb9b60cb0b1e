"""What stands at the top of the house agrees with itself: the hook, the workflow, the editor's rules, the Makefile."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
TEXT = {".py", ".md", ".yml", ".yaml", ".cjs", ".js", ".css", ".html", ".lua", ".toml", ".in", ".sh"}


def test_the_hook_before_a_commit_runs_what_lint_runs_and_fetches_nothing() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["language"], hook["entry"]) == ("local", "system", "make lint")
    assert re.search(hook["files"], "web/app.py")


def test_the_workflow_runs_all_of_ci() -> None:
    steps = [step.get("run", "") for step in WORKFLOW["jobs"]["everything"]["steps"]]
    assert any(".ci/run" in step for step in steps)
    assert "phase" in CI and all(f"phase {name}" in CI for name in ('"lint"', '"tests"'))


def test_the_workflow_pins_what_it_uses_and_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    used = [step["uses"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "uses" in step]
    assert [one for one in used if not re.search(r"@[0-9a-f]{40}$", one)] == []


@pytest.mark.parametrize(
    "name", [".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md", "docs/testing.md", "docs/deploy.md"]
)
def test_every_make_command_that_is_named_is_one(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        text = "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)", text)) <= TARGETS


def test_every_target_is_phony_and_every_phony_target_has_its_line() -> None:
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony and set(phony[1].replace("\\", "").split()) == TARGETS


def test_texts_are_as_editorconfig_says() -> None:
    """UTF-8, line feeds, one at the end, none of the white space that nobody sees."""
    wrong = []
    for path in texts():
        text = path.read_bytes().decode()
        if text and (not text.endswith("\n") or "\r" in text or re.search(r"[ \t]+$", text, re.MULTILINE)):
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def texts() -> Iterator[Path]:
    """The files that people write. What was made here is not even looked into: others may be at work there."""
    made, ours = {"node_modules", "build", "data", "keras"}, {".ci", ".github", ".pre-commit-config.yaml"}
    for folder, inner, files in os.walk(ROOT):
        hidden = (
            {name for name in (*inner, *files) if name.startswith(".")} if Path(folder) == ROOT else set()
        )
        inner[:] = sorted(set(inner) - made - (hidden - ours))
        for name in sorted(set(files) - (hidden - ours)):
            if (path := Path(folder, name)).suffix in TEXT and path.is_file():
                yield path


def test_the_documents_of_the_house_can_be_found() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(
        f"]({name})" in readme for name in ("CONTRIBUTING.md", "docs/architecture.md", "docs/testing.md")
    )


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/testing.md", "docs/architecture.md"])
def test_every_place_that_is_named_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"<!-- mutants -->.*<!-- /mutants -->", "", text, flags=re.DOTALL)
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []
    folders = r"(?:cli|deploy|docs|functions|layers|localstack|models|requirements|tests|web|benchmarks|\.ci|\.github)"
    paths = set(re.findall(rf"`({folders}/[\w./-]+)`", text))
    assert [path for path in paths if not (ROOT / path).exists()] == []
