"""A compiled requirements file, read for another machine than this one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from deploy.packages.target import Target


@dataclass(frozen=True)
class Pin:
    """One pinned distribution: its name, its version (`==`) and the hashes of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}{self.version} " + " ".join(f"--hash={value}" for value in self.hashes)


def read(path: Path, target: Target) -> list[Pin]:
    """The pins of a file that apply on the target. pip would evaluate their markers for its own Python."""
    return list(_pins(path, target))


def _pins(path: Path, target: Target) -> Iterator[Pin]:
    for line in re.sub(r"\\\n", " ", path.read_text()).splitlines():
        text, *hashes = re.split(r"\s+--hash=", re.sub(r"(^|\s)#.*", "", line).strip())
        if not text:
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(target.markers()):
            yield Pin(requirement.name, str(requirement.specifier), tuple(value.strip() for value in hashes))
