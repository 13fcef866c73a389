"""One function a figure: tidy frames in, a `style.Picture` out.

Marks are named where they stand, a row by the words above it, so that all of it can be read on a
phone. Accuracies come in as shares of one and are drawn in whole per cents, as in the prose; tables
have the decimals. What was published is written as it was.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator
from scipy.optimize import isotonic_regression
from torch import Tensor

from mislabel_utils.report.style import (
    CLASSES,
    GRID,
    PAPER,
    QUIET,
    ROLES,
    SMALL,
    TEXT,
    WIDTH,
    Picture,
    styled,
)  # fmt: skip

ACCURACY = "accuracy on real test images, %"
ANSWERS = CLASSES[0], ROLES["teacher"], GRID  # the true class, the teacher's error, another
LINES = ("-", "--", ":", "-.")
MANY = 50  # seeds or draws, from which on their interval stands for them


def seeds(
    frame: pd.DataFrame,
    alt: str,
    published: Mapping[str, float] | None = None,
    chance: float | None = None,
    of: str = "accuracy",
    xlabel: str = ACCURACY,
    limits: tuple[float, float] = (0, 100),
    scale: float = 100,
) -> Picture:
    """A row for each condition under its name, a dot for each seed, their mean in figures.

    Of more than `MANY` seeds the middle 95 % are a bar, and the mean a dot. The frame has a row for
    each network, as `results.frame`: its condition in words, its `role` and a share of one.
    Conditions are drawn in the order in which they come, numbers `published` and `chance`, in per
    cent, beside them; `limits` are the axis's, and `scale` how many of its units a share of one is.
    """
    rows = list(dict.fromkeys(frame["name"]))
    form, unit = (".0f", " %") if xlabel == ACCURACY else (".1f", "")
    # At quick scale some conditions are not trained.
    published = {name: theirs for name, theirs in (published or {}).items() if name in rows}
    with styled(height=40 * len(rows) + 76) as figure:
        ax = figure.subplots()
        if chance is not None:
            ax.axvline(chance, color=ROLES["chance"], linestyle=":", linewidth=1.5, zorder=0)
            _note(ax, "guessing", (chance, -0.85), ROLES["chance"], -1 if chance > 50 else 1)
        for line, name in enumerate(rows):
            some = frame[frame["name"] == name]
            values = scale * some[of].to_numpy(float)
            colour = ROLES[some["role"].iloc[0]]
            _words(ax, line, name, f"{values.mean():{form}}{unit}")
            spread = 0.1 * (np.arange(len(values)) % 3 - 1) if len(values) > 1 else 0
            if len(values) > MANY:
                ends = np.quantile(values, [0.025, 0.975])
                ax.plot(ends, [line, line], color=colour, linewidth=7, alpha=0.35)
                ax.plot(values.mean(), line, "o", color=colour, markersize=9, clip_on=False)
            else:
                ax.plot(values, line + spread + np.zeros(len(values)), "o", color=colour,
                        markersize=7, alpha=0.75, markeredgewidth=0, clip_on=False)  # fmt: skip
            if name in published:
                theirs = published[name]
                ax.plot(theirs, line, "D", markerfacecolor="none", markersize=9, clip_on=False,
                        markeredgecolor=ROLES["published"], markeredgewidth=1.6)  # fmt: skip
                text = "published " * (name == next(iter(published))) + f"{theirs:.4g}{unit}"
                side = _side(text, theirs, name, values, limits)
                _note(ax, text, (theirs, line if side else line - 0.42), ROLES["published"], side)
        ax.set(xlim=limits, ylim=(len(rows) - 0.6, -1.1), yticks=[], xlabel=xlabel)
        ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
        ax.grid(axis="x", linewidth=1)
        ax.margins(0)
    return Picture(figure, alt)


def dot_plot(
    groups: Mapping[str, Sequence[float]], roles: Sequence[str], alt: str, xlabel: str
) -> Picture:
    """Numbers of several groups, on a scale of about a hundred, on one axis below one another: dots
    that would overlap are heaped; `roles` say whose colours the groups have.
    """
    near = 2.5  # wide is a dot
    heights = {}
    for name, values in groups.items():
        places = pd.Series(np.round(np.asarray(values, float) / near) * near)
        heights[name] = places, places.groupby(places).cumcount()
    tops = [heap.max() + 5 for _, heap in heights.values()]
    with styled(height=6.2 * sum(tops) + 46) as figure:
        ax = figure.subplots()
        ax.axvline(0, color=ROLES["chance"], linestyle=":", linewidth=1.5, zorder=0)
        ground = 0
        for (name, (places, heap)), role, top in zip(heights.items(), roles, tops, strict=True):
            ground += top
            ax.plot(places, ground - heap, "o", color=ROLES[role], markersize=5, markeredgewidth=0)
            ax.annotate(name, (0, ground - top + 2.5), xycoords=("axes fraction", "data"),
                        va="center", color=ROLES[role], fontweight="bold")  # fmt: skip
        ax.set(ylim=(ground + 1, 0), yticks=[], xlim=(-104, 104), xlabel=xlabel)
        ax.set_xticks([-100, -50, 0, 50, 100], ["−100", "−50", "chance", "50", "all right"])
    return Picture(figure, alt)


def stacked(
    shares: pd.DataFrame, alt: str, xlabel: str, colours: Sequence[str] = ANSWERS
) -> Picture:
    """A bar for each row under its name, cut into shares of one, a column each; each part is named
    in its colour, with its per cent from 4 on.
    """
    with styled(height=58 * len(shares) + 72) as figure:
        ax = figure.subplots()
        start = np.zeros(len(shares))
        for part, colour in zip(shares, colours, strict=True):
            width = 100 * shares[part].to_numpy(float)
            drawn = ax.barh(range(len(shares)), width, 0.5, start, color=colour, label=part)
            texts = [f"{each:.0f}" if each >= 4 else "" for each in width]
            ax.bar_label(drawn, texts, label_type="center", color=TEXT if colour == GRID else PAPER)
            start += width
        for line, name in enumerate(shares.index):
            _words(ax, line, str(name), "")
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=len(colours), frameon=False,
            labelcolor=[QUIET if colour == GRID else colour for colour in colours],
            handlelength=0, handletextpad=0, borderpad=0, columnspacing=1, prop={"weight": "bold"},
        )  # fmt: skip
        ax.set(xlim=(0, 100), ylim=(len(shares) - 0.6, -0.75), yticks=[], xlabel=xlabel)
    return Picture(figure, alt)


def matrix(shares: pd.DataFrame, alt: str, xlabel: str) -> Picture:
    """Shares in [0, 1]: the fuller a cell, the greater; in per cent where they reach 1 %."""
    said = (100 * shares).map("{:.0f}".format).where(shares >= 0.01, "")
    longest = max(len(str(name)) for name in shares.columns)
    upright = 8 * longest if longest > 3 else 0  # names wider than a column
    with styled(height=28 * len(shares) + 58 + upright) as figure:
        ax = figure.subplots()
        _cells(ax, shares, said, "teacher")
        ax.tick_params(axis="x", rotation=90 if upright else 0)
        ax.set(xlabel=xlabel)
    return Picture(figure, alt)


def heatmaps(panels: Mapping[str, pd.DataFrame], alt: str, of: str, xlabel: str) -> Picture:
    """Tables of differences, two in a row: the further above zero, the fuller a cell.

    Parameters
    ----------
    panels : by title, tables whose rows and columns are called the same; NaN is a dash
    of : what the numbers are
    """
    tables = list(panels.values())
    rows = -(-len(tables) // 2)
    reach = max(table.max(axis=None) for table in tables)
    with styled(height=rows * (27 * len(tables[0]) + 32) + 72) as figure:
        axes = figure.subplots(rows, 2, squeeze=False, sharex=True, sharey=True)
        for ax, (title, table) in zip(axes.flat, panels.items(), strict=True):
            said = table.map("{:+.0f}".format).replace({"+nan": "–", "-0": "0", "+0": "0"})
            _cells(ax, table / reach, said.replace("^-", "−", regex=True), "student")
            ax.set_title(title, fontsize=SMALL)
        figure.suptitle(of, x=0, ha="left", fontsize=SMALL, color=QUIET)
        figure.supxlabel(xlabel, fontsize=SMALL, color=QUIET)
    return Picture(figure, alt)


def _cells(ax: Axes, full: pd.DataFrame, said: pd.DataFrame, role: str) -> None:
    """A cell for each number, as full as it says from 0 to 1, and in it a text."""
    for (row, column), share in np.ndenumerate(full.fillna(0).to_numpy(float)):
        box = (column - 0.47, row - 0.46), 0.94, 0.92
        # At most half the colour, so that the text is legible on it in both themes.
        ax.add_patch(Rectangle(*box, facecolor=ROLES[role], alpha=max(0, share / 2), linewidth=0))
        ax.text(column, row, said.iat[row, column], ha="center", va="center", color=TEXT)
    ax.set_xticks(range(full.shape[1]), map(str, full.columns))
    ax.set_yticks(range(len(full)), map(str, full.index))
    ax.set(xlim=(-0.5, full.shape[1] - 0.5), ylim=(len(full) - 0.5, -0.5))
    ax.tick_params(length=0, labelcolor=TEXT)
    ax.spines[:].set_visible(False)


def curves(
    frame: pd.DataFrame, alt: str, lines: Mapping[str, tuple[float, str]] | None = None,
    xlabel: str = "epoch", ylabel: str = ACCURACY, limits: tuple[float, float] = (0, 101),
    log: bool = False,
) -> Picture:  # fmt: skip
    """For each condition a line of means and a band around it, named at its end.

    The frame has a row for each condition and place: `name`, `role`, `x`, and `mean`, `low` and
    `high` in the unit of `ylabel`, see `results.spread`; `lines` by name what to compare with, and
    its role. `limits` are the upright axis's, `log` makes the level one logarithmic.
    """
    with styled(height=340) as figure:
        ax = figure.subplots()
        ends, styles = {}, {}
        for (name, role), some in frame.groupby(["name", "role"], sort=False):
            some = some.sort_values("x")
            style = styles[role] = styles.get(role, -1) + 1
            ax.plot(some["x"], some["mean"], LINES[style % len(LINES)], color=ROLES[role])
            ax.fill_between(some["x"], some["low"], some["high"], color=ROLES[role], alpha=0.15,
                            linewidth=0)  # fmt: skip
            ends[name] = some["mean"].iloc[-1], ROLES[role]
        for name, (value, role) in (lines or {}).items():
            ax.axhline(value, color=ROLES[role], linestyle=":", linewidth=1.5)
            ends[name] = value, ROLES[role]
        heights = apart([height for height, _ in ends.values()], 0.065 * (limits[1] - limits[0]))
        for (name, (_, colour)), height in zip(ends.items(), heights, strict=True):
            ax.annotate(name, (1.02, height), xycoords=("axes fraction", "data"), color=colour,
                        va="center", annotation_clip=False)  # fmt: skip
        ax.set(xlabel=xlabel, ylim=limits)
        if log:
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_major_formatter("{x:g}")
            ax.minorticks_off()
        elif len(places := sorted(set(frame["x"]))) <= 10 and not any(x % 1 for x in places):
            ax.set_xticks(places)
        ax.set_title(ylabel, loc="left", fontsize=SMALL, color=QUIET)
        ax.tick_params(labelcolor=QUIET)
        ax.grid(axis="y", linewidth=1)
    return Picture(figure, alt)


def apart(values: Sequence[float], gap: float) -> list[float]:
    """Places near the values and at least a gap from one another, in the same order.

    >>> apart([1, 5, 5], 2)
    [1.0, 4.0, 6.0]
    """
    order, steps = np.argsort(values, kind="stable"), gap * np.arange(len(values))
    places = np.empty(len(values))
    # Neighbours that are too close are moved together, about their mean.
    places[order] = isotonic_regression(np.asarray(values)[order] - steps).x + steps
    return places.tolist()


def pictures(
    images: Tensor, called: Sequence[str], alt: str, role: str = "teacher", columns: int = 4
) -> Picture:
    """Images uint8 (n, C, H, W) in a grid; below each the lines of what it was called, the first of
    them in the role's colour.
    """
    rows, lines = -(-len(images) // columns), max(text.strip().count("\n") for text in called)
    gap = 8
    side = (WIDTH + gap) / columns - gap
    height = rows * (step := side + 22 + 18 * lines)
    with styled(height=height) as figure:
        figure.set_layout_engine("none")  # which would give a column of short words less room
        for place, (image, text) in enumerate(zip(images, called, strict=False)):
            x, y = place % columns * (side + gap), place // columns * step
            ax = figure.add_axes((x / WIDTH, 1 - (y + side) / height, side / WIDTH, side / height))
            ax.axis("off")
            _show(ax, image)
            first, _, rest = text.partition("\n")
            below = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "center",
                     "va": "top"}  # fmt: skip
            ax.annotate(first, (0.5, 0), (0, -3), **below, color=ROLES[role], fontweight="bold")
            ax.annotate(rest, (0.5, 0), (0, -21 if first else -3), **below, color=QUIET)
    return Picture(figure, alt)


def picture_rows(rows: Mapping[str, Tensor], alt: str) -> Picture:
    """A row of images uint8 (n, C, H, W) for each name, which stands at its left."""
    count = max(map(len, rows.values()))
    with styled(height=len(rows) * WIDTH / (count + 1)) as figure:
        axes = figure.subplots(len(rows), count, squeeze=False)
        for line, (name, images) in zip(axes, rows.items(), strict=True):
            for ax in line:
                ax.set(xticks=[], yticks=[])
                ax.spines[:].set_visible(False)
            line[0].set_ylabel(name, rotation=0, ha="right", va="center", color=TEXT)
            for ax, image in zip(line, images, strict=False):
                _show(ax, image)
    return Picture(figure, alt)


def _words(ax: Axes, line: int, name: str, number: str) -> None:
    """A row's name above it, and its number at the end of the same line."""
    for x, text, side in ((0, name, "left"), (1, number, "right")):
        # On paper of its own, lest a line across all rows strike through it.
        paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5} if text else None
        ax.annotate(text, (x, line - 0.42), xycoords=("axes fraction", "data"), ha=side,
                    va="center", color=TEXT, bbox=paper)  # fmt: skip


def _note(ax: Axes, text: str, place: tuple[float, float], colour: str, side: int) -> None:
    """What a mark is, beside it: on its left (-1), on its right (1), or over it (0)."""
    ax.annotate(text, place, (9 * side, 0), textcoords="offset points", color=colour,
                ha=("center", "left", "right")[side], va="center")  # fmt: skip


def _side(text: str, mark: float, name: str, dots: np.ndarray, limits: tuple[float, float]) -> int:
    """On which side of a mark a text covers fewest dots; over it where the row's name has ended."""
    letter = 9 / WIDTH * (limits[1] - limits[0])
    wide = letter * (len(text) + 1)
    away = (dots - mark) / wide

    def covered(side: int) -> int:
        outside = not limits[0] <= mark + side * wide <= limits[1]
        return ((side * away > 0.2) & (side * away < 1)).sum() + outside * len(dots)

    side = min((-1, 1), key=covered)
    ended = mark - wide / 2 > limits[0] + letter * len(name)
    return 0 if covered(side) and ended else side


def _show(ax: Axes, image: Tensor) -> None:
    """One image, uint8 (C, H, W): grey ones dark on light, colour ones as they are."""
    pixels = image.permute(1, 2, 0).numpy()
    grey = pixels.shape[-1] == 1
    shown = 255 - pixels[..., 0] if grey else pixels
    ax.imshow(shown, cmap="gray" if grey else None, vmin=0, vmax=255, interpolation="none")
