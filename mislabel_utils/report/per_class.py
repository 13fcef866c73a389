"""A student class by class: what it was told, what it reads, which inputs it finds alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn.functional import normalize

FEWEST = 3  # seeds for a correlation over them


def told_and_read(
    told: Mapping[int, Tensor], said: Mapping[int, Tensor], labels: Tensor
) -> pd.DataFrame:
    """How often a class was a label, and how well the student reads it: a row a class and seed.

    Parameters
    ----------
    told : by seed, the labels that a student was trained on, int64 (M,)
    said : by seed, the class it predicts for each test image, int64 (N,)
    labels : the true classes of these, int64 (N,)

    Returns
    -------
    ``name`` of the class, ``seed``, ``told``, a count, and ``read``, a share of its test images.
    """
    rows = [
        (str(one), seed, int((told[seed] == one).sum()),
         (said[seed][labels == one] == one).double().mean().item())
        for one in labels.unique().tolist() for seed in told
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "seed", "told", "read"])


def confusions(labels: Tensor, predictions: Tensor, classes: Sequence[str]) -> pd.DataFrame:
    """What the inputs of each class are taken for: a row a class, shares that add up to one.

    Parameters
    ----------
    labels, predictions : the true class and the predicted one, int64 (N,)
    classes : their names, of rows and of columns; a class without inputs has zeros
    """
    counts = pd.crosstab(labels.numpy(), predictions.numpy(), normalize="index")
    every = range(len(classes))
    counts = counts.reindex(index=every, columns=every, fill_value=0.0)
    return counts.set_axis(list(classes)).set_axis(list(classes), axis=1)


class Ranks(NamedTuple):
    """Spearman's rank correlations between how often a class was told and how well it is read.

    within : of each class over the seeds; NaN with fewer than `FEWEST`
    between : of each seed over the classes
    of_means : over the classes, of their means over the seeds
    """

    within: list[float]
    between: list[float]
    of_means: float


def ranks(frame: pd.DataFrame) -> Ranks:
    """The correlations in a table of `told_and_read`."""

    def rank(rows: pd.DataFrame) -> float:
        return float(spearmanr(rows["told"], rows["read"]).statistic)

    classes = [rows for _, rows in frame.groupby("name")]
    few = frame["seed"].nunique() < FEWEST
    return Ranks(
        [np.nan if few else rank(rows) for rows in classes],
        [rank(rows) for _, rows in frame.groupby("seed")],
        rank(frame.groupby("name")[["told", "read"]].mean()),
    )


def most_alike(asked: Tensor, shown: Tensor, count: int) -> Tensor:
    """Which of the inputs shown are nearest to each one asked about, by the angle between them.

    Parameters
    ----------
    asked, shown : features or pixels, one row an input, (Q, D) and (N, D)

    Returns
    -------
    int64 (Q, count), the nearest first.
    """
    rows = (normalize(each.flatten(1).float()) for each in (asked, shown))
    return torch.mm(next(rows), next(rows).T).topk(count).indices


def share_in_kinds(marked: Tensor, kinds: Tensor, like: Tensor) -> float:
    """The share of marked inputs to expect among some, if only their kinds counted.

    Parameters
    ----------
    marked, kinds : of all inputs, whether each is marked and of which kind it is, (N,)
    like : the kinds of the inputs in question, int64
    """
    shares = {kind: marked[kinds == kind].double().mean() for kind in kinds.unique().tolist()}
    return float(np.mean([shares[kind] for kind in like.flatten().tolist()]))
