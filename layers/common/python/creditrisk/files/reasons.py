"""The cells of many decisions' reasons: written by a few calls for all of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from creditrisk.deciding import PrincipalReasons

_by_line = json.JSONEncoder(ensure_ascii=False, separators=("\n", ": ")).encode
"""What is in a list stands line by line: a text in JSON has no line feed itself."""


def reasons_cells(reasons: PrincipalReasons) -> Iterable[str]:
    """The cell of each decision, as `history.columns.reasons_cell` has it."""
    every = [
        f"[{field}, {contribution}, {value}]"
        for field, contribution, value in zip(
            _each_as_json(reasons.fields),
            _each_as_json(reasons.contributions),
            _each_as_json(reasons.values),
            strict=True,
        )
    ]
    return (f"[{', '.join(of_one)}]" for of_one in reasons.by_decision(every))


def _each_as_json(values: Sequence[Any]) -> list[str]:
    return _by_line(values)[1:-1].split("\n") if values else []
