"""Many conditions on one axis: a strip of dots for each group of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mislabel_utils.showing.figures import BLUE, GREY, ORANGE, styled, subplots

# Told apart by shape as well as by colour.
LOOKS = (("o", BLUE), ("s", ORANGE), ("^", "black"))
NEAR = 2.4  # dots closer than this on the axis are stacked


@styled
def strips(
    groups: Mapping[str, Mapping[str, Sequence[float]]], xlabel: str, marks: Mapping[float, str]
) -> Figure:
    """Dots on one axis, those that would overlap stacked, each strip below its name.

    Parameters
    ----------
    groups : by name of the strip and of the kind, up to three kinds, numbers on a scale of about
        a hundred
    marks : names of places on the axis, drawn as vertical lines
    """
    kinds = list(dict.fromkeys(kind for group in groups.values() for kind in group))
    looks = dict(zip(kinds, LOOKS, strict=False))
    figure, ax = subplots()
    bottom = 0.0
    for name, group in groups.items():
        values = np.concatenate([np.asarray(each, float) for each in group.values()])
        of = [kind for kind, each in group.items() for _ in each]
        level = stacked(values)
        top = bottom + 2.2
        ax.annotate(
            name, (0, bottom + 1), xycoords=("axes fraction", "data"), va="center", fontsize=11
        )
        for kind, (marker, colour) in looks.items():
            mine = np.array([each == kind for each in of])
            ax.plot(values[mine], top + level[mine], marker, color=colour, markersize=5,
                    alpha=0.8, markeredgewidth=0)  # fmt: skip
        bottom = top + level.max() + 0.8
    for place, mark in marks.items():
        ax.axvline(place, color=GREY, linestyle="--", linewidth=1.2, zorder=0)
        ax.annotate(mark, (place, 0), xycoords=("data", "axes fraction"), xytext=(3, 3),
                    textcoords="offset points", fontsize=9, color=GREY)  # fmt: skip
    figure.set_size_inches(4.0, 0.115 * bottom + 1.6)
    ax.set(ylim=(bottom + 0.8, -0.2), yticks=[], xlabel=xlabel)
    ax.spines["left"].set_visible(False)
    handles = [
        plt.Line2D([], [], marker=marker, color=colour, linestyle="", markersize=5, label=kind)
        for kind, (marker, colour) in looks.items()
    ]
    figure.legend(handles=handles, loc="outside upper left", fontsize=11)
    plt.close(figure)
    return figure


def stacked(values: np.ndarray) -> np.ndarray:
    """The lowest free level, from 0, for each number: none lies over one that is `NEAR` it."""
    levels = np.zeros(len(values), int)
    placed: list[int] = []
    for at in np.argsort(values, kind="stable"):
        taken = {levels[other] for other in placed if abs(values[at] - values[other]) < NEAR}
        levels[at] = next(level for level in range(len(values)) if level not in taken)
        placed.append(at)
    return levels
