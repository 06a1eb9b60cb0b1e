"""A lender's table: the file of past applications and what became of them, read in one way by whoever learns from it."""

from models.table.errors import UnusableData
from models.table.outcome import Outcome, outcome_of
from models.table.reading import Table, bytes_of, read_table, table_of, text_of

__all__ = ["Outcome", "Table", "UnusableData", "bytes_of", "outcome_of", "read_table", "table_of", "text_of"]
