"""The file that the first portfolio came with, as it was published: tab separated, no header, one label at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from creditrisk.application import FIELDS, Role, canonical_name
from creditrisk.portfolio import active
from models.table import UnusableData

PORTFOLIO: Final = "pakdd-2010"
"""The portfolio whose file this is."""
SOURCE_FIELDS: Final = tuple(name for name, field in FIELDS.items() if field.role is not Role.IDENTITY)
"""The file's columns after the row number and before the label: the application's fields in the history's order."""
_WIDTH: Final = len(SOURCE_FIELDS) + 2


def is_published(text: str) -> bool:
    """Whether a text is to be read so: under that portfolio, without a header that names a field or the target."""
    if active().name != PORTFOLIO:
        return False
    first = text.lstrip("\r\n").partition("\n")[0]
    cells = [cell.strip(' "\r') for delimiter in "\t,;|" for cell in first.split(delimiter)]
    return not any(canonical_name(cell) or cell == active().target.column for cell in cells)


def published_rows(path: Path, text: str) -> tuple[dict[str, Sequence[str]], list[int | None]]:
    """Field → cells, and the label of each row. Raises UnusableData in one sentence."""
    rows = [line.rstrip("\r").split("\t") for line in text.split("\n") if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) == _WIDTH - 1:
            raise UnusableData(f"{path}, row {number}, has no label: {len(row)} columns instead of {_WIDTH}.")
        if len(row) != _WIDTH:
            raise UnusableData(
                f"{path}, row {number}, has {len(row)} columns instead of {_WIDTH}, separated by tabs; or name the columns "
                "in a header."
            )
    labels = {row[-1].strip() for row in rows}
    if not labels <= {"0", "1"}:
        raise UnusableData(
            f"{path}: the last column must be the label, 0 or 1; found {sorted(labels - {'0', '1'})[0]!r}."
        )
    columns = zip(*(row[1:-1] for row in rows), strict=True)
    return dict(zip(SOURCE_FIELDS, columns, strict=True)), [int(row[-1]) for row in rows]
