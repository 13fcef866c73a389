"""Students of chosen mistakes, measured by the cell, as tidy tables: a row a student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mislabel_utils.plane import mistakes
from mislabel_utils.report.origins import TITLES
from mislabel_utils.studies.where_it_stops import CHOICES, SMALLEST, WAYS, Protocol

Arrays = Mapping[str, np.ndarray]
Found = Mapping[int, Mapping[str, Arrays]]  # by seed, what the experiment returned


def unfolded(arrays: Arrays, levels: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """A row for each cell of some arrays, a column for each, and for where the cell is.

    Parameters
    ----------
    arrays : by name, of the shape that the levels have; one that lacks the last axes is the same
        along them
    levels : by name of the axis, what its places are called
    """
    shape = tuple(map(len, levels.values()))
    index = pd.MultiIndex.from_product(map(list, levels.values()), names=levels)
    columns = {
        name: np.broadcast_to(
            values.reshape(values.shape + (1,) * (len(shape) - values.ndim)), shape
        ).ravel()
        for name, values in arrays.items()
    }
    return pd.DataFrame(columns, index=index).reset_index()


def cells(found: Found, protocol: Protocol) -> pd.DataFrame:
    """The students of the sweeps.

    Columns: `data`, `classes`, `steps` of the teacher, `choice` of its mistakes, `seed`; what
    `Protocol.cell` measured; `chance`; and `gain`, the student's accuracy less chance, NaN
    where there were too few mistakes for a student.
    """
    levels = {
        "classes": protocol.classes, "steps": protocol.teacher_steps,
        "choice": CHOICES.values(),
    }  # fmt: skip
    every = pd.concat(
        [
            unfolded(each[name], levels).assign(data=TITLES[name], seed=seed)
            for name in protocol.data for seed, each in found.items()
        ],
        ignore_index=True,
    )  # fmt: skip
    every["chance"] = 1 / every["classes"]  # each class is as common as the next in these tests
    every["gain"] = (every["student"] - every["chance"]).where(every["images"] >= SMALLEST)
    return every


def pairs(found: Found) -> pd.DataFrame:
    """The students of two classes with wrong `labels` and with true ones: a row a student."""
    levels = {"labels": WAYS, "choice": CHOICES.values()}
    return pd.concat(
        [unfolded(each["pair"], levels).assign(seed=seed) for seed, each in found.items()],
        ignore_index=True,
    )


def squares(found: Found) -> pd.DataFrame:
    """The students in the plane: a row for each draw, teacher, choice and kind of labels."""
    rows = []
    for seed, each in found.items():
        draws = range(len(each["plane"]["teacher"]))
        levels = {
            "draw": draws, "steps": mistakes.TEACHERS,
            "choice": [CHOICES[name] for name in mistakes.KEPT], "labels": WAYS,
        }  # fmt: skip
        rows.append(unfolded(each["plane"], levels).assign(seed=seed))
    return pd.concat(rows, ignore_index=True)


def means(every: pd.DataFrame, columns: Sequence[str] = ("gain",)) -> pd.DataFrame:
    """The mean of each cell over the seeds that have a student; without cells where most have none.

    Parameters
    ----------
    every : as `cells`
    """
    by = ["data", "classes", "steps", "choice"]
    share = every.groupby(by)["gain"].transform(lambda gain: gain.notna().mean())
    some = every[every["gain"].notna() & (share > 0.5)]
    return some.groupby(by, sort=False)[list(columns)].mean()
