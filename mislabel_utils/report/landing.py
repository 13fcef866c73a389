"""What the first page shows: garments with what they were called, and the chapters as cards.

Both are plain HTML in the page's colours, which reads well in a notebook too.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image
from torch import Tensor

from mislabel_utils.report.tables import Shown


def garments(images: Tensor, kinds: Sequence[str], called: Sequence[str]) -> Shown:
    """Grey images, uint8 (n, 1, 28, 28), dark on white, each above what it was called."""
    words = ", ".join(f"{kind}: “{name}”" for kind, name in zip(kinds, called, strict=True))
    figures = "".join(
        f'<figure style="flex: 1; margin: 0; min-width: 0; text-align: center">'
        f'<img class="pixels" alt="{escape(kind)}" src="{_png(image[0])}" '
        f'style="width: 100%; height: auto; image-rendering: pixelated" width="84" height="84">'
        f"<figcaption>“{escape(name)}”</figcaption></figure>"
        for image, kind, name in zip(images, kinds, called, strict=True)
    )
    head = "<small>Six of the 60,000 garments it has seen, and the digit each was called</small>"
    row = f'<div style="display: flex; gap: 0.5em">{figures}</div>'
    return Shown(f'<div class="garments">{head}{row}</div>', words)


@dataclass(frozen=True)
class Card:
    """A chapter: its page, what it shows in a sentence, a number, and what that number is.

    `dots` are accuracies in per cent by role, and `chance` what guessing scores, if anything.
    """

    page: str
    title: str
    sentence: str
    number: str
    of: str
    dots: Mapping[str, Sequence[float]]
    chance: float | None = None


def cards(chapters: Sequence[Card]) -> Shown:
    """The chapters in order, each with its strip of dots."""
    items = "".join(
        f'<li><a href="{card.page}.ipynb"><b>{escape(card.title)}</b></a>'
        f"{strip(card.dots, card.chance)}<p>{escape(card.sentence)}</p>"
        f'<p><strong style="color: var(--{list(card.dots)[-1]})">{escape(card.number)}</strong>'
        f" {escape(card.of)}</p></li>"
        for card in chapters
    )
    lines = (f"{c.title}: {c.sentence} {c.number} {c.of}" for c in chapters)
    return Shown(f'<ol class="chapters">{items}</ol>', "\n".join(lines))


def strip(dots: Mapping[str, Sequence[float]], chance: float | None = None) -> str:
    """An SVG of dots on an axis from 0 to 100, in the colours of their roles."""
    marks = "".join(
        f'<circle cx="{6 + 1.88 * value:.1f}" cy="{8 + 4 * (place % 3)}" r="4" '
        f'style="fill: var(--{role}, currentColor)" fill-opacity="0.7"/>'
        for role, values in dots.items()
        for place, value in enumerate(values)
    )
    at = "" if chance is None else f"{6 + 1.88 * chance:.1f}"
    line = at and (
        f'<path d="M{at} 0V26" style="stroke: var(--chance, currentColor)" stroke-dasharray="2 3"/>'
    )
    base = '<path d="M6 26H194" style="stroke: var(--fig-grid, currentColor)"/>'
    return f'<svg viewBox="0 0 200 28" width="200" aria-hidden="true">{base}{line}{marks}</svg>'


def _png(image: Tensor) -> str:
    """The address of a picture of one grey image, light where the image is 0."""
    stream = io.BytesIO()
    Image.fromarray((255 - image).numpy()).save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
