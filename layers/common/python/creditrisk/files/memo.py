"""The cells of a column as canonical values: each text is read only once."""

from typing import Any

from creditrisk.application import Field
from creditrisk.formulas import as_it_was

_MEMO_SIZE = 50_000
_LONGEST_MEMO = 200
"""Most characters of a text that is remembered: longer ones seldom come twice."""


class Refusal(str):
    """Why a value is refused."""


class Memo(dict[str, Any]):
    """Text → its canonical value, or a Refusal; each text of a column is read only once."""

    def __init__(self, field: Field, exported: bool) -> None:
        super().__init__()
        self._exported = exported
        self._field = field
        self.refused = False  # whether any text was refused

    def __missing__(self, text: str) -> Any:
        value = self._read(text)
        if len(self) < _MEMO_SIZE and len(text) <= _LONGEST_MEMO:
            self[text] = value
        return value

    def _read(self, text: str) -> Any:
        if self._exported:
            text = as_it_was(text)
        try:
            return self._field.parse(text)
        except ValueError as error:
            self.refused = True
            return Refusal(f"{self._field.name}: {error}")
