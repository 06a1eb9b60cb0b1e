"""The operator's function: how the queue stands, and what to do with what failed."""
