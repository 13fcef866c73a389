"""What was measured of networks before and after a lesson, as tidy tables."""

from collections.abc import Sequence

import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.learning.shared_initialisation import MEASURES
from mislabel_utils.report.tables import span
from mislabel_utils.studies import what_leaks


def lessons(lab: Lab, seeds: Sequence[int]) -> pd.DataFrame:
    """Shared initialisation: the "usual" lesson, the "longer" and the "muddled" one.

    ``before``, ``after`` and their difference, ``gain``, by ``measure``, ``lesson``, ``network``
    and ``seed``. Quick scale has no longer lesson.
    """
    found = {
        "usual": {s: what_leaks.shared_initialisation(lab, s) for s in seeds},
        "longer": {s: what_leaks.shared_initialisation(lab, s, longer=True) for s in seeds},
        "muddled": {s: what_leaks.muddled(lab, s) for s in seeds},
    }
    rows = [
        (measure, lesson, network, seed, before, after, after - before)
        for lesson, of_seeds in found.items() for seed, networks in of_seeds.items()
        for network, table in networks.items()
        for measure, (before, after) in zip(MEASURES, table, strict=True)
    ]  # fmt: skip
    columns = ["measure", "lesson", "network", "seed", "before", "after", "gain"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:4]).sort_index()


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
