"""The merger: closed days of the history in few large objects."""
