"""Plots as inline SVG: no script and no inline style; colors come from the style sheet by class, numbers stand in a table too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import Any

WIDTH, HEIGHT = 720, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 6, 12, 30
_MOST_LABELS = 12


class Svg(str):
    """Markup that is escaped already: templates put it into a page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """The markup."""
        return str(self)


def _filled(template: str, *values: Any, **named: Any) -> Svg:
    """The template with its values, all escaped but those that are markup."""
    return Svg(template.format(*map(_escaped, values), **{k: _escaped(v) for k, v in named.items()}))


def _joined(template: str, rows: Iterable[tuple[Any, ...]]) -> Svg:
    """The template filled once for every row."""
    return Svg("".join(_filled(template, *row) for row in rows))


def _escaped(value: Any) -> str:
    return value if isinstance(value, Svg) else escape(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The values of one color, one for each label; None where there is nothing to tell."""

    name: str
    css: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Upright bars: one on the other where ``stacked``, otherwise side by side; ``percent`` runs to 100."""

    ident: str
    title: str
    said: str
    """What the plot shows, for who does not see it."""
    heading: str
    """Of the labels."""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    width: int = WIDTH
    """In units of the drawing, of which a letter is 12 high."""
    stacked: bool = True
    percent: bool = False

    @property
    def rows(self) -> Iterator[tuple[str, tuple[int | None, ...]]]:
        """The numbers, label by label."""
        return zip(self.labels, zip(*(s.values for s in self.series), strict=True), strict=True)

    @property
    def svg(self) -> Svg:
        """The plot."""
        top = 100 if self.percent else max(2, *self._heights())
        step = 25 if self.percent else _step(top)
        top = -(-top // step) * step
        return _filled(
            '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{id}-title {id}-said"><title id="{id}-title">{}</title>'
            '<desc id="{id}-said">{}</desc>{}{}{}</svg>',
            self.width, HEIGHT, self.title, self.said, self._grid(top, step), self._bars(top), self._names(), id=self.ident,
        )  # fmt: skip

    def _heights(self) -> list[int]:
        filled = [tuple(v or 0 for v in values) for _, values in self.rows]
        return [sum(v) if self.stacked else max(v) for v in filled] or [0]

    def _grid(self, top: int, step: int) -> Svg:
        unit = " %" if self.percent else ""
        lines = ((_LEFT, self.width - _RIGHT, _y(n, top), _LEFT - 6, _y(n, top) + 4, n, unit) for n in range(0, top + 1, step))
        line = '<path class="grid" d="M{0} {2}H{1}"/><text class="tick" x="{3}" y="{4}" text-anchor="end">{5}{6}</text>'
        return _joined(line, lines)

    def _bars(self, top: int) -> Svg:
        slot = (self.width - _LEFT - _RIGHT) / max(1, len(self.labels))
        room = min(slot * 0.72, 64)
        wide = room if self.stacked else room / len(self.series)
        bars = []
        for i, (label, values) in enumerate(self.rows):
            x = _LEFT + slot * i + (slot - room) / 2
            below = (0, *accumulate(v or 0 for v in values)) if self.stacked else (0,) * len(values)
            for j, (s, value) in enumerate(zip(self.series, values, strict=True)):
                if value:
                    at = x if self.stacked else x + j * wide
                    y = _y(below[j] + value, top)
                    tip = f"{label}: {value}{' %' if self.percent else ''} {s.name}"
                    bars.append((s.css, f"{at:.1f}", f"{y:.1f}", f"{wide - 1:.1f}", f"{_y(below[j], top) - y:.1f}", tip))
        bar = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
        return _joined(bar, bars)

    def _names(self) -> Svg:
        slot = (self.width - _LEFT - _RIGHT) / max(1, len(self.labels))
        every = -(-len(self.labels) // _MOST_LABELS)
        named = ((f"{_LEFT + slot * (i + 0.5):.1f}", HEIGHT - 10, n) for i, n in enumerate(self.labels) if i % every == 0)
        return _joined('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>', named)


def parts(name: str, values: tuple[tuple[str, str, int], ...], whole: int = 0) -> Svg:
    """A lying bar of parts (class, word, number) that make up a whole, or with ``whole`` a part of that; ``name`` says of what."""
    whole = whole or sum(v for _, _, v in values) or 1
    said = ", ".join(f"{v} {word}" for _, word, v in values if v) or "none"
    ends = (0, *accumulate(v for _, _, v in values))
    pieces = (
        (css, f"{100 * start / whole:.2f}", f"{100 * v / whole:.2f}")
        for (css, _, v), start in zip(values, ends, strict=False)
        if v
    )
    return _filled(
        '<svg class="parts" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}: {}">{}</svg>',
        name, said, _joined('<rect class="{}" x="{}" y="0" width="{}" height="10"/>', pieces),
    )  # fmt: skip


def _y(value: int, top: int) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / top)


def _step(top: int) -> int:
    """A round number that goes into the height four times or so."""
    size = 1
    while True:
        for n in (1, 2, 5):
            if top <= n * size * 4:
                return n * size
        size *= 10
