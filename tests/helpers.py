"""What many tests say of what they are given, and ask of what they find."""

from collections.abc import Callable
from typing import Any

from creditrisk.history import History

Make = Callable[..., dict[str, Any]]
"""The fixture `make_application`: a valid application, with the fields that are named changed."""
DrainAll = Callable[[], int]
"""The fixture `drain_all`: drains until nothing waits; returns how many applications were claimed."""


def recorded(history: History) -> list[str]:
    """The ids in the history, in its order."""
    return [record.answer.id for record in history.records()]
