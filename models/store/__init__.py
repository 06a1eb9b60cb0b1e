"""Where a model's layer lies: written whole beside the old one, put in its place, and rolled back."""
