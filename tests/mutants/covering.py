"""Which tests run a line: one run of the tests under coverage, in a copy of the checkout."""

import ast
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage, CoverageData

from tests.mutants.copy import Copy
from tests.mutants.watch import TEST

_COVERAGE = """[run]
source = .
omit = tests/*
context = ${{{test}-}}
parallel = true
sigterm = true
data_file = {folder}/coverage
"""
_CHILD = "import coverage\n\ncoverage.process_startup()\n"
"""What each process begins with: it is measured, too, unless its environment was swept."""


@dataclass(frozen=True)
class Covering:
    """The tests that passed, with the seconds that each took, and the lines that each runs."""

    seconds: dict[str, float]
    data: CoverageData
    folder: Path

    def tests(self, path: Path, line: int) -> dict[str, float]:
        """The tests that run the statement at a line, with their seconds; where it runs at import, all that run anything in the file.

        The quickest comes first, file by file.
        """
        path = self.folder / path
        lines = self.data.contexts_by_lineno(str(path))
        contexts = {
            context
            for number in _statement(path, line)
            for context in _split(lines.get(number, []))
            if context
        }
        if not contexts or _at_import(path, line):  # whichever test imported it first, all may depend on it
            contexts = {context for found in lines.values() for context in _split(found) if context}
        chosen = [name for name in self.seconds if name in contexts or name.split("::", 1)[0] in contexts]
        of_file: dict[str, float] = {}
        for name in chosen:
            file = name.split("::", 1)[0]
            of_file[file] = of_file.get(file, 0.0) + self.seconds[name]

        def order(name: str) -> tuple[float, str, float]:
            file = name.split("::", 1)[0]
            return of_file[file], file, self.seconds[name]

        return {name: self.seconds[name] for name in sorted(chosen, key=order)}


def _split(contexts: list[str]) -> list[str]:
    """A context is of the process, of the test, or both, with a bar between."""
    return [part for context in contexts for part in context.split("|")]


def _statement(path: Path, line: int) -> range:
    """The lines of the innermost statement that a line belongs to; of one with a body, its head."""
    found = range(line, line + 1)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            end = max(body[0].lineno - 1, node.lineno) if body else node.end_lineno or node.lineno
            if line <= end:
                found = range(node.lineno, end + 1)
    return found


def _at_import(path: Path, line: int) -> bool:
    """Whether a line is in no function's body."""
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return not any(node.body[0].lineno <= line <= (node.end_lineno or 0) for node in functions)


def cover(copy: Copy, tests: list[str]) -> Covering:
    """Run the tests once, and look. Those that fail here judge nobody."""
    folder = copy.folder / ".mutants"
    (folder / "site").mkdir(parents=True)
    (folder / "site" / "sitecustomize.py").write_text(_CHILD)
    settings = folder / "coveragerc"
    settings.write_text(_COVERAGE.format(folder=folder, test=TEST))
    watched = {
        "MUTANTS_SECONDS": str(folder / "seconds.json"),
        "COVERAGE_PROCESS_START": str(settings),
        "PYTHONPATH": os.pathsep.join([copy.path, str(folder / "site"), *filter(None, sys.path)]),
    }
    done = copy.pytest(["-p", "tests.mutants.watch", *tests], **watched)
    if done.returncode not in (0, 1):
        sys.exit(f"The tests do not run:\n{done.stdout[-3_000:]}")
    measured = Coverage(config_file=str(settings))
    measured.combine()
    return Covering(json.loads((folder / "seconds.json").read_text()), measured.get_data(), copy.folder)
