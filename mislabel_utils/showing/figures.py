"""One matplotlib style, one function a figure.

Each returns a closed figure: a notebook shows it once, as the value of its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rc_params_from_file
from matplotlib.backend_bases import RendererBase
from torch import Tensor

from mislabel_utils.showing.stats import estimate

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"
PALE = "#C8C8C8"
SHARES = (0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)  # ticks of a logit scale
WIDTHS = {False: 4, True: 1.5}  # of an interval, and of the range of a few seeds

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


@styled
def picture_grid(images: Tensor, titles: Sequence[str], columns: int = 4) -> Figure:
    """Images uint8 (n, C, H, W) in rows of `columns`, each under its title."""
    rows = -(-len(images) // columns)
    lines = 1 + max(title.count("\n") for title in titles)
    size = (1.5 * columns, rows * (1.5 + 0.24 * lines))
    figure, axes = subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        _show(ax, image)
        ax.set_title(title, loc="center", fontsize=11)
    return _closed(figure)


@styled
def histogram(counts: Tensor, names: Sequence[str], xlabel: str, ylabel: str) -> Figure:
    """One bar a class; the number stands on it."""
    figure, ax = subplots()
    bars = ax.bar(names, counts.tolist(), color=BLUE)
    ax.bar_label(bars, [f"{count:,}" for count in counts.tolist()], fontsize=9, padding=2)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.margins(x=0.01)
    return _closed(figure)


@styled
def stacked(rows: Mapping[str, Mapping[str, float]], xlabel: str) -> Figure:
    """One horizontal bar a row, cut into named shares of [0, 1] that add up to 1.

    A share of 4 % or more is written on its part.
    """
    figure, ax = subplots(figsize=(6, 0.75 * len(rows) + 1.6))
    names = list(next(iter(rows.values())))
    start = np.zeros(len(rows))
    looks = ((BLUE, "white"), (ORANGE, "white"), (PALE, "black"))
    for name, (colour, ink) in zip(names, looks, strict=False):
        shares = 100 * np.array([parts[name] for parts in rows.values()])
        bars = ax.barh(list(rows), shares, left=start, color=colour, label=name)
        texts = [f"{share:.0f}" if share >= 4 else "" for share in shares]
        ax.bar_label(bars, texts, label_type="center", color=ink)
        start += shares
    ax.set(xlabel=xlabel, xlim=(0, 100))
    ax.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=len(names), fontsize=9)
    return _closed(figure)


@styled
def matrix(
    values: Tensor, rows: Sequence[str], columns: Sequence[str], xlabel: str, ylabel: str
) -> Figure:
    """Shares (R, K) in [0, 1] as a heat map, written in per cent where they reach 1 %."""
    figure, ax = subplots(figsize=(6, 0.42 * len(rows) + 0.9))
    ax.imshow(np.asarray(values), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(np.asarray(values) >= 0.01):
        share = float(values[row, column])
        colour = "white" if share > 0.6 else "black"
        ax.text(column, row, f"{100 * share:.0f}", ha="center", va="center", color=colour,
                fontsize=10)  # fmt: skip
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return _closed(figure)


@styled
def curves(runs: Mapping[str, Sequence[Mapping[int, float]]], lines: Mapping[str, float]) -> Figure:
    """Accuracy against epochs: for each name the mean over seeds and the range of the seeds.

    Parameters
    ----------
    runs : by name, for each seed the accuracies in [0, 1] by epoch, the same epochs for all seeds
    lines : by name, a constant to compare with, in [0, 1]
    """
    figure, ax = subplots()
    markers = "os^Dv"
    for marker, (name, seeds) in zip(markers, runs.items(), strict=False):
        epochs = list(seeds[0])
        values = 100 * np.array([list(seed.values()) for seed in seeds])
        (line,) = ax.plot(epochs, values.mean(0), marker=marker, label=name)
        ax.fill_between(epochs, values.min(0), values.max(0), color=line.get_color(), alpha=0.15)
    _constants(ax, lines)
    ax.set(xlabel="epoch", ylabel="test accuracy, %", xticks=epochs, ylim=(0, 101))
    figure.legend(loc="outside lower center", ncols=2)
    figure.set_size_inches(6, 4.6)
    return _closed(figure)


@styled
def seeds(
    values: Mapping[str, Sequence[float]],
    published: Mapping[str, float],
    xlabel: str,
    lines: Mapping[str, float] | None = None,
) -> Figure:
    """One line a condition: a dot for each seed, the mean, its interval, published numbers.

    A few seeds have a thin line, lowest to highest, instead of the interval: see `stats.FEW`.

    Parameters
    ----------
    values : by condition, one accuracy in [0, 1] for each seed
    published : by condition, in per cent, where there is one
    lines : by name, what to compare all with, in [0, 1]
    """
    figure, ax = subplots(figsize=(6, 0.5 * len(values) + 1.2))
    names, some = list(values), set()
    for line, name in enumerate(names):
        percent = 100 * np.array(values[name])
        summary = estimate(percent.tolist(), "%")
        some |= {summary.few}
        spread = np.linspace(-0.15, 0.15, len(percent)) if len(percent) > 1 else [0.0]
        ax.plot(percent, line + np.array(spread), "o", color=BLUE, alpha=0.55, markersize=5)
        ax.plot(summary.ends, [line, line], color="black", linewidth=WIDTHS[summary.few])
        ax.plot(summary.mean, line, "|", color="black", markersize=18)
        if name in published:
            ax.plot(published[name], line, "D", color=ORANGE, markersize=8)
    handles = [
        plt.Line2D([], [], marker="o", linestyle="", color=BLUE, alpha=0.55, label="one seed"),
    ]
    for few, name in {False: "mean, 95 %", True: "mean, range"}.items():
        if few in some:
            handles.append(plt.Line2D([], [], color="black", linewidth=WIDTHS[few], label=name))
    if published:
        known = {"marker": "D", "linestyle": "", "color": ORANGE}
        handles.append(plt.Line2D([], [], **known, label="published"))
    for style, (name, share) in zip((":", "--"), (lines or {}).items(), strict=False):
        ax.axvline(100 * share, color=GREY, linestyle=style, linewidth=1, zorder=0)
        handles.append(plt.Line2D([], [], color=GREY, linestyle=style, linewidth=1, label=name))
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel=xlabel, xlim=(-2, 102), ylim=(len(names) - 0.5, -0.5))
    ax.grid(axis="x", alpha=0.3)
    figure.legend(handles=handles, ncols=2, loc="outside upper left")
    return _closed(figure)


@styled
def confusions(tables: Mapping[str, Tensor], names: Sequence[str], xlabel: str) -> Figure:
    """Confusion matrices side by side, one below its name: shares (K, K) of each true class."""
    figure, axes = subplots(1, len(tables), sharey=True, squeeze=False, figsize=(7, 4.2))
    for ax, (title, values) in zip(axes[0], tables.items(), strict=True):
        shown = ax.imshow(np.asarray(values), cmap="Blues", vmin=0, vmax=1)
        ax.set(title=title, xlabel=xlabel)
        ax.set_xticks(range(len(names)), names, rotation=90)
        ax.set_yticks(range(len(names)), names)
    axes[0, 0].set_ylabel("true class")
    figure.colorbar(shown, ax=axes, location="bottom", shrink=0.5, label="share of the true class")
    return _closed(figure)


@styled
def shares(values: Mapping[str, Tensor], xlabel: str, ylabel: str) -> Figure:
    """Histograms of numbers in [0, 1], one outline each, in per cent of their own total."""
    figure, ax = subplots()
    for style, (name, numbers) in zip(("-", "--", ":"), values.items(), strict=False):
        weights = np.full(len(numbers), 100 / len(numbers))
        ax.hist(numbers.numpy(), bins=np.linspace(0, 1, 21), weights=weights, histtype="step",
                linestyle=style, linewidth=2, label=name)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, 1))
    figure.legend(loc="outside lower center", ncols=2)
    figure.set_size_inches(6, 4.2)
    return _closed(figure)


@styled
def doses(
    values: Mapping[str, tuple[Sequence[float], Sequence[Sequence[float]]]],
    lines: Mapping[str, float],
    xlabel: str,
    log: bool = False,
    ylabel: str = "test accuracy, %",
) -> Figure:
    """Accuracy against a dose: a small dot for each seed, a line through the means.

    Parameters
    ----------
    values : by condition, the D doses and for each seed D accuracies in [0, 1]
    lines : by name, a constant to compare with, in [0, 1]
    log : whether the dose is drawn on a logarithmic axis
    """
    figure, ax = subplots()
    for marker, (name, (dose, accuracies)) in zip("os^Dv", values.items(), strict=False):
        percent = 100 * np.array(accuracies)
        (line,) = ax.plot(dose, percent.mean(0), marker=marker, label=name)
        for seed in percent:
            ax.plot(dose, seed, ".", color=line.get_color(), alpha=0.6)
    _constants(ax, lines)
    if log:
        ax.set_xscale("log")
    ax.set_xticks(dose, [f"{each:,}" for each in dose])
    ax.minorticks_off()
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    figure.legend(loc="outside lower center", ncols=2)
    figure.set_size_inches(6, 4.4)
    return _closed(figure)


@styled
def predictors(
    known: Mapping[str, Mapping[str, Sequence[float]]], found: Mapping[str, Sequence[float]]
) -> Figure:
    """Accuracy against what was known beforehand: a panel each, a dot for each seed.

    Parameters
    ----------
    known : by the name of a quantity, by condition, a number for each seed
    found : by condition, one accuracy in [0, 1] for each seed
    """
    size = (6, 2.3 * len(known) + 0.7)
    figure, axes = subplots(len(known), squeeze=False, figsize=size)
    for ax, (quantity, values) in zip(axes[:, 0], known.items(), strict=True):
        for marker, (name, numbers) in zip("os^Dv", values.items(), strict=False):
            ax.plot(numbers, 100 * np.array(found[name]), marker, alpha=0.75, label=name)
        ax.set(xlabel=quantity, ylabel="test accuracy, %", ylim=(0, 102))
        ax.grid(alpha=0.3)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return _closed(figure)


def _closed(figure: Figure) -> Figure:
    plt.close(figure)
    return figure


def _constants(ax: plt.Axes, lines: Mapping[str, float]) -> None:
    """A grey line across the axes for each share in [0, 1] to compare with, two at most."""
    for style, (name, value) in zip(("--", ":"), lines.items(), strict=False):
        ax.axhline(100 * value, color=GREY, linestyle=style, linewidth=1.5, label=name)


def _show(ax: plt.Axes, image: Tensor) -> None:
    """One image, uint8 (C, H, W): grey ones dark on light, colour ones as they are."""
    pixels = image.permute(1, 2, 0).numpy()
    if pixels.shape[-1] == 1:
        ax.imshow(pixels[..., 0], cmap="gray_r", vmin=0, vmax=255)
    else:
        ax.imshow(pixels)
