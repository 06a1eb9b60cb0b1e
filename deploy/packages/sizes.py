"""How large the packages are, and whether each function fits."""

from deploy.packages import archive
from deploy.packages.builder import Builder
from deploy.packages.errors import OverBudget
from deploy.packages.parts import FUNCTIONS, MB, PARTS


def table(builder: Builder) -> str:
    """Unzipped and zipped sizes of each part, and of each function with its layers beside its budget."""
    rows = [("package", "unzipped MB", "zipped MB", "budget MB")]
    for part in PARTS:
        rows.append(
            (part.name, _mb(_unzipped(builder, part.name)), _mb(builder.zip(part).stat().st_size), "")
        )
    for function in FUNCTIONS:
        parts = (function.part, *function.layers)
        whole = sum(_unzipped(builder, part.name) for part in parts)
        zipped = sum(builder.zip(part).stat().st_size for part in parts)
        rows.append((f"{function.part.name} with its layers", _mb(whole), _mb(zipped), _mb(function.budget)))
    return "\n".join(
        f"{name:<34}{unzipped:>12}{zipped:>12}{budget:>12}" for name, unzipped, zipped, budget in rows
    )


def check(builder: Builder) -> None:
    """Raises OverBudget naming the first function that takes more than it may."""
    for function in FUNCTIONS:
        whole = sum(_unzipped(builder, part.name) for part in (function.part, *function.layers))
        if whole > function.budget:
            raise OverBudget(
                f"{function.part.name} takes {_mb(whole)} MB with its layers, {_mb(function.budget)} MB is its budget."
            )


def _unzipped(builder: Builder, name: str) -> int:
    return archive.size(builder.folder / name)


def _mb(size: int) -> str:
    return f"{size / MB:.2f}"
