"""What a gate says of a version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Gate:
    """A gate's name, whether it is passed, a sentence with its figures, and these as data."""

    name: str
    passed: bool
    said: str
    figures: Mapping[str, Any] = field(default_factory=dict)
