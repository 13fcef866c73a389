"""One style for all figures: SVG whose colours are the page's, and whose text is text.

Colours are written as variables of the page's style sheet with the light theme's as what holds
without it: within the book a figure follows the theme, elsewhere it is a light card. Where SVG is
not shown, a PNG is.
"""

import io
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib
from matplotlib.figure import Figure

# Who made the labels, who learnt from them, and what both are held against. No two are the same
# number, so that each can be told from the others in an SVG.
ROLES = {
    "teacher": "#0067a5",
    "student": "#bb4a08",
    "control": "#6a7178",
    "stranger": "#8a4f9e",
    "published": "#1d2124",
    "chance": "#5c6671",
}
TEXT, QUIET, PAPER, GRID = "#1d2125", "#5c6670", "#ffffff", "#dfe3e7"
VARIABLES = {colour: f"--{role}" for role, colour in ROLES.items()} | {
    TEXT: "--fig-text", QUIET: "--quiet", PAPER: "--fig-paper", GRID: "--fig-grid",
}  # fmt: skip
# Two classes, by colours of no role that can be told from either theme's paper.
CLASSES = "#2f8f5b", "#cf4f93"

WIDTH = 420  # of a figure, in pixels: in the column of a phone its 14 are shown as 11
SMALL, PIXELS = 14, 2  # the smallest text; pixels of the PNG for each of the SVG
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.labelsize": SMALL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "text.color": TEXT,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": GRID,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": TEXT,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "svg.fonttype": "none",
    "svg.hashsalt": "book",  # the same figure is the same file
}
NOT_SHOWN = r"^.*?(?=<svg)|<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>"


class Picture:
    """A figure that was drawn within `styled`, as a cell shows it: SVG, PNG and, for those who see
    neither, `alt`: what there is to see, in a sentence.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure, self.alt = figure, " ".join(alt.split())

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        width, height = (round(72 * inches) for inches in self.figure.get_size_inches())
        data = {
            "image/svg+xml": self.svg(),
            "image/png": b64encode(self._saved("png", dpi=72 * PIXELS)).decode(),
            "text/plain": repr(self),
        }
        words = {"alt": self.alt}
        png = words | {"width": width, "height": height}
        return data, {"image/svg+xml": words, "image/png": png}

    def svg(self) -> str:
        """The figure as an element that can stand in a page: no names that another one may have."""
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        text = self._saved("svg", metadata=nothing).decode()
        text = re.sub(NOT_SHOWN, "", text, flags=re.DOTALL)
        text = re.sub(r'<g id="[^"]*"', "<g", text)
        text = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans, system-ui, sans-serif)", text)
        text = re.sub(r"#[0-9a-f]{6}\b", _variable, text)
        width, height = (round(72 * inches) for inches in self.figure.get_size_inches())
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            f' class="plot" role="img" aria-label="{escape(self.alt)}" width="{width}"'
            f' height="{height}" viewBox="0 0 {width} {height}" style="stroke-linejoin: round">'
        )
        return re.sub(r"<svg[^>]*>", lambda _: head, text, count=1)

    def _saved(self, kind: str, **options: Any) -> bytes:
        file = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.figure.savefig(file, format=kind, **options)
        return file.getvalue()


def _variable(colour: re.Match[str]) -> str:
    name = VARIABLES.get(colour[0])
    return f"var({name}, {colour[0]})" if name else colour[0]


@contextmanager
def styled(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """An empty figure of that size in pixels; what is drawn in the context has the book's style."""
    with matplotlib.rc_context(STYLE):
        yield Figure(figsize=(width / 72, height / 72), layout="constrained")
