"""An entry of the audit log for a person: a line for what was done, and one for each gate, each model and each group."""

from collections.abc import Iterator, Mapping

from lifecycle.audit import Entry

_INDENT = 8
_NAME = 12
"""Signs that a gate's name has room for."""
_ESTIMATE = ({"value", "low", "high"}, {"ratio", "low", "high"})
"""A figure with its interval; what else stands beside these three is told after them."""


def lines_of(entry: Entry) -> Iterator[str]:
    """The first line has when, what, by whom and the plain facts; indented below it stand those that hold others."""
    plain, others = _apart(entry.facts)
    yield f"{entry.number:>6}  {entry.at}  {entry.event:<20}  {entry.by:<12}  {plain}".rstrip()
    for name, value in others.items():
        if _is_estimate(value):
            yield f"{'':<{_INDENT}}{name}  {_figure(value)}"
            continue
        for inner, told in value.items():
            yield from _lines(inner, told)


def _lines(name: str, told: object) -> Iterator[str]:
    """A gate (which says whether it passed), or a model's figure."""
    if not isinstance(told, Mapping) or _is_estimate(told):
        yield f"{'':<{_INDENT}}{name:<{_NAME}}  {_figure(told)}"
        return
    state = "" if "passed" not in told else "passed  " if told["passed"] else "FAILED  "
    rest = {key: value for key, value in told.items() if key != "passed"}
    groups = {key: value for key, value in rest.items() if _is_estimate(value) and "ratio" in value}
    figures = "  ".join(_said(key, value) for key, value in rest.items() if key not in groups)
    plain = str(rest.get("said", figures))  # why it failed has its figures in it
    yield f"{'':<{_INDENT}}{state}{name:<{_NAME}}  {plain}".rstrip()
    for group, value in groups.items():
        yield f"{'':<{_INDENT + len(state) + _NAME + 2}}{group}: {_figure(value)}"


def _apart(facts: Mapping[str, object]) -> tuple[str, dict[str, Mapping[str, object]]]:
    """Plain facts in words, and those that hold others."""
    others = {name: value for name, value in facts.items() if isinstance(value, Mapping)}
    plain = (f"{name}={_figure(value)}" for name, value in facts.items() if name not in others)
    return "  ".join(plain), others


def _said(name: str, value: object) -> str:
    return f"{name.replace('_', ' ')} {_figure(value)}"


def _is_estimate(value: object) -> bool:
    return isinstance(value, Mapping) and any(names <= value.keys() for names in _ESTIMATE)


def _figure(value: object) -> str:
    """As many digits as a person compares: four after the point, none of a whole number; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if not isinstance(value, Mapping):
        return str(value)
    figure = value["value"] if "value" in value else value["ratio"]
    low, high = (_figure(value[end]) for end in ("low", "high"))
    more = (_said(name, one) for name, one in value.items() if name not in ("value", "ratio", "low", "high"))
    return ", ".join([f"{_figure(figure)} ({low} – {high})", *more])
