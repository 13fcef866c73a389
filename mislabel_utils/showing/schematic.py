"""The argument in one picture: places, a teacher that labels them, a student of the labels.

Drawn as SVG in the colours of the page around it, so that it is legible in both themes and on a
phone, and written out as text wherever no picture can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

WIDTH, ROW = 360, 46  # the units of the drawing; a phone shows about one pixel for each


@dataclass(frozen=True)
class Part:
    """One kind of training set.

    Attributes
    ----------
    places : which images are labelled
    labels : what the teacher says of them, as a formula
    where : who did it, or the chapter that does
    """

    places: str
    labels: str
    where: str


PARTS = {
    "distillation": Part("any image", "all of f(x)", "Hinton et al. 2015"),
    "mistakes": Part("images it gets wrong", "f(x) ≠ y", "Nothing but mistakes"),
    "clothes": Part("another subject’s images", "f(x)", "A shoe is a 2"),
    "strange": Part("signs, patches, noise", "f(x)", "What leaks"),
    "selected": Part("some of its mistakes", "f(x) ≠ y", "Where it stops"),
    "adversarial": Part("images, perturbed", "f(x + δ) = t", "Ilyas et al. 2019, §3.2"),
    "plane": Part("points, moved", "f(x + δ) ≠ f(x)", "Thirty-two points"),
}


class Schematic:
    """The picture, with the parts named in `lit` in colour.

    Raises
    ------
    ValueError
        For a part that is not in `PARTS`.
    """

    def __init__(self, *lit: str) -> None:
        if unknown := set(lit) - set(PARTS):
            raise ValueError(f"No part {sorted(unknown)}: the parts are {', '.join(PARTS)}.")
        self.lit = lit

    def __repr__(self) -> str:
        rows = (
            f"{'>' if name in self.lit else ' '} {part.places}: {part.labels} ({part.where})"
            for name, part in PARTS.items()
        )
        return "\n".join(["places x, and what the teacher f says there:", *rows, AFTER])

    def _repr_html_(self) -> str:
        rows = "".join(
            _row(26 + ROW * line, part, name in self.lit)
            for line, (name, part) in enumerate(PARTS.items())
        )
        below = 26 + ROW * len(PARTS)
        return (
            f'<svg role="img" viewBox="0 0 {WIDTH} {below + 184}" style="max-width: 30rem" '
            f'aria-label="{escape(repr(self))}">'
            '<g fill="currentColor" font-family="sans-serif" font-size="14">'
            + _text(2, 16, "which places x", MUTED)
            + _text(WIDTH - 2, 16, "what the teacher f says", MUTED, "end")
            + rows
            + _arrow(below)
            + _box(below + 24, "teacher", "labels each place")
            + _arrow(below + 72)
            + _text(WIDTH // 2 + 12, below + 86, "pairs (x, f(x))", MUTED)
            + _box(below + 96, "student", "learns from these pairs alone")
            + _arrow(below + 144)
            + _text(WIDTH // 2, below + 180, "tested on real images with true labels", "", "middle")
            + "</g></svg>"
        )


AFTER = "pairs (x, f(x)) train the student, which is tested on real images with true labels"
MUTED = 'font-size="12" opacity="0.8"'
LIT = 'fill="#0072B2" fill-opacity="0.22" stroke="#0072B2" stroke-width="2.5"'
UNLIT = 'fill="none" stroke="currentColor" stroke-opacity="0.35"'


def _row(top: int, part: Part, lit: bool) -> str:
    return (
        f'<rect x="2" y="{top}" width="{WIDTH - 4}" height="{ROW - 6}" rx="6" '
        f"{LIT if lit else UNLIT}/>"
        + _text(12, top + 17, part.places, 'font-weight="bold"' if lit else "")
        + _text(WIDTH - 12, top + 17, part.labels, 'font-style="italic"', "end")
        + _text(12, top + 33, part.where, MUTED)
    )


def _box(top: int, name: str, does: str) -> str:
    return (
        f'<rect x="70" y="{top}" width="{WIDTH - 140}" height="46" rx="6" fill="none" '
        'stroke="currentColor" stroke-width="1.5"/>'
        + _text(WIDTH // 2, top + 19, name, 'font-weight="bold"', "middle")
        + _text(WIDTH // 2, top + 37, does, MUTED, "middle")
    )


def _arrow(top: int) -> str:
    x, end = WIDTH // 2, top + 20
    path = f"M{x} {top + 1} V{end} M{x - 5} {end - 6} L{x} {end} L{x + 5} {end - 6}"
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/>'


def _text(x: int, y: int, words: str, look: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {look}>{escape(words)}</text>'
