"""Rows of a file are decided by the policy, too: rules tell why, and nobody is accepted at random."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditrisk.files.rows import RESULT_COLUMNS, RowScorer
from creditrisk.policy.definition import Exploration, Policy
from creditrisk.policy.reading import read_policy
from scoring.scorer import Scores
from tests.helpers import Make


class ByAge:
    """A hundredth of the age is the probability; no other field is the model's."""

    name, version, fields = "lightgbm", "v", ["AGE"]

    def scores(self, columns: Mapping[str, Sequence[Any]], explained: bool) -> Scores:
        ages = np.array(list(columns["AGE"]), float)
        return Scores(ages / 100, np.full((len(ages), 1), 0.5) if explained else None, [()] * len(ages))

    def counterfactuals(self, declined: Sequence[Mapping[str, Any]], threshold: float) -> list[list[tuple[str, Any]]]:  # fmt: skip
        return [[("AGE", threshold * 100 - 1)] for _ in declined]


@pytest.mark.parametrize("reasons", [4, 0], ids=["with reasons", "without"])
def test_a_file_s_rows_are_decided_by_cut_offs_and_rules(
    write: Callable[..., Path], make_application: Make, reasons: int
) -> None:
    policy = read_policy(write())._replace(exploration=Exploration(1.0, 9))
    found = [decided(policy, make_application, reasons, PERSONAL_MONTHLY_INCOME=900, AGE=age) for age in (29, 30, 40)]  # fmt: skip
    assert [cells["decision"] for cells in found] == ["approved", "referred", "declined"]
    assert {cells["rule"] for cells in found} == {""}
    assert bool(found[2]["counterfactual"]) == bool(reasons)
    ruled = decided(policy, make_application, reasons, PERSONAL_MONTHLY_INCOME=100, AGE=29)
    assert (ruled["decision"], ruled["prediction"]) == ("declined", "0")
    assert ruled["rule"] == "no-income: The monthly income is below R$ 400."
    assert ruled["reasons"] in ("[]", "")


def decided(policy: Policy, make: Make, reasons: int, **values: Any) -> dict[str, str]:
    row = {name: "" if value is None else str(value) for name, value in make(**values).items()}
    (cells,) = RowScorer(ByAge(), policy, list(row), reasons).score([list(row.values())])
    return dict(zip(RESULT_COLUMNS, cells, strict=True))
