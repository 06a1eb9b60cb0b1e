"""Whether applicants, and the scores they get, are still as in the training data: before any outcome is known."""
