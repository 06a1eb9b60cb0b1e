"""The scaler: every column to mean 0 and standard deviation 1, as the training data has them."""

from dataclasses import dataclass

from scoring.features import Matrix


@dataclass
class Scaler:
    """Has the `transform` of scikit-learn's StandardScaler; a missing value stays missing."""

    mean: Matrix
    deviation: Matrix

    def transform(self, matrix: Matrix) -> Matrix:
        """(matrix − mean) / deviation, column by column."""
        result: Matrix = matrix - self.mean
        result /= self.deviation
        return result
