"""What was noticed: as it is printed, and as docs/testing.md shows it."""

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fresh import ROOT
from tests.mutants.places import Mutant

DOCUMENT = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants -->", "<!-- /mutants -->"


@dataclass(frozen=True)
class Outcome:
    """What became of one change, and which test noticed it or why none did."""

    mutant: Mutant
    noticed: bool
    why: str


Survivor = tuple[str, str, str]
"""A change as the document shows it, without its line, which moves: path, was, became."""

_COMMAND = re.compile(r"^`make mutants(?: ARGS='([^']*)')?`", re.MULTILINE)
_ROW = re.compile(r"^\| (\S+):\d+ \| (`[^`]*`) \| (`[^`]*`) \|", re.MULTILINE)


def _cell(code: str) -> str:
    return "`" + code.replace("|", "\\|").replace("`", "'") + "`"


def tables(outcomes: Sequence[Outcome], rooms: Mapping[str, str], command: str) -> str:
    """How many were noticed in each room, and each change that was not; `command` says how the sample was drawn."""
    of_room: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        room = next(name for name, folder in rooms.items() if outcome.mutant.path.is_relative_to(folder))
        of_room[room].append(outcome.noticed)
    lines = [f"{command}:", "", "| room | changes | noticed | |", "| --- | --- | --- | --- |"]
    in_order = [(room, of_room[room]) for room in rooms if room in of_room]
    for room, noticed in [*in_order, ("together", [outcome.noticed for outcome in outcomes])]:
        lines.append(f"| {room} | {len(noticed)} | {sum(noticed)} | {sum(noticed) / len(noticed):.0%} |")
    survivors = [outcome for outcome in outcomes if not outcome.noticed]
    if survivors:
        lines += ["", "Not noticed:", "", "| place | was | became | |", "| --- | --- | --- | --- |"]
    for outcome in sorted(survivors, key=lambda one: (str(one.mutant.path), one.mutant.line)):
        mutant = outcome.mutant
        lines.append(
            f"| {mutant.path}:{mutant.line} | {_cell(mutant.was)} | {_cell(mutant.became)} | {outcome.why} |"
        )
    return "\n".join(lines)


def survivor(mutant: Mutant) -> Survivor:
    """A change, to be found among those of `last`."""
    return str(mutant.path), _cell(mutant.was), _cell(mutant.became)


def last(path: Path = DOCUMENT) -> tuple[list[str], Counter[Survivor]]:
    """The arguments of the sample that the document shows, and its survivors. Raises ValueError when it shows none."""
    text = path.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    command = _COMMAND.search(text)
    if not command:
        raise ValueError(f"{path.name} shows no sample.")
    found = Counter((place, was, became) for place, was, became in _ROW.findall(text))
    return shlex.split(command[1] or ""), found


def write(text: str, path: Path = DOCUMENT) -> None:
    """Put the tables in the place of the last ones."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
