"""The function of outcomes: adds a file that was put into the bucket."""
