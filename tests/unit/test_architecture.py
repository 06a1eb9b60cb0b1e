"""docs/architecture.md is true: its arrows are the imports, its picture is its table, and its places are there."""

import ast
import importlib.util
import re
import sysconfig
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FOLDERS = {
    "creditrisk": "layers/common/python/creditrisk", "scoring": "layers/model/python/scoring",
    "functions": "functions", "web": "web", "models": "models", "lifecycle": "lifecycle", "cli": "cli", "deploy": "deploy",
    "localstage": "localstack/localstage", "process_executor": "localstack/executor/process_executor",
    "benchmarks": "benchmarks", "tests": "tests",
}  # fmt: skip
"""The top-level package → where it lies."""
LOCALSTACK = ("localstage", "process_executor")


@cache
def modules() -> dict[str, Path]:
    """Every module's name → its file."""
    found = {}
    for package, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join((package, *inner)).removesuffix(".__init__")] = path
    return found


def imports(name: str) -> Iterator[str]:
    """The modules of ours that a module imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (module for module in (inner, node.module) if module in modules())


@cache
def graph() -> dict[str, set[str]]:
    """Module → the modules that it imports. `from package import module` needs the module, not the package."""
    found = {}
    for name in modules():
        imported = set(imports(name)) - {name}
        found[name] = {one for one in imported if not any(other.startswith(f"{one}.") for other in imported)}
    return found


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([\w./-]+(?:::\w+)?)`", cell))


ARROWS = {names(room)[0]: (names(may), names(never)) for room, may, never in rows("Who may import whom")}
"""Room → what it may import, and what of that it may not."""


def within(module: str, rooms: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{room}.") for room in rooms)


def room_of(module: str) -> str:
    """The longest name in the table that the module lies in."""
    if within(module, LOCALSTACK):
        return "localstack"
    return max((room for room in ARROWS if within(module, (room,))), key=len, default="")


CODE = sorted(name for name in modules() if not within(name, ("tests",)))


def test_every_module_lies_in_a_room() -> None:
    homeless = {name for name in CODE if not room_of(name)}
    assert homeless <= {"functions", "models", "lifecycle"}, "what is only a folder may be in none"


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_imports_what_the_table_says_and_nothing_else(room: str) -> None:
    may, never = ARROWS[room]
    wrong = [
        f"{name} → {imported}"
        for name in CODE
        if room_of(name) == room
        for imported in graph()[name]
        if room_of(imported) != room and (not within(imported, may) or within(imported, never))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("room", "target"), [(room, one) for room, (may, _) in ARROWS.items() for one in may]
)
def test_every_arrow_of_the_table_is_needed(room: str, target: str) -> None:
    used = {imported for name in CODE if room_of(name) == room for imported in graph()[name]}
    assert any(within(imported, (target,)) for imported in used), f"{room} no longer imports {target}"


def test_the_picture_shows_the_imports() -> None:
    """An arrow of the picture is an import; each import between two rooms is a way down in the picture."""
    picture = TEXT.split("```mermaid")[1].split("```")[0]
    drawn = set(re.findall(r"^ +([\w.]+)(?:\[.*?\])? --> ([\w.]+)", picture, re.MULTILINE))
    boxes = {box for arrow in drawn for box in arrow}

    def box(module: str) -> str:
        return max((box for box in boxes if within(room_of(module), (box,))), key=len)

    used = {(box(name), box(imported)) for name in CODE if room_of(name) for imported in graph()[name]}
    used = {(above, below) for above, below in used if above != below}
    assert drawn <= used, "drawn, and no import"

    def leads(above: str, below: str) -> bool:
        return any(end == below or leads(end, below) for start, end in drawn if start == above)

    assert [arrow for arrow in sorted(used) if not leads(*arrow)] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {name: len(modules()[name].read_text(encoding="utf-8").splitlines()) for name in CODE}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_few_folders_stand_at_the_top() -> None:
    made = {"build", "data", "node_modules"}  # by commands, and ignored by git
    folders = {
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    assert len(folders - made) <= 12
    described = {path.split("/")[0] for place, _ in rows("Rooms") for path in names(place)}
    assert folders - made == described, "each has its line under Rooms"


@pytest.mark.parametrize("package", FOLDERS)
def test_nothing_of_ours_is_installed(package: str) -> None:
    assert not (Path(sysconfig.get_path("purelib")) / package).exists()
    spec = importlib.util.find_spec(package)
    assert spec and spec.submodule_search_locations
    assert [Path(place) for place in spec.submodule_search_locations] == [ROOT / FOLDERS[package]]


@pytest.mark.parametrize("row", rows("Where is …"), ids=lambda row: row[0])
def test_what_a_stranger_looks_for_is_where_the_table_says(row: list[str]) -> None:
    assert names(row[1]) or "](" in row[1]
    for name in names(row[1]):
        path, _, inside = name.partition("::")
        assert (ROOT / path).exists(), path
        if inside:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^ *(def|class) {inside}\b", text, re.MULTILINE), name
    for link in re.findall(r"\]\(([^)#]+)\)", row[1]):
        assert (ROOT / "docs" / link).exists(), link
