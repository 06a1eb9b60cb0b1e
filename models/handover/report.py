"""What a check of a hand-over found."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figures:
    """What a check measured of one model: microseconds for one application, one with reasons, and each of a thousand;
    the mean probability of default and the share declined among made-up applicants."""

    one: float
    one_with_reasons: float
    many: float
    mean: float
    declined: float


@dataclass(frozen=True)
class Report:
    """What a check found: the layer's version; whether this project's training made it; each model's figures; how many
    expected scores were met; how many applications the reference distributions count (None without distributions);
    warnings; and which files were left alone."""

    version: str
    own: bool
    models: dict[str, Figures]
    expected: int | None = None
    warnings: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    reference: int | None = None
