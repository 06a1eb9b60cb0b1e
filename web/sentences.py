"""A reason, and what would have changed a decision, as sentences in the words of a reader's language.

A language more is one entry in LANGUAGES. A field's label and how its values are shown are the field's own.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from creditrisk.application import FIELDS, Value
from creditrisk.decision import Change, Reason


@dataclass(frozen=True)
class Language:
    """The words around a field's label and value."""

    raises: str
    lowers: str
    not_given: str
    new: str
    """What is said in place of a value that the model has not seen: it knows nothing of it but that."""
    change: str
    """One answer that would have been another."""
    joined: str
    """What stands between two of them."""
    approved: str
    """What they would have led to."""


LANGUAGES = {
    "en": Language(
        raises="{label} ({value}) raises the risk",
        lowers="{label} ({value}) lowers the risk",
        not_given="not given",
        new="new to the model",
        change="{label} ({value})",
        joined=" and ",
        approved="With {changes} it would have been approved.",
    )
}


def sentence(reason: Reason, unknown: Container[str] = (), language: str = "en") -> str:
    """What a reason says; `unknown` are the fields whose value the model had never seen."""
    words = LANGUAGES[language]
    value = words.new if reason.field in unknown else _shown(reason.field, reason.value, words)
    return (words.raises if reason.contribution > 0 else words.lowers).format(
        label=label(reason.field), value=value
    )


def would_have_been_approved(changes: Sequence[Change], language: str = "en") -> str:
    """With which answers an application would have been approved; empty when there are none to tell."""
    if not changes:
        return ""
    words = LANGUAGES[language]
    told = (
        words.change.format(label=label(name), value=_shown(name, value, words)) for name, value in changes
    )
    return words.approved.format(changes=words.joined.join(told))


def label(name: str) -> str:
    """A field's label; its name, when it is one of another version."""
    return FIELDS[name].label if name in FIELDS else name


def _shown(name: str, value: Value, words: Language) -> str:
    if value is None:
        return words.not_given
    return FIELDS[name].shown(value) if name in FIELDS else str(value)
