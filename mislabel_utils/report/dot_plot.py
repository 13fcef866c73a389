"""The scoreboard in one picture: what was published, our seeds, and where one more would fall."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mislabel_utils.report.figures import MANY
from mislabel_utils.report.stats import limits
from mislabel_utils.report.style import GRID, QUIET, TEXT, Picture, styled
from mislabel_utils.report.verdicts import FEWEST, Measured

INK = TEXT  # no colour: no outcome is better than another
CONSTANT = {"marker": "|", "markersize": 8, "markeredgewidth": 1.2}
CONTROL = {"marker": "x", "markersize": 6, "markeredgewidth": 1.2}


def dot_plot(rows: Sequence[Measured], alt: str) -> Picture:
    """A line for each row under its name: per cent above, and differences in points below.

    Counts "of 32" are drawn in per cent of 32. What a student has to beat, the constant answer and
    the best control, is marked, see `Measured.bar`. A row without values shows its published number
    and says so; where one more run would fall is drawn for three seeds and more.
    """
    panels = {
        points: list(some)
        for points, some in groupby(
            sorted(rows, key=lambda row: row.claim.unit == "points"),
            key=lambda row: row.claim.unit == "points",
        )
    }
    heights = [len(some) + 0.6 for some in panels.values()]
    with styled(height=44 * sum(heights) + 220) as figure:
        axes = figure.subplots(len(panels), squeeze=False, height_ratios=heights)
        for ax, (points, some) in zip(axes[:, 0], panels.items(), strict=True):
            for line, row in enumerate(some):
                _row(ax, line, row)
            ax.set(ylim=(len(some) - 0.5, -0.8), yticks=[])
            ax.grid(axis="x")
            if points:
                ax.axvline(0, color=QUIET, linewidth=1)
                ax.set_xlabel("difference, points")
            else:
                ax.set(xlabel="right, %")
                ax.set_xlim(right=101.5)
        figure.legend(handles=_legend(), loc="outside upper left", ncols=1, frameon=False)
    return Picture(figure, alt)


def _row(ax: Axes, line: int, row: Measured) -> None:
    claim = row.claim
    scale = 100 / limits(claim.unit)[1] if claim.kind == "draws" else 1
    name = claim.name if row.values else f"{claim.name} (not yet measured)"
    ax.annotate(name, (0, line - 0.36), xycoords=("axes fraction", "data"), va="center")
    values = scale * np.array(row.values, float)
    if len(values) >= FEWEST:
        low, high = (scale * end for end in row.next_run)
        ax.plot([low, high], [line, line], color=GRID, linewidth=9, solid_capstyle="butt")
    if len(values) > MANY:
        ax.plot(np.median(values), line, "|", color=INK, markersize=11, markeredgewidth=2)
    else:
        ax.plot(values, np.full(len(values), line), "o", color=INK, alpha=0.5, markersize=5)
    for look, rival in zip((CONSTANT, CONTROL), (row.constant(), row.best_control()), strict=True):
        if rival is not None and row.values:
            ax.plot(scale * rival, line, color=INK, **look)
    ax.plot(
        scale * claim.published, line, "D", markerfacecolor="none", color=INK, markersize=8,
        markeredgewidth=1.6,
    )  # fmt: skip


def _legend() -> list[Line2D]:
    point = {"linestyle": "", "color": INK}
    return [
        Line2D([], [], marker="D", markerfacecolor="none", markersize=8, markeredgewidth=1.6,
                   label="published, one run", **point),
        Line2D([], [], marker="o", alpha=0.5, markersize=5, label="ours, one seed", **point),
        Line2D([], [], marker="|", markersize=11, markeredgewidth=2,
                   label="ours, median of many draws", **point),
        Line2D([], [], label="a constant answer", **CONSTANT, **point),
        Line2D([], [], label="the best control (of draws: of 95 %)", **CONTROL, **point),
        Line2D([], [], color=GRID, linewidth=9, solid_capstyle="butt",
                   label="where one more of ours falls (95 %)"),
    ]  # fmt: skip
