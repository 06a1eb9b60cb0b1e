"""Where the policy lies that a process decides by."""

from pathlib import Path
from typing import Final

from creditrisk.portfolio import portfolio_folder

POLICY_FILE: Final = "policy.toml"
COMPILED_POLICY: Final = "policy.json"
"""The same as JSON: what packages carry."""


def policy_path(named: Path | None) -> Path:
    """The policy's file, there or not: the one that POLICY names, else policy.toml beside the portfolio's definition, or
    policy.json, where packages have it."""
    if named:
        return named
    path = portfolio_folder() / POLICY_FILE
    compiled = path.with_name(COMPILED_POLICY)
    return compiled if not path.exists() and compiled.exists() else path


def both_said(path: Path) -> str:
    """Why nothing is decided while there is a policy and THRESHOLD is set, too."""
    return (
        f"THRESHOLD is set, and {path} says from where is declined: leave THRESHOLD empty to decide by the policy, or move "
        "the policy away to decide by the threshold."
    )


def has_policy(named: Path | None) -> bool:
    """Whether there is a policy, or one is named, and the threshold says nothing then."""
    return named is not None or policy_path(named).exists()
