"""Columns of the record as arrays: it is read a column at a time, not a row."""

from lifecycle.arrays.cells import Bytes, Cells, Splitter
from lifecycle.arrays.places import Places
from lifecycle.arrays.record import Block, history_blocks, ledger_blocks
from lifecycle.arrays.values import codes, moments, numbers

__all__ = [
    "Block",
    "Bytes",
    "Cells",
    "Places",
    "Splitter",
    "codes",
    "history_blocks",
    "ledger_blocks",
    "moments",
    "numbers",
]
