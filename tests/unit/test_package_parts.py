"""Parts of a package that are made without any library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditrisk.portfolio.reading import read_portfolio
from deploy.packages.builder import Builder
from deploy.packages.parts import FORM, FUNCTIONS, PORTFOLIO, Function
from deploy.packages.unpacked import runnable_target
from tests.lenders import small_loans

ROOT = Path(__file__).parents[2]
OURS = ("functions", "lifecycle", "models", "web")
"""What stands in a function's own part; all else is in layers."""
NOT_PACKED = {"models.signature"}
"""A layer is checked where it is packed."""


def imported(module: Path) -> Iterator[str]:
    """The modules that a module imports, and what it takes from them, which may be modules as well."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_at(name: str) -> Path | None:
    """Where a module of ours stands in the checkout; None where there is none of this name."""
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.part.name)
def test_a_function_has_the_modules_that_it_imports(function: Function) -> None:
    paths = [ROOT / source for source, _ in function.part.sources]
    files = {file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))}
    names = {name for file in files if file.suffix == ".py" for name in imported(file)} - NOT_PACKED
    needed = {name: module_at(name) for name in names if name.split(".")[0] in OURS}
    assert [name for name, file in needed.items() if file and file not in files] == []


def test_other_words_make_another_package_and_catalogs_go_along_compiled(tmp_path: Path) -> None:
    folder = small_loans(tmp_path / "lender")
    builder = Builder(ROOT, tmp_path / "build", runnable_target(), ROOT / "build", portfolio=folder)
    builder.build(PORTFOLIO)
    (folder / "words").mkdir()
    (folder / "words" / "es.toml").write_text('title = "Préstamos"\n', encoding="utf-8")
    builder.build(PORTFOLIO)
    packed = read_portfolio(builder.folder / PORTFOLIO.name / "portfolio")
    assert packed.words["es"].title == "Préstamos"
    builder.build(FORM)
    catalogs = [path.name for path in (builder.folder / FORM.name / "web" / "locale").rglob("*.*")]
    assert sorted(catalogs) == ["formats.json", "messages.mo", "messages.mo"]
