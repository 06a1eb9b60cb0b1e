"""A model's layer on the disk: how it is installed in the place of the old one, and rolled back."""
