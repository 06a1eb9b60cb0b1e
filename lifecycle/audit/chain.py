"""One entry as a line, and the chain that the lines make."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from creditrisk.clock import timestamp
from creditrisk.counted import counted
from lifecycle.audit.errors import AuditBroken

_OPENING: Final = b'{"hash":"'
_HASH: Final = re.compile(rb"[0-9a-f]{64}")
_SEALED: Final = len(_OPENING) + 64
"""Where the hash ends, and what it seals begins: the rest of the line, to its last byte."""
_HEAD: Final = re.compile(r"(0|[1-9][0-9]*):([0-9a-f]{64})")


@dataclass(frozen=True)
class Entry:
    """What was done (`event`), by whom, when (UTC, ISO 8601), with which facts; `number` counts from 1."""

    number: int
    at: str
    event: str
    by: str
    facts: Mapping[str, Any]
    hash: str

    @classmethod
    def of(cls, line: bytes) -> Self:
        """An entry as it is kept. Raises ValueError when the line is none."""
        found = json.loads(line)
        try:
            entry = cls(**{name: found[name] for name in cls.__dataclass_fields__})
        except (KeyError, TypeError) as error:
            raise ValueError(f"no entry: {type(error).__name__}") from None
        if not isinstance(entry.number, int) or not isinstance(entry.facts, dict):
            raise ValueError("no entry: a cell is of another kind")
        return entry


@dataclass(frozen=True)
class Head:
    """Where a log ends: how many entries it has, and the hash of the last one. It fits on a slip of paper: keep it
    where who could change the log cannot reach."""

    number: int = 0
    hash: str = "0" * 64

    @classmethod
    def of(cls, text: str) -> Self:
        """A head as it is printed, NUMBER:HASH. Raises ValueError."""
        found = _HEAD.fullmatch(text.strip())
        if not found:
            raise ValueError("a head is NUMBER:HASH, as `creditrisk audit verify` prints it")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def next_line(head: Head, event: str, by: str, facts: Mapping[str, Any]) -> bytes:
    """The line (without its end) of the entry that follows a head: canonical JSON, whose first member is the hash."""
    said = {"at": timestamp(), "by": by, "event": event, "facts": facts, "number": head.number + 1}
    rest = json.dumps(said, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    sealed = b'",' + rest[1:].encode()
    return _OPENING + _seal(head.hash.encode(), sealed) + sealed


def _seal(before: bytes, sealed: bytes) -> bytes:
    return hashlib.sha256(before + sealed).hexdigest().encode()


def follows(line: bytes, before: str) -> bool:
    """Whether a line is whole, and is the one that was written after an entry with the hash `before`."""
    return line[: len(_OPENING)] == _OPENING and line[len(_OPENING) : _SEALED] == _seal(
        before.encode(), line[_SEALED:]
    )


def hash_of(line: bytes) -> str:
    """The hash that a line says it has. Raises AuditBroken when it says none."""
    said = line[len(_OPENING) : _SEALED]
    if not line.startswith(_OPENING) or not _HASH.fullmatch(said):
        raise AuditBroken("The last entry of the audit log is none; see `creditrisk audit verify`.")
    return said.decode()


def verified(lines: Iterable[bytes], head: Head | None = None) -> Head:
    """The head of a log whose lines are all as they were written, and which still holds `head`. Raises AuditBroken."""
    before, number, at, kept = b"0" * 64, 0, len(_OPENING), head or Head()
    sha256, sealed = hashlib.sha256, _SEALED  # a million entries are read here
    held = kept.number == 0
    for line in lines:
        said = line[at:sealed]
        if said != sha256(before + line[sealed:]).hexdigest().encode() or line[:at] != _OPENING:
            raise AuditBroken(
                f"Entry {number + 1:,} of the audit log is not what was written after entry {number:,}: it, or one "
                "before it, was changed, moved, put in or taken out. Restore the log from a copy, and find out who did it."
            )
        before, number = said, number + 1
        if number == kept.number:
            held = said.decode() == kept.hash
    if not held:
        raise AuditBroken(
            f"The audit log has {counted(number, 'entry', 'entries')}, and none of them is the one that ended it before "
            f"(number {kept.number:,}): its end was cut off, or all of it written anew. Restore it from a copy."
        )
    return Head(number, before.decode())
