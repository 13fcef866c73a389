"""A specification figure: what comes out under every combination of customary settings.

After Simonsohn, Simmons and Nelson, "Specification curve analysis" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mislabel_utils.showing.figures import BLUE, GREY, ORANGE, PALE, styled, subplots


@styled
def specification(
    outcomes: Mapping[str, Sequence[Sequence[float]]],
    settings: Mapping[str, Sequence[bool]],
    lines: Mapping[str, float],
) -> Figure:
    """A column a recipe, its settings below and above them a dot for each seed.

    Columns are ordered by the mean of the first outcome.

    Parameters
    ----------
    outcomes : by name, up to two, for each recipe one accuracy in [0, 1] a seed; none where it was
        not measured
    settings : by name, which of the recipes have it
    lines : by name, up to two published accuracies in per cent

    Raises
    ------
    ValueError
        For more than two outcomes or lines.
    """
    first = next(iter(outcomes.values()))
    order = np.argsort([np.mean(values) for values in first], kind="stable")
    figure, (top, below) = subplots(
        2, sharex=True, height_ratios=(2.2, 1), figsize=(6, 3.9 + 0.21 * len(settings))
    )
    looks = ({"markerfacecolor": "white", "color": GREY}, {"color": BLUE})
    for look, (name, of) in zip(looks[: len(outcomes)], outcomes.items(), strict=True):
        columns = [at for at, i in enumerate(order) for _ in of[i]]
        shares = [100 * share for i in order for share in of[i]]
        top.plot(columns, shares, "o", markersize=4, label=name, **look)
    for style, (name, percent) in zip(("--", ":")[: len(lines)], lines.items(), strict=True):
        top.axhline(percent, color=ORANGE, linestyle=style, linewidth=1.5, label=name, zorder=0)
    top.set(ylabel="test accuracy, %")
    for row, has in enumerate(settings.values()):
        below.plot(range(len(order)), [row] * len(order), ".", color=PALE, markersize=3)
        columns = [at for at, i in enumerate(order) if has[i]]
        below.plot(columns, [row] * len(columns), "s", color="black", markersize=3.5)
    below.set_yticks(range(len(settings)), list(settings))
    below.set(xticks=[], ylim=(len(settings) - 0.5, -0.5), xlabel="recipes, by their teachers")
    figure.legend(loc="outside upper left", ncols=2)
    plt.close(figure)
    return figure
