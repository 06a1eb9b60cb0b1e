"""Made-up applications with outcomes, as many as are asked for, as the record gives them."""

import numpy as np

from lifecycle.cohort import Cohort
from models.synthetic import synthetic_applicants
from models.training.published import SOURCE_FIELDS

_POOL = 5_000


def cohort_of(rows: int) -> Cohort:
    """Made-up applications, a tenth of which were accepted one time in twenty, all with outcomes."""
    draw = np.random.default_rng(1)
    pool = list(synthetic_applicants(_POOL, seed=1))
    picked = draw.integers(_POOL, size=rows).tolist()
    texts = {name: ["" if one[name] is None else str(one[name]) for one in pool] for name in SOURCE_FIELDS}
    moments = np.datetime64("2025-01-01", "ms") + np.sort(draw.integers(0, 365 * 86_400_000, rows))
    nothing, codes = np.full(rows, np.nan), np.zeros(rows, np.int16)
    return Cohort(
        ids=[f"{number:036d}" for number in range(rows)],
        received=moments, scored=moments, probability=draw.random(rows), challenger=nothing,
        decision=np.zeros(rows, np.int8), models=["lightgbm one"], model_codes=codes, policies=[""], policy_codes=codes,
        propensity=np.where(draw.random(rows) < 0.1, 0.05, 1.0), bad=(draw.random(rows) < 0.26).astype(np.int8),
        exposure=nothing, loss=nothing,
        columns={name: [values[place] for place in picked] for name, values in texts.items()},
    )  # fmt: skip
