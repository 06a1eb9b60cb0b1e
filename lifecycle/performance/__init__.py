"""What a model is worth on what became of the applicants: figures with their intervals, in numpy alone."""
