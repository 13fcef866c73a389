"""The look of the scoreboard's picture, which leaves a reader's own plots theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib import rc_params_from_file
from matplotlib.backend_bases import RendererBase

GREY, PALE = "#767676", "#C8C8C8"

LOOK = rc_params_from_file(Path(__file__).with_name("book.mplstyle"), use_default_template=False)


class Figure(plt.Figure):
    """Keeps the book's look wherever it is shown: matplotlib makes some parts late."""

    def draw(self, renderer: RendererBase) -> None:
        """As matplotlib draws it."""
        with plt.rc_context(LOOK):
            super().draw(renderer)

    def savefig(self, *arguments: Any, **options: Any) -> None:
        """As matplotlib saves it."""
        with plt.rc_context(LOOK):
            super().savefig(*arguments, **options)


subplots = partial(plt.subplots, FigureClass=Figure)


def styled(draw: Callable) -> Callable:
    """Let a function draw in the book's look, and leave a reader's own plots theirs."""

    @wraps(draw)
    def drawing(*arguments: Any, **options: Any) -> Any:
        with plt.rc_context(LOOK):
            return draw(*arguments, **options)

    return drawing
