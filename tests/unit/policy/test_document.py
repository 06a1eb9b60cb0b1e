"""docs/policy.md: its table has every key, and its example is a policy."""

import re
from pathlib import Path

from creditrisk.policy.keys import POLICY
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio.keys import Keys

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def documented(keys: Keys = POLICY, place: str = "") -> list[str]:
    """The lines of the table: what must be given has a star."""
    lines = []
    for name, key in keys.items():
        among = f": {', '.join(key.among)}" if key.among else ""
        star = r"\*" if key.needed else ""
        lines.append(f"| `{place}{name}`{star} | {key.kind}{among} | {key.help} |")
        if key.keys:
            lines += documented(key.keys, f"{place}{name}.")
    return lines


def test_every_key_is_in_the_table_with_its_meaning() -> None:
    table = PAGE.partition("<!-- keys -->")[2].partition("<!-- /keys -->")[0].strip().splitlines()
    assert table[2:] == documented()


def test_the_example_is_a_policy(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    policy = read_policy(path)
    assert policy.version.startswith("cards-2026 ")
    assert len(policy.rules) == 2 and policy.exploration and policy.worth
    assert policy.version in PAGE
