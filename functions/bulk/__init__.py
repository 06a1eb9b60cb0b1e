"""The bulk function: scores a whole CSV file, piece by piece."""
