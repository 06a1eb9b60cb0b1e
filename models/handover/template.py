"""Train a model and hand it over: python handover.py TRAINING.csv FOLDER, then creditrisk model check FOLDER."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# What the portfolio's law lets a model use, without texts that are typed. To leave a field out, take it off its list.
TARGET, BAD = "TARGET_LABEL_BAD=1", "1"
GAPS: list[str] = []  # what the file writes for no value, beside the usual
NUMBERS = ["AGE", "PERSONAL_MONTHLY_INCOME"]
CODES = ["PAYMENT_DAY", "RESIDENCE_TYPE"]

training, folder = Path(sys.argv[1]), Path(sys.argv[2])
texts = dict.fromkeys([*CODES, TARGET], str)
data: pd.DataFrame = pd.read_csv(training, dtype=texts, na_values=GAPS)
data = data.dropna(subset=[TARGET]).sample(frac=1, random_state=1)
learn, keep = data.iloc[: len(data) * 4 // 5], data.iloc[len(data) * 4 // 5 :]

encoder = ColumnTransformer(
    [
        ("numbers", SimpleImputer(strategy="median"), NUMBERS),
        ("codes", OneHotEncoder(handle_unknown="ignore", min_frequency=5), CODES),
    ],
    sparse_threshold=0,
).fit(learn)
scaler = StandardScaler().fit(encoder.transform(learn))
model = LGBMClassifier(n_estimators=200, learning_rate=0.05, num_leaves=15, verbose=-1)
model.fit(scaler.transform(encoder.transform(learn)), learn[TARGET] == BAD)

folder.mkdir(parents=True, exist_ok=True)
parts = {"encoder_hot.pkl": encoder, "std_scaler.pkl": scaler, "lightgbm_model.pkl": model}
for name, part in parts.items():
    (folder / name).write_bytes(pickle.dumps(part))
probabilities = np.asarray(model.predict_proba(scaler.transform(encoder.transform(keep))))[:, 1]
expected = keep[NUMBERS + CODES].assign(probability=probabilities).head(200)
expected.to_csv(folder / "expected.csv", index=False)
print(f"{folder}: {', '.join(parts)}, and {len(expected)} expected scores")
