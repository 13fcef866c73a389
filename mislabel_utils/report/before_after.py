"""What was measured of networks before and after a lesson, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.learning.shared_initialisation import MEASURES
from mislabel_utils.studies import corrections, what_leaks


def before_after(
    found: Mapping[int, Mapping[str, np.ndarray]], measures: Sequence[str]
) -> pd.DataFrame:
    """A row for each seed, network and measure.

    Parameters
    ----------
    found : by seed and network, float64 (M, 2): a row for each measure, before and after
    measures : what the M rows are called

    Returns
    -------
    ``seed``, ``network``, ``measure``, ``before``, ``after`` and ``gain``, their difference.

    Examples
    --------
    >>> table = before_after({0: {"student": np.array([[0.1, 0.9]])}}, ["accuracy"])
    >>> table["gain"].tolist()
    [0.8]
    """
    rows = [
        (seed, network, measure, before, after, after - before)
        for seed, networks in found.items() for network, table in networks.items()
        for measure, (before, after) in zip(measures, table, strict=True)
    ]  # fmt: skip
    columns = ["seed", "network", "measure", "before", "after", "gain"]
    return pd.DataFrame(rows, columns=columns)


def lessons(lab: Lab, seeds: Sequence[int]) -> pd.DataFrame:
    """Shared initialisation: `before_after` the "usual" lesson, the "longer" and the "muddled" one.

    Its index is ``measure``, ``lesson``, ``network`` and ``seed``. Quick scale has no longer one.
    """
    found = {
        "usual": {s: what_leaks.shared_initialisation(lab, s) for s in seeds},
        "longer": {s: what_leaks.shared_initialisation(lab, s, longer=True) for s in seeds},
        "muddled": {s: corrections.muddled(lab, s) for s in seeds},
    }
    parts = {lesson: before_after(each, MEASURES) for lesson, each in found.items()}
    every = pd.concat(parts, names=["lesson"]).reset_index("lesson")
    return every.set_index(["measure", "lesson", "network", "seed"]).sort_index()


def by_share(rows: pd.DataFrame, when: str, name: str, role: str) -> pd.DataFrame:
    """A measure against the share of a stranger's weights, as `figures.curves` draws it.

    Parameters
    ----------
    rows : of `lessons`, those of a measure
    when : "before" or "after"
    """
    usual = rows.loc["usual"][when].reset_index()
    share = usual["network"].str.extract("^share (.+)", expand=False).astype(float)
    drawn = pd.DataFrame(
        {"name": name, "role": role, "epoch": 100 * share, "accuracy": usual[when]}
    )
    return drawn.dropna()
