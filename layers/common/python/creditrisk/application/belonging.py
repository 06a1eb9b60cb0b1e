"""Whether a set of names is of this portfolio: a history's columns, or an application that waits in a queue."""

from collections.abc import Iterable

from creditrisk.application.fields import FIELDS
from creditrisk.portfolio import Role

_SHOWN = 3


def of_another(names: Iterable[str]) -> str:
    """What tells that fields of these names are another portfolio's, in words; '' when they are this one's.

    A lender's definition changes: a field comes, another goes. So names that are no field here only tell when there are
    more of them than of those that are. Who the applicant is tells nothing: everybody asks for a name.
    """
    known = {name for name in names if name in FIELDS}
    strange = [name for name in names if name not in FIELDS]
    ours = sum(FIELDS[name].role is not Role.IDENTITY for name in known)
    if len(strange) <= ours:
        return ""
    more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
    return f"it has {', '.join(strange[:_SHOWN])}{more}, which nobody is asked for here"
