"""How a model scores applicants by age: what the law of the United States asks of one that uses it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

ELDER: Final = 62
"""Years from which an applicant is elderly: 12 CFR 1002.2(o)."""
STARTS: Final = (0, 25, 35, 45, 55, ELDER)
"""The years at which the groups begin; the last has no end."""


class AgeGroup(NamedTuple):
    """Applicants from `start` years on, up to the next group: how many, their mean probability of default, and which share
    of them is approved at each of the thresholds, all by models that never saw them."""

    start: int
    rows: int
    mean: float
    approved: tuple[float, ...]


class AgeFigures(NamedTuple):
    """A model's figures by age, as the manifest keeps them. `thresholds` are those of `approved`."""

    thresholds: tuple[float, ...]
    groups: tuple[AgeGroup, ...]

    @classmethod
    def from_dict(cls, data: Any) -> Self | None:
        """From the manifest; None when they are not what this code writes."""
        try:
            thresholds = tuple(float(value) for value in data["thresholds"])
            groups = tuple(_group(told, len(thresholds)) for told in data["groups"])
        except (KeyError, TypeError, ValueError):
            return None
        return cls(thresholds, groups)

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {"thresholds": self.thresholds, "groups": tuple(group._asdict() for group in self.groups)}

    def shortfall(self) -> str:
        """How the eldest score worse than another group, in a few words; empty when they score at least as well as each.

        They do when their mean probability of default is no higher, and their share of approvals at no threshold lower.
        A group without applicants says nothing; without elderly applicants nothing is shown.
        """
        by_start = {group.start: group for group in self.groups if group.rows}
        elder = by_start.pop(ELDER, None)
        if elder is None:
            return "no applicant of that age was there to show it"
        for group in by_start.values():
            whom = f"those from {group.start} on" if group.start else f"those under {STARTS[1]}"
            if elder.mean > group.mean:
                return (
                    f"their mean probability of default is {elder.mean:.4f}, that of {whom} {group.mean:.4f}"
                )
            for threshold, own, other in zip(self.thresholds, elder.approved, group.approved, strict=True):
                if own < other:
                    return f"at a threshold of {threshold:.3g} {own:.1%} of them are approved, of {whom} {other:.1%}"
        return ""


def _group(told: Mapping[str, Any], thresholds: int) -> AgeGroup:
    approved: Sequence[Any] = told["approved"]
    if len(approved) != thresholds or int(told["start"]) not in STARTS:
        raise ValueError("its figures do not fit together")
    return AgeGroup(
        int(told["start"]), int(told["rows"]), float(told["mean"]), tuple(float(value) for value in approved)
    )
