"""From a data file to the model's layer: the pickles and their manifest."""
