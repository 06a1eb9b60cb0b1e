"""Tables that people send as CSV files: a file's format and encoding, where its rows end, what its columns mean."""

from creditrisk.files.columns import Columns
from creditrisk.files.header import Header
from creditrisk.files.pieces import Piece, Plan, plan, read, reader
from creditrisk.files.text import plain

__all__ = ["Columns", "Header", "Piece", "Plan", "plain", "plan", "read", "reader"]
