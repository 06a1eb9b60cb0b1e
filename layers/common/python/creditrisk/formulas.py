"""Cells that a spreadsheet would take for a formula, written as text, and read back as they were.

Source: OWASP, CSV Injection: a cell that begins with one of these signs gets an apostrophe in front.
"""

import re

SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""The signs, as they stand between the brackets of a regular expression; the last four are the wide ones of East Asia."""

_FORMULA = re.compile(f"'*[{SIGNS}]")


def as_text(cell: str) -> str:
    """The cell with an apostrophe in front when it, or what follows its own apostrophes, begins as a formula does."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def as_it_was(cell: str) -> str:
    """The cell that `as_text` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
