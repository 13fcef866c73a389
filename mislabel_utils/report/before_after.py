"""What was measured of networks before and after a lesson, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


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
