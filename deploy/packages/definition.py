"""A portfolio's definition as packages carry it: checked, and as JSON, which is read faster than TOML."""

import json
from pathlib import Path

from creditrisk.policy.place import COMPILED_POLICY, POLICY_FILE
from creditrisk.policy.reading import read_policy, table_of
from creditrisk.portfolio import read_portfolio
from creditrisk.portfolio.reading import COMPILED, definition_of
from deploy.packages.errors import PackageError


def put(folder: Path, to: Path) -> None:
    """Write the definition that stands in `folder` into the folder `to`, and the policy beside it, if there is one;
    whatever else lies there stays behind.

    Raises UnusablePortfolio or UnusablePolicy with everything that is wrong: what is broken is not packed.
    """
    portfolio = read_portfolio(folder)
    table, path = definition_of(folder)
    for policy in policy_of(folder):
        read_policy(policy, portfolio)
        to.mkdir(parents=True, exist_ok=True)
        (to / COMPILED_POLICY).write_text(_json(table_of(policy)), encoding="utf-8")
    try:
        text = _json(table)
    except (
        TypeError
    ) as error:  # the only table whose inside is not checked by its keys is that of the features
        raise PackageError(
            f"{path} cannot be packed: write what its features hold as texts and numbers ({error})."
        ) from None
    to.mkdir(parents=True, exist_ok=True)
    (to / COMPILED).write_text(text, encoding="utf-8")


def policy_of(folder: Path) -> list[Path]:
    """The file of the policy that lies beside a definition; none where there is none."""
    found = [folder / name for name in (POLICY_FILE, COMPILED_POLICY) if (folder / name).exists()]
    return found[:1]


def _json(table: dict[str, object]) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n"


def check_model(portfolio: Path, model: Path) -> None:
    """Raises PackageError when a model's manifest says that it was trained under another definition: its functions
    would score nothing."""
    made_for = _made_for(model / "manifest.json")
    here = read_portfolio(portfolio)
    if made_for and made_for.get("fingerprint") != here.fingerprint:
        raise PackageError(
            f"The model in {model} was trained under another portfolio ({made_for.get('name')}) than the one in "
            f"{portfolio} ({here.name}): train one under it (`creditrisk train DATA`), or name both with PORTFOLIO_DIR "
            "and MODEL_DIR."
        )


def _made_for(manifest: Path) -> dict[str, object]:
    """What a manifest says of the portfolio; nothing where it cannot be read, which the scorer tells better."""
    try:
        told = json.loads(manifest.read_text(encoding="utf-8")).get("portfolio")
    except (OSError, ValueError, AttributeError):
        return {}
    return told if isinstance(told, dict) else {}
