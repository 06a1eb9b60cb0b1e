"""What a hand-over may use under the law in force, and how a model that uses more is refused."""

from collections.abc import Sequence

from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import breaches
from scoring.errors import UnlawfulModel


def usable() -> tuple[str, ...]:
    """The fields that a model may be handed over with, in the portfolio's order. A hand-over comes without figures by age:
    where a law allows age only with them, age is not among these."""
    barred = {breach.field for breach in breaches(in_force.profile(), list(FIELDS), FIELDS)}
    return tuple(name for name in FIELDS if name not in barred)


def check_fields(model: str, used: Sequence[str]) -> None:
    """Raises UnlawfulModel, naming every field and what the data scientist does, when `model` uses what the law forbids."""
    law = in_force.profile()
    if broken := breaches(law, list(used), FIELDS):
        names = ", ".join(breach.field for breach in broken)
        raise UnlawfulModel(
            f"The model {model} breaks the law profile {law.name}: {'; '.join(breach.why for breach in broken)}; fit encoder "
            f"and model anew without {names}, as the script of `creditrisk model template` does, and hand over that."
        )
