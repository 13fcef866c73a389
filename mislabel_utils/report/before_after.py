"""What was measured of networks before and after a lesson, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.learning.shared_initialisation import MEASURES
from mislabel_utils.report.tables import Table, span
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
    numbers = dict.fromkeys(columns[3:], float)  # also where there is no row
    return pd.DataFrame(rows, columns=columns).astype(numbers)


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
    some = {lesson: rows for lesson, rows in parts.items() if len(rows)}
    every = pd.concat(some, names=["lesson"]).reset_index("lesson")
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


def texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Of `lessons` what each network came to, a row for each ``lesson`` and ``network``.

    Means and ranges in per cent, of its ``own outputs``, its ``agreement`` and the ``gain`` of a
    readout; the mean ``mismatch`` ``before`` and ``after``.
    """
    each = rows.groupby(["measure", "lesson", "network"])
    after, gain = (each[when].agg(span, unit="") for when in ("after", "gain"))
    left = each[["before", "after"]].mean().map("{:.3f}".format).loc["mismatch"]
    ends = {of: after[of] for of in ("own outputs", "agreement")}
    return pd.DataFrame(ends | {"gain": gain["readout"]} | dict(left.items()))


def table(found: pd.DataFrame, lesson: str, called: Mapping[str, str]) -> Table:
    """Of `texts` the networks of a lesson, as far as a scale has them, by what they are called."""
    rows = found[found.index.isin([lesson], level="lesson")].droplevel("lesson")
    rows = rows.reindex([each for each in called if each in rows.index]).rename(called)
    mismatch = rows.pop("before") + ", " + rows.pop("after")
    columns = ("Own outputs, %", "Agreement, %", "Readout gains, points", "Mismatch before, after")
    return Table.of(rows.assign(mismatch=mismatch), ("Initial weights", *columns))
