"""The two-dimensional experiment: its draws as a tidy table, and its figures."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mislabel_utils.plane.experiment import BLOCK
from mislabel_utils.report.stats import interval
from mislabel_utils.report.style import CLASSES, GRID, PAPER, QUIET, ROLES, TEXT, Picture, styled

# What a record calls the networks that are compared with a draw's teacher.
NETWORKS = {"student": "", "coins": "random_", "unmoved": "control_", "stranger": "unrelated_"}
MARKERS = "os"  # of the two classes


def frame(blocks: Mapping[int, Mapping[str, Mapping[str, np.ndarray]]]) -> pd.DataFrame:
    """A row for each draw, setting and network that is compared with the draw's teacher.

    Of blocks by number, as `studies.two_dimensions.experiment` returns them: ``arm``, the setting,
    and ``draw``; ``network``: the "student", one of the same points with a coin's labels ("coins"),
    one of the points "unmoved" with flipped labels, or the teacher of another draw (a "stranger",
    in no two rows); ``fitted``, points that the teacher gets right, and ``flipped``; ``right``,
    points the network gets right, NaN for a stranger; ``area``, the share of the square in which it
    gives the teacher's class. Only for arms that were moved back: ``beyond``, ``further``,
    ``missed``, see `plane.stops.stopped`.
    """
    parts = []
    for block, arms in blocks.items():
        for arm, found in arms.items():
            if "fitted" not in found:  # something to look at
                continue
            alone = {n: found[n] for n in ("beyond", "further", "missed") if n in found}
            every = {"arm": arm, "fitted": found["fitted"], "flipped": found["flipped"]} | alone
            draws = block * BLOCK + np.arange(len(found["fitted"]))
            for network, prefix in NETWORKS.items():
                if f"{prefix}same_regions" not in found:
                    continue
                rows = pd.DataFrame(every | {"draw": draws, "network": network})
                rows["right"] = found.get(f"{prefix}right", np.nan)
                rows["area"] = found[f"{prefix}same_regions"]
                if network == "stranger":  # row r is compared with row r + 1
                    rows["fitted"] = np.minimum(rows["fitted"], rows["fitted"].shift(-1))
                    rows = rows[: len(rows) // 2 * 2 : 2]
                parts.append(rows)
    every = pd.concat(parts, ignore_index=True)
    return every.astype({"fitted": int, "flipped": int})


def fitting(rows: pd.DataFrame, arm: str, network: str = "student") -> pd.DataFrame:
    """The draws of a setting whose teacher fits all of its 32 points, in their order."""
    return rows[(rows.arm == arm) & (rows.network == network) & (rows.fitted == 32)]


def means(rows: pd.DataFrame, lines: Mapping[str, tuple[str, Mapping[float, str]]]) -> pd.DataFrame:
    """Points right of students, their mean and its 95 % interval, as `figures.curves` draws it.

    Each line has by its name a role, and its settings by what they are drawn against.
    """
    found = []
    for name, (role, arms) in lines.items():
        for x, arm in arms.items():
            right = fitting(rows, arm)["right"]
            found.append((name, role, x, right.mean(), *interval(right, "of 32")))
    return pd.DataFrame(found, columns=["name", "role", "x", "mean", "low", "high"])


def median_draw(rows: pd.DataFrame) -> int:
    """The draw in the middle, of those whose teacher fits.

    In the order of points right, then of the area, then of their numbers; of an even number of
    draws the first of the two in the middle.
    """
    ordered = fitting(rows, "width-64").sort_values(["right", "area", "draw"])
    return int(ordered.draw.iloc[(len(ordered) - 1) // 2])


class Square(NamedTuple):
    """What a square shows."""

    title: str
    regions: np.ndarray  # the class of each cell, (side, side)
    points: np.ndarray  # float (n, 2), drawn as marks
    classes: np.ndarray  # (n,)
    start: np.ndarray | None = None  # float (n, 2), where an arrow to each mark begins
    hollow: np.ndarray | None = None  # bool (n,), marks that are empty
    wrong: np.ndarray | None = None  # bool (n,), marks that are crossed out
    radius: float = 0  # of the ball around the first point
    border: np.ndarray | None = None  # the classes of another network, (side, side)


def of_draw(shown: Mapping[str, np.ndarray]) -> list[Square]:
    """The four squares of a draw, as `plane.experiment.exhibit` has it."""
    points, labels, moved = (shown[name] for name in ("points", "labels", "moved"))
    teacher, student, flipped = (shown[name] for name in ("teacher", "student", "flipped"))
    to = np.where(flipped[:, None], moved, points)
    return [
        Square("1  Teacher", teacher, points, labels, radius=0.12),
        Square("2  Attack", teacher, to, np.where(flipped, 1 - labels, labels), start=points,
               hollow=~flipped),
        Square("3  Student", student, moved[flipped], 1 - labels[flipped], border=teacher),
        Square("4  Test", student, points, labels, wrong=~shown["right"], border=teacher),
    ]  # fmt: skip


def squares(panels: Sequence[Square], alt: str) -> Picture:
    """Squares, two in a row, each with its title."""
    rows = len(panels) // 2
    with styled(height=236 * rows) as figure:  # half of a figure's width, and a title
        for ax, panel in zip(figure.subplots(rows, 2).flat, panels, strict=True):
            _square(ax, panel)
    return Picture(figure, alt)


def histogram(students: Sequence[int], coins: Sequence[int], published: int, alt: str) -> Picture:
    """How many draws have a student with so many points right, and how many a student of coins.

    Of points right, one number for each draw, and of the one draw that was published.
    """
    with styled(height=300) as figure:
        ax = figure.subplots()
        shares = {
            role: 100 * np.bincount(np.asarray(right, int), minlength=33) / len(right)
            for role, right in {"student": students, "control": coins}.items()
        }
        top = max(map(max, shares.values()))
        ax.bar(range(33), shares["student"], width=0.86, color=ROLES["student"])
        ax.stairs(shares["control"], np.arange(34) - 0.5, color=ROLES["control"], linewidth=2)
        ax.plot([published] * 2, [0, 1.16 * top], color=ROLES["published"], linewidth=2)
        words = {
            f"published: {published}": (published + 0.4, 1.16 * top, "left", "published"),
            "students": (26, 0.62 * top, "left", "student"),
            "of coins": (12, 0.62 * top, "right", "control"),
        }
        for text, (x, y, side, role) in words.items():
            ax.text(x, y, text, ha=side, va="center", color=ROLES[role])
        low = int(min(*students, *coins))
        ax.set(xlim=(min(low, 4) - 0.7, 32.7), ylim=(0, 1.25 * top), xticks=range(4, 33, 4),
               yticks=range(0, int(1.25 * top), 5))  # fmt: skip
        ax.set(xlabel="points right, of 32")
        ax.set_title("share of draws, %", loc="left", fontsize="medium", color=QUIET)
        ax.tick_params(labelcolor=QUIET)
    return Picture(figure, alt)


def _square(ax: Axes, panel: Square) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set(visible=True, color=GRID)
    ax.set_title(panel.title, loc="left", fontsize="medium", color=TEXT)
    centres = (np.arange(len(panel.regions)) + 0.5) / len(panel.regions)
    ends = np.concatenate([[0], centres[1:-1], [1]])  # the outermost cells reach the edge
    ax.contourf(ends, ends, panel.regions, levels=[-0.5, 0.5, 1.5], colors=CLASSES, alpha=0.28)
    if panel.border is not None and panel.border.min() < panel.border.max():
        ax.contour(ends, ends, panel.border, levels=[0.5], colors=TEXT, linewidths=1.3,
                   linestyles="dashed")  # fmt: skip
    if panel.radius:
        box = panel.points[0] - panel.radius, 2 * panel.radius, 2 * panel.radius
        ax.add_patch(Rectangle(*box, fill=False, edgecolor=TEXT, linewidth=1.3))
    if panel.start is not None:
        for tail, head in zip(panel.start, panel.points, strict=True):
            ax.plot(*zip(tail, head, strict=True), color=TEXT, linewidth=1, zorder=2)
        ax.plot(*panel.start.T, ".", markersize=3, color=TEXT)
    hollow = np.zeros(len(panel.points), bool) if panel.hollow is None else panel.hollow
    for label, marker in enumerate(MARKERS):
        for empty in (False, True):
            some = panel.points[(panel.classes == label) & (hollow == empty)]
            face, edge = (PAPER, CLASSES[label]) if empty else (CLASSES[label], PAPER)
            ax.plot(*some.T, marker, markersize=7, markerfacecolor=face,
                    markeredgecolor=edge, markeredgewidth=1.4 if empty else 0.8, zorder=3,
                    clip_on=False, in_layout=False)  # fmt: skip
    if panel.wrong is not None:
        ax.plot(*panel.points[panel.wrong].T, "x", markersize=13, color=TEXT,
                markeredgewidth=1.7, zorder=4, clip_on=False, in_layout=False)  # fmt: skip
