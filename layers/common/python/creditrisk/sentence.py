"""A sentence for a person, of which it is known how it was made, so that it can be said in another language."""

from collections.abc import Mapping
from typing import Self


class Sentence(str):
    """A sentence in English, as text: `pattern` with each `%(name)s` replaced by the value of that name.

    Whoever shows it to a person translates the pattern and fills in the values (`web.language.said`); whoever logs it, or
    writes it into a file, has English.
    """

    __slots__ = ("pattern", "values")
    pattern: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, /, **values: object) -> Self:
        """Make the sentence; `pattern` must be a literal, for catalogs are made from the source."""
        self = super().__new__(cls, pattern % values if values else pattern)
        self.pattern, self.values = pattern, values
        return self


def sentence_of(error: Exception) -> str:
    """What an error says, as it was given: `str(error)` would forget how it was made."""
    text = error.args[0] if error.args else ""
    return text if isinstance(text, Sentence) else str(error)


def refusal(pattern: str, /, **values: object) -> ValueError:
    """The error that says a sentence; catalogs find its pattern here as they do in `Sentence`."""
    return ValueError(Sentence(pattern, **values))
