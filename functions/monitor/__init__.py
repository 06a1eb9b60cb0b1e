"""The function that reports, day by day, how the decisions turn out and what has moved."""
