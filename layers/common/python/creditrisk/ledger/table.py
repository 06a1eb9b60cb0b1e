"""What a ledger is made of: the table, its parts and their rows."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Table:
    """What a ledger is called, in small letters, and the names of its columns, in order.

    `by_key` says that rows are looked up by their first cell, one or few of them written at once: S3 keeps where they are.
    A later version may add columns at the end. What was written before stays as it is, and reads as empty there.
    """

    name: str
    columns: tuple[str, ...]
    by_key: bool = False


class Part(NamedTuple):
    """One file or object of a ledger. `size` is the number of bytes up to the end of its last whole row."""

    name: str
    size: int


class Placed(NamedTuple):
    """A row, and the byte of its part at which it ends: from there the next one is read."""

    row: dict[str, str]
    end: int
