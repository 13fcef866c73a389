"""Figures of many cells: where students are above chance, and what said so beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from scipy.special import expit, logit

from mislabel_utils.showing.figures import BLUE, GREY, ORANGE, styled, subplots

MARKERS = "o^"
ENDS, TICKS = (0.08, 0.998), (0.1, 0.5, 0.9, 0.99)  # of the teachers' accuracies, logit scale
SQUARE = 1.15  # the width of a square on that scale
ABOVE = 0.48  # of a line of cells: where its seeds lie


@styled
def phases(panels: Mapping[str, tuple[np.ndarray, np.ndarray]], counts: Sequence[int]) -> Figure:
    """Classes by the teacher's accuracy, one panel a choice: how far students are above chance.

    A square is the mean over seeds, in points, a dot above it one seed; a line runs where the
    means cross chance. Where most seeds have no student there is no square, and where some have
    none it has a star. A square stands at the mean of all its teachers, also of those without a
    student: so the squares of one teacher are in the same place in every panel, and in the order
    of how good the teachers are. The accuracies are drawn on a logit scale, which spreads the very
    good and the very bad; squares that would overlap are moved apart.

    Parameters
    ----------
    panels : by title, in rows of two, the teachers' accuracies and the students' less chance, both
        of shape (seeds, counts, teachers) and in units of 1; NaN where there is no student
    counts : of classes, one for each line of cells
    """
    rows = -(-len(panels) // 2)
    figure, axes = subplots(
        rows, 2, figsize=(4.8, 2 * rows + 1), sharex=True, sharey=True, squeeze=False
    )
    reach = 100 * max(np.nanmax(np.abs(gain)) for _, gain in panels.values())
    look = {"cmap": "PuOr", "norm": Normalize(-reach, reach)}
    for ax, (title, (teacher, gain)) in zip(axes.flat, panels.items(), strict=False):
        height = np.broadcast_to(np.arange(len(counts))[:, None], gain.shape[1:])
        for x, seed in zip(np.clip(teacher, *ENDS), 100 * gain, strict=True):
            ax.scatter(x, height + ABOVE, c=seed, s=13, edgecolors=GREY, linewidths=0.4, **look)
        share = (~np.isnan(gain)).mean(0)
        has = share > 0.5
        x, z = np.clip(teacher.mean(0), *ENDS)[has], 100 * np.nanmean(gain[:, has], 0)
        y, stars = height[has], np.where(share[has] < 1, "*", "")
        for line in np.unique(y):
            x[y == line] = _apart(x[y == line])
        shown = ax.scatter(x, y, c=z, s=330, marker="s", edgecolors=GREY, linewidths=0.6, **look)
        for one_x, one_y, one_z, star in zip(x, y, z, stars, strict=True):
            ink = "white" if abs(one_z) > 0.6 * reach else "black"
            sign = "−" if round(one_z) < 0 else ""  # a plus would leave less room for the number
            number = f"{sign}{abs(one_z):.0f}{star}"
            ax.text(one_x, one_y, number, color=ink, ha="center", va="center", fontsize=10)
        if len(z) > 3 and z.min() < 0 < z.max():
            ax.tricontour(x, y, z, levels=[0], colors="black", linewidths=1.5, zorder=3)
        ax.set_title(title, fontsize=11)
        ax.set(xscale="logit", xlim=ENDS, ylim=(-0.5, len(counts) - 0.3))
        ax.set_xticks(TICKS, [f"{100 * tick:g}" for tick in TICKS])
        ax.minorticks_off()
        ax.set_yticks(range(len(counts)), counts)
    for ax in axes[-1]:
        ax.set_xlabel("teacher's accuracy, %")
    for ax in axes[:, 0]:
        ax.set_ylabel("classes")
    figure.colorbar(
        shown, ax=axes, location="bottom", shrink=0.6, label="student minus chance, points"
    )
    plt.close(figure)
    return figure


def _apart(x: np.ndarray) -> np.ndarray:
    """Accuracies, moved until their squares do not overlap: in their order, about their middle."""
    order, place = x.argsort(kind="stable"), logit(x)
    moved = place[order].copy()
    for left in range(len(moved) - 1):
        moved[left + 1] = max(moved[left + 1], moved[left] + SQUARE)
    apart = np.empty_like(moved)
    apart[order] = moved - moved.mean() + place.mean()
    return expit(apart)


@styled
def against(
    known: Mapping[str, Mapping[tuple[str, str], np.ndarray]],
    found: Mapping[tuple[str, str], np.ndarray],
    ylabel: str,
) -> Figure:
    """What was found against what was known, a panel a quantity, all less chance and in points.

    Parameters
    ----------
    known : by quantity and group, a number for each cell, in units of 1; the first name of a group
        gives the marker, the second the colour
    found : by group, what came out, in units of 1
    """
    size = (6, 3.1 * len(known) + 0.9)
    figure, axes = subplots(len(known), squeeze=False, figsize=size, sharex=True)
    markers, colours = (list(dict.fromkeys(names)) for names in zip(*found, strict=True))
    for ax, (quantity, values) in zip(axes[:, 0], known.items(), strict=True):
        for (shape, tone), x in values.items():
            marker, colour = MARKERS[markers.index(shape)], f"C{colours.index(tone)}"
            ax.plot(
                100 * x, 100 * found[shape, tone], marker, color=colour, alpha=0.7, markersize=6
            )
        ax.axline((0, 0), slope=1, color=GREY, linestyle="--", linewidth=1.2, zorder=0)
        ax.axhline(0, color="black", linewidth=1, zorder=0)
        ax.axvline(0, color="black", linewidth=1, zorder=0)
        ax.set(xlabel=quantity, ylabel=ylabel)
        ax.xaxis.set_tick_params(labelbottom=True)
    looks = [(marker, GREY, name) for marker, name in zip(MARKERS, markers, strict=False)]
    looks += [("s", f"C{place}", name) for place, name in enumerate(colours)]
    handles = [
        plt.Line2D([], [], marker=marker, color=colour, linestyle="", label=name)
        for marker, colour, name in looks
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=10)
    plt.close(figure)
    return figure


@styled
def two_ways(
    values: Mapping[str, Mapping[str, Sequence[float]]], published: tuple[str, float], xlabel: str
) -> Figure:
    """A line for each choice, on it two ways of labelling: a dot a seed, a bar for their range.

    Parameters
    ----------
    values : by choice and way, one accuracy in [0, 1] for each seed
    published : the choice it belongs to, in the second way, and a number in per cent
    """
    figure, ax = subplots(figsize=(6, 0.75 * len(values) + 1.5))
    for line, (choice, ways) in enumerate(values.items()):
        for colour, marker, shift, name in zip(
            (BLUE, ORANGE), "os", (-0.13, 0.13), ways, strict=True
        ):
            percent = 100 * np.asarray(ways[name])
            height = line + shift
            ax.plot([percent.min(), percent.max()], [height] * 2, color=colour, linewidth=1.5)
            ax.plot(percent, [height] * len(percent), marker, color=colour, alpha=0.65,
                    markersize=6, label="" if line else name)  # fmt: skip
        if choice == published[0]:  # of the second way
            ax.plot(published[1], line + 0.13, "D", color="black", markeredgecolor="white",
                    markersize=8, label="published")  # fmt: skip
    ax.axvline(50, color=GREY, linestyle="--", linewidth=1.5)
    ax.set_yticks(range(len(values)), values)
    ax.set(xlabel=xlabel, xlim=(0, 100), ylim=(len(values) - 0.5, -0.5))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10)
    plt.close(figure)
    return figure
