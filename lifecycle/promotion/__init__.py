"""Which version decides: compared with the active one, let through by gates, put in its place, taken back."""
