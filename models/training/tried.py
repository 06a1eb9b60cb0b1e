"""What was tried on this data and did not help, for the model card: the figures are ROC-AUCs of 5-fold cross-validation.

Rows of one block were measured on the same folds; between blocks folds and repeats differ, by about ± 0.001.
"""

TRIED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Models (the card's own is the blend of randomised trees and a regression)": (
        ("Logistic regression on the one-hot levels of all fields", "0.648", "no crosses, rare levels mean little"),
        ("Logistic regression on target encodings", "0.652", "0.655 with the effects columns beside them"),
        ("LightGBM, greedy thresholds, depth 3, 300 trees × 0.06", "0.655", "finds the noise's best threshold"),
        ("LightGBM, greedy, 15 leaves", "0.6556", "0.6585 blended with the regression"),
        ("LightGBM, depth 2", "0.653", "too few fields meet in one tree"),
        ("LightGBM, random thresholds (`extra_trees`), depth 3, 400 × 0.08", "0.659", "the blend builds on it"),
    ),
    "Settings of the randomised trees (other folds, two repeats)": (
        ("300 trees × 0.08", "0.6574", "too few"),
        ("600 trees × 0.06", "0.6585", "800 × 0.05 gave 0.6590; 1,200 × 0.04 are kept"),
        ("two seeds × 300 trees", "0.6584", "no more than as many trees of one seed"),
        ("30 applications in a leaf at least", "0.6581", "no better than 100"),
        ("15 % of the columns for each tree", "0.6577", "no better than 30 %"),
    ),
    "Columns": (
        ("More crosses of target encodings, greedy trees", "0.6543 → 0.6552", "within the noise without random thresholds"),
        ("Three cross-fitted copies of every row, to average their noise", "0.6566 → 0.6563", "three times the time"),
    ),
    "Network and calibration": (
        ("Network with weight decay (`alpha`) 0.3", "0.655", "overfits, and its log-odds needed calibration"),
        ("Network with `alpha` 1", "0.658", ""),
        ("Network with `alpha` 3", "0.659", "kept"),
        ("Isotonic or Platt calibration of the trees", "–", "not needed: their slope is 0.98 – 1.01 out of fold"),
    ),
}  # fmt: skip
"""Block → what was tried, its ROC-AUC, what to say of it."""
