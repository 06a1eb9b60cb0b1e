"""Where the code can be changed a little, and how: Cosmic Ray's operators, and calls left out."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.operators.provider import OperatorProvider

from tests.fresh import ROOT

_ORDER = "Eq|NotEq|Lt|LtE|Gt|GtE"
_ARITHMETIC = "Add|Sub|Mul|Div|FloorDiv|Mod"
_WANTED = re.compile(
    f"ReplaceComparisonOperator_(({_ORDER})_({_ORDER})|Is_IsNot|IsNot_Is)"
    "|AddNot|NumberReplacer|Replace(True|False|And|Or)With.*|ExceptionReplacer"
    "|Replace(Break|Continue)With.*|ZeroIterationForLoop|ReplaceUnaryOperator_Delete_.*"
    f"|ReplaceBinaryOperator_({_ARITHMETIC})_({_ARITHMETIC})"
)
"""Not `|`, which joins types; not decorators and names, whose loss the import notices."""


class LeaveOutCall(Operator):
    """A call whose result nobody wants does not take place."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if node.type == "simple_stmt" and node.children[0].type in ("atom_expr", "power"):
            last = node.children[0].children[-1]
            if last.type == "trailer" and last.children[0] == "(":
                yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        call = node.children[0]
        node.children[0] = parso.python.tree.Name("pass", call.start_pos, call.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (Example("file.close()\n", "pass\n"),)


OPERATORS = [
    LeaveOutCall(),
    *(
        provided()
        for provided in map(OperatorProvider().__getitem__, OperatorProvider())
        if _WANTED.fullmatch(provided.__name__)
    ),
]


@dataclass(frozen=True)
class Mutant:
    """One change: what becomes of a file (its path from the checkout), and its line before and after."""

    path: Path
    line: int
    code: str
    was: str
    became: str


def places(path: Path) -> dict[tuple[int, int], list[tuple[Operator, int]]]:
    """Where a file can be changed (line, column) → the operators that can, each with the number of its occurrence."""
    tree = list(ast_nodes(get_ast((ROOT / path).read_text(encoding="utf-8"))))
    found = defaultdict(list)
    for operator in OPERATORS:
        positions = (start for node in tree for start, _ in operator.mutation_positions(node))
        for occurrence, start in enumerate(positions):
            found[start].append((operator, occurrence))
    return dict(found)


def mutant(path: Path, place: tuple[int, int], operator: Operator, occurrence: int) -> Mutant:
    before = (ROOT / path).read_text(encoding="utf-8")
    after = mutate_code(before, operator, occurrence)
    assert after is not None and after != before
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    was, became = next((old.strip(), new.strip()) for old, new in pairs if old != new)
    return Mutant(path, place[0], after, was, " ".join(became.split()))


def sample(paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """As many changes, at places drawn at random, each place being as likely as any other."""
    drawn = random.Random(seed)
    all_places = [
        (path, place, ways) for path in sorted(paths) for place, ways in sorted(places(path).items())
    ]
    chosen = drawn.sample(all_places, min(count, len(all_places)))
    return [mutant(path, place, *drawn.choice(ways)) for path, place, ways in chosen]
