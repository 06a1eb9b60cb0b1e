"""Small charts as SVG, drawn on the server: axes, dots with their intervals, lines and bars. Colours are the page's classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, isnan, log10

from lifecycle.performance.estimate import Estimate

WIDTH = 440
"""Of every chart, in its own units: a phone shows it a little smaller, a desktop a little larger."""
_FEWEST_TICKS = 3
"""Figures on an axis that tell how far two of them are apart, with one to spare."""
SIGN = 7.1
"""Width of a sign of the charts' text, on average, where it is largest: on a phone."""


def text(x: float, y: float, content: str, anchor: str = "start", style: str = "") -> str:
    """A line of text; `anchor` is start, middle or end."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def box(x: float, y: float, width: float, height: float, style: str, title: str = "") -> str:
    """A filled rectangle; `title` shows under the pointer."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" '
        f'class="{style}">{inside}</rect>'
    )


def dot(x: float, y: float, style: str, title: str = "", radius: float = 3.6) -> str:
    """A filled circle; `title` shows under the pointer."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{style}"><title>{escape(title)}</title></circle>'


def picture(height: float, label: str, parts: Sequence[str]) -> str:
    """The chart; `label` says in words what it shows."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
        + "".join(parts)
        + "</svg>"
    )


def legend(y: float, entries: Sequence[tuple[str, str]]) -> list[str]:
    """One line that tells what each style (class → words) stands for."""
    parts, x = [], 40.0
    for style, words in entries:
        if style.startswith("line"):
            parts.append(line(x, y - 4, x + 16, y - 4, style))
        else:
            parts.append(box(x + 3, y - 9, 10, 10, style))
        parts.append(text(x + 21, y, words, style="key"))
        x += 36 + SIGN * len(words)
    return parts


def shortened(words: str, width: float) -> str:
    """The words as far as they have room."""
    most = int(width / SIGN)
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers from low to high."""
    if not high > low:
        return [low]
    raw = (high - low) / about
    unit = 10.0 ** floor(log10(raw))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= raw * 0.999)
    found = _multiples(step, low, high)
    return found if len(found) >= _FEWEST_TICKS else _multiples(step / 2, low, high)


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(step * place, 10) for place in range(first, last + 1)]


@dataclass
class Plot:
    """A plane with two linear axes; parts are drawn in the order in which they are asked for."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float = 250
    left: float = 46
    right: float = 20
    top: float = 26
    bottom: float = 40
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return (
            self.left + across * (WIDTH - self.left - self.right),
            self.height - self.bottom - up * (self.height - self.top - self.bottom),
        )

    def rows(self, digits: int | None, unit: str = "", scale: float = 1) -> None:
        """The vertical axis: a line across and a figure at each round value."""
        for value in ticks(*self.y):
            _, y = self.at(self.x[0], value)
            self.parts.append(line(self.left, y, WIDTH - self.right, y, "grid"))
            self.parts.append(
                text(self.left - 6, y + 4, _figure(value * scale, digits) + unit, "end", "tick")
            )

    def columns(self, digits: int | None, unit: str = "", scale: float = 1) -> None:
        """The horizontal axis, of numbers."""
        for value in ticks(*self.x):
            x, y = self.at(value, self.y[0])
            self.parts.append(text(x, y + 16, _figure(value * scale, digits) + unit, "middle", "tick"))

    def names(self, names: Sequence[str]) -> None:
        """The horizontal axis, of names: as many as have room."""
        room = (WIDTH - self.left - self.right) / max(len(names), 1)
        every = max(1, ceil((SIGN * max(map(len, names), default=1) + 8) / room))
        for place in range(0, len(names), every):
            x, y = self.at(place, self.y[0])
            self.parts.append(text(x, y + 16, names[place], "middle", "tick"))

    def title(self, words: str) -> None:
        """What the horizontal axis tells."""
        middle = (self.left + WIDTH - self.right) / 2
        self.parts.append(text(middle, self.height - 4, words, "middle", "key"))

    def path(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A line through points; a point that is not there interrupts it."""
        told, pen = [], "M"
        for x, y in points:
            if isnan(y):
                pen = "M"
                continue
            told.append(f"{pen}{self.at(x, y)[0]:.1f} {self.at(x, y)[1]:.1f}")
            pen = "L"
        if told:
            self.parts.append(f'<path d="{"".join(told)}" class="{style}"/>')

    def band(self, points: Sequence[tuple[float, Estimate]], style: str) -> None:
        """The area between the ends of intervals."""
        there = [(x, told) for x, told in points if not isnan(told.low)]
        if len(there) < 2:
            return
        upper = [self.at(x, min(told.high, self.y[1])) for x, told in there]
        lower = [self.at(x, max(told.low, self.y[0])) for x, told in reversed(there)]
        outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in (*upper, *lower))
        self.parts.append(f'<polygon points="{outline}" class="{style}"/>')

    def mark(self, x: float, told: Estimate, style: str, title: str) -> None:
        """A dot with its interval."""
        if isnan(told.value):
            return
        if not isnan(told.low):
            low, high = max(told.low, self.y[0]), min(told.high, self.y[1])
            self.parts.append(line(*self.at(x, low), *self.at(x, high), f"reach {style}"))
        self.parts.append(dot(*self.at(x, told.value), style, title))

    def picture(self, label: str) -> str:
        """The chart."""
        return picture(self.height, label, self.parts)


def _figure(value: float, digits: int | None) -> str:
    return f"{value:g}" if digits is None else f"{value:.{digits}f}"


def span(values: Sequence[float], least: float = 0.0) -> tuple[float, float]:
    """The range of what is there, at least so wide, with a little air."""
    there = [value for value in values if not isnan(value)]
    if not there:
        return 0.0, 1.0
    low, high = min(there), max(there)
    short = max(least - (high - low), 0) / 2
    air = 0.06 * (high - low + 2 * short)
    return low - short - air, high + short + air
