"""Curves as an SVG, written by hand: a picture that a README can show and a diff can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, GAP = 420, 220, 56


@dataclass(frozen=True)
class Curve:
    """Values in MB over a count; `settled` is the count from which on they have to be flat."""

    title: str
    points: Sequence[tuple[int, float]]
    settled: int

    @property
    def end(self) -> int:
        """The last count."""
        return self.points[-1][0]

    @property
    def start(self) -> float:
        """The value at the end of the warm-up."""
        return next(value for count, value in self.points if count >= self.settled)

    @property
    def spread(self) -> float:
        """The farthest that a later value lies from the settled one, as a share of it."""
        later = [value for count, value in self.points if count >= self.settled]
        return max(abs(value - self.start) for value in later) / self.start


def svg(curves: Sequence[Curve]) -> str:
    """The curves beside each other, from 0 up, each with the warm-up shaded."""
    top = 1.25 * max(value for curve in curves for _, value in curve.points)
    panels = [_panel(curve, n * (WIDTH + GAP) + GAP, top) for n, curve in enumerate(curves)]
    width, height = len(curves) * (WIDTH + GAP) + GAP // 2, HEIGHT + 2 * GAP
    size = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(curve: Curve, left: int, top: float) -> str:
    base = HEIGHT + GAP
    line = " ".join(
        f"{left + WIDTH * count / curve.end:.1f},{base - HEIGHT * value / top:.1f}"
        for count, value in curve.points
    )
    warm = WIDTH * curve.settled / curve.end
    words = f"{curve.start:.0f} MB, then within {curve.spread:.1%}"
    return "\n".join(
        [
            f'<text x="{left}" y="{GAP - 24}" font-weight="bold">{escape(curve.title)}</text>',
            f'<text x="{left}" y="{GAP - 8}">{words}</text>',
            f'<rect x="{left}" y="{GAP}" width="{warm:.1f}" height="{HEIGHT}" fill="#eee"/>',
            f'<path d="M{left},{GAP}V{base}H{left + WIDTH}" fill="none" stroke="#888"/>',
            f'<text x="{left - 6}" y="{GAP + 4}" text-anchor="end">{top:.0f}</text>',
            f'<text x="{left - 6}" y="{base}" text-anchor="end">0</text>',
            f'<text x="{left}" y="{base + 18}">0 (grey: warm-up)</text>',
            f'<text x="{left + WIDTH}" y="{base + 18}" text-anchor="end">{curve.end:,}</text>',
            f'<polyline points="{line}" fill="none" stroke="#06c" stroke-width="2"/>',
        ]
    )
