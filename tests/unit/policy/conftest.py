"""A policy that says all that one can say."""

from collections.abc import Callable
from pathlib import Path

import pytest

TEXT = """
name = "cards-2026"
description = "Cards below a third of risk; a person looks at those just above."
declineFrom = 0.4
referFrom = 0.3

[[rule]]
name = "no-income"
decision = "declined"
reason = "The monthly income is below R$ 400."
when = [{ field = "PERSONAL_MONTHLY_INCOME", below = 400 }]

[[rule]]
name = "many-dependants"
decision = "referred"
reason = "More than five people live on the income, and the home's type is not told."
when = [{ field = "QUANT_DEPENDANTS", from = 6 }, { field = "RESIDENCE_TYPE", missing = true }]

[[rule]]
name = "by-hand"
decision = "referred"
reason = "Applications by post are read by a person."
when = [{ field = "APPLICATION_SUBMISSION_TYPE", is = ["Carga", "0"] }, { field = "PRODUCT", isNot = ["2"] }]

[exploration]
share = 0.03
budget = 20
upTo = 0.7

[worth]
good = 120
bad = -800
referral = -15
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes TEXT as policy.toml, with parts of it replaced."""

    def policy(*changes: tuple[str, str]) -> Path:
        text = TEXT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return policy
