"""The monitor's report: what became of the decisions, whether that was foreseen, and what has moved; as text, JSON and a page."""
