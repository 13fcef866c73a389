"""The four panels of the two-dimensional illustration and the histogram of its many draws.

Every function draws on the axes it is given, so that a panel can stand alone or in a sheet of
four. A class is told by its colour and by its marker: 0 is a blue circle, 1 an orange square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MultipleLocator
from torch import Tensor

from mislabel_utils.showing.figures import BLUE, GREY, ORANGE, styled, subplots
from mislabel_utils.showing.stats import Estimate

COLOURS, MARKERS = (BLUE, ORANGE), ("o", "s")
GREEN = "#009E73"
TINTS = ListedColormap(["#CCE3F0", "#F8DCC9"])  # the same hues, light enough to carry the markers
INK = "#222222"


@styled
def canvas(rows: int = 1, columns: int = 1, side: float = 4.2) -> tuple[Figure, np.ndarray]:
    """A closed figure of square panels, `side` inches wide, and its axes, shape (rows, columns).

    A notebook shows the figure once, as the value of its cell.
    """
    size = (side * columns, (side + 0.2) * rows)
    figure, axes = subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    plt.close(figure)
    return figure, axes


@styled
def sheet(*panels: Callable[[Axes], None]) -> Figure:
    """A panel alone, or several, two in each row; each draws itself on the axes it is given."""
    several = len(panels) > 1
    figure, axes = canvas(-(-len(panels) // 2), 1 + several, 2.7 if several else 4.2)
    for draw, ax in zip(panels, axes.flat, strict=False):
        draw(ax)
    return figure


@styled
def teacher(
    ax: Axes, seen: Tensor, points: Tensor, labels: Tensor, epsilon: float, title: str = ""
) -> None:
    """Panel (a): the teacher's regions, its points and the ball around each.

    Parameters
    ----------
    seen : int64 (side, side), the class of each cell of the unit square
    points, labels : float (n, 2) and int64 (n,)
    epsilon : radius of the L-inf ball, a square of side 2 epsilon
    """
    _regions(ax, seen)
    _balls(ax, points, epsilon)
    _markers(ax, points, labels)
    ax.set_title(title)


@styled
def adversaries(
    ax: Axes, seen: Tensor, points: Tensor, moved: Tensor, labels: Tensor, flipped: Tensor,
    title: str = "",
) -> None:  # fmt: skip
    """Panel (b): each adversarial example in its new label, an arrow leading to it.

    A point without one keeps its place and its old label, hollow.

    Parameters
    ----------
    seen : the teacher's regions, int64 (side, side)
    points, moved : float (n, 2), the originals and the attacked points
    labels : int64 (n,), the original labels
    flipped : bool (n,), whether the attacked point counts as an adversarial example
    """
    _regions(ax, seen)
    for start, end in zip(points[flipped].numpy(), moved[flipped].numpy(), strict=True):
        arrow = {"arrowstyle": "->", "color": INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 3}
        ax.annotate("", xy=end, xytext=start, arrowprops=arrow, annotation_clip=False)
        ax.plot(*start, ".", color=INK, ms=3)
    _markers(ax, moved[flipped], 1 - labels[flipped])
    _markers(ax, points[~flipped], labels[~flipped], hollow=True)
    ax.set_title(title)


@styled
def student(ax: Axes, seen: Tensor, points: Tensor, labels: Tensor, title: str = "") -> None:
    """Panel (c): the student's regions and the points it was trained on, in its labels."""
    _regions(ax, seen)
    _markers(ax, points, labels)
    ax.set_title(title)


def verdicts(
    ax: Axes, seen: Tensor, points: Tensor, labels: Tensor, right: Tensor, title: str = ""
) -> None:
    """Panel (d): the original points over the student's regions; a cross strikes out the wrong."""
    _regions(ax, seen)
    _markers(ax, points, labels)
    wrong = points[~right].numpy()
    # The white halo lies under the marker, so that its colour and shape stay visible.
    cross = {"marker": "x", "clip_on": False}
    ax.scatter(*wrong.T, s=210, c="white", linewidths=4.5, zorder=3, **cross)
    ax.scatter(*wrong.T, s=190, c="black", linewidths=1.5, zorder=5, label="wrong", **cross)
    ax.set_title(title)


@styled
def histogram(
    ax: Axes, right: np.ndarray, coins: np.ndarray, count: int = 32, published: int = 23
) -> None:
    """How many draws gave a student with k of `count` points right; the published k stands out.

    right, coins : integers (R,), of the students and, an outline, of students of random labels
    """
    shares, guessed = (100 * np.bincount(k, minlength=count + 1) / len(k) for k in (right, coins))
    bars = ax.bar(np.arange(count + 1), shares, color=BLUE, width=0.86)
    bars[published].set_color(ORANGE)
    ax.stairs(guessed, np.arange(count + 2) - 0.5, color=INK, lw=1.5)
    top = shares.max()
    ax.annotate(
        f"published: {published}",
        xy=(published, shares[published]),
        xytext=(published, 1.16 * top),
        color=INK,
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 1},
    )
    peak = guessed.argmax()
    ax.text(peak, guessed[peak] + 0.02 * top, "students of coins", color=INK, ha="center")
    ax.yaxis.set_major_locator(MultipleLocator(5))
    low = max(0, int(min(right.min(), coins.min())) - 1)
    ax.set(
        xlim=(low, count + 0.7),
        ylim=(0, 1.3 * top),
        xlabel=f"points right, of {count}",
        ylabel="share of draws (%)",
    )


@styled
def dependence(
    ax: Axes,
    x: Sequence[float],
    lines: Mapping[str, Sequence[Estimate]],
    xlabel: str,
    chance: float,
) -> None:
    """Mean number of right points with its 95 % interval against one setting, a line a condition.

    Parameters
    ----------
    lines : by name, one estimate for each x; three at most
    chance : what guessing gets, a dashed line
    """
    looks = (*zip(COLOURS, MARKERS, strict=True), (GREEN, "^"))
    for (name, estimates), (colour, marker) in zip(lines.items(), looks, strict=False):
        means = [found.mean for found in estimates]
        low, high = [found.low for found in estimates], [found.high for found in estimates]
        ax.plot(x, means, color=colour, marker=marker, label=name)
        ax.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.axhline(chance, color=GREY, ls="--", lw=1.2, label="chance")
    ax.set(xlabel=xlabel, ylabel="points right", ylim=(0, None))
    ax.legend(loc="lower right")


def _regions(ax: Axes, seen: Tensor) -> None:
    side = len(seen)
    seen = seen.numpy()
    ax.imshow(
        seen, cmap=TINTS, vmin=0, vmax=1, origin="lower", extent=(0, 1, 0, 1), zorder=0,
        interpolation="nearest",
    )  # fmt: skip
    if seen.min() < seen.max():
        centres = (np.arange(side) + 0.5) / side
        ax.contour(centres, centres, seen, levels=[0.5], colors=GREY, linewidths=1, zorder=1)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], aspect="equal")
    ax.set_xticklabels(["0", "½", "1"])
    ax.set_yticklabels(["0", "½", "1"])
    ax.spines[:].set(visible=True, color=GREY)


def _balls(ax: Axes, points: Tensor, epsilon: float) -> None:
    squares = [
        Rectangle((x - epsilon, y - epsilon), 2 * epsilon, 2 * epsilon) for x, y in points.numpy()
    ]
    outlines = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.6, "alpha": 0.55}
    ax.add_collection(PatchCollection(squares, label="balls", **outlines))


def _markers(ax: Axes, points: Tensor, labels: Tensor, hollow: bool = False) -> None:
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        chosen = points[labels == label].numpy()
        face, edge = ("white", colour) if hollow else (colour, "white")
        ax.scatter(
            *chosen.T, s=58, marker=marker, facecolor=face, edgecolor=edge,
            linewidths=1.6 if hollow else 0.9, zorder=4, clip_on=False,
        )  # fmt: skip
