"""Students of chosen mistakes, measured by the cell, as tidy tables: a row a student."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mislabel_utils.lab import Lab
from mislabel_utils.plane import mistakes
from mislabel_utils.report.results import TITLES
from mislabel_utils.studies.where_it_stops import (
    CHOICES,
    SMALLEST,
    THREE,
    WAYS,
    Protocol,
    other_labels,
)

Arrays = Mapping[str, np.ndarray]
Found = Mapping[int, Mapping[str, Arrays]]  # by seed, what the experiment returned


def unfolded(
    found: Found, name: str, levels: Mapping[str, Iterable[object]], **more: object
) -> pd.DataFrame:
    """A row for each cell of the arrays of that name, a column for each, and for where it is.

    `levels` has by name of the axis what its places are called. An array that lacks the last axes
    is the same along them; `more` are other columns.
    """
    index = pd.MultiIndex.from_product(levels.values(), names=levels)

    def column(values: np.ndarray) -> np.ndarray:
        return values.repeat(len(index) // values.size)

    return pd.concat(
        pd.DataFrame({each: column(values) for each, values in arrays[name].items()}, index).assign(
            seed=seed, **more
        )
        for seed, arrays in found.items()
    ).reset_index()


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
        [unfolded(found, name, levels, data=TITLES[name]) for name in protocol.data],
        ignore_index=True,
    )
    every["chance"] = 1 / every["classes"]  # each class is as common as the next in these tests
    every["gain"] = (every["student"] - every["chance"]).where(every["images"] >= SMALLEST)
    return every


def pairs(found: Found) -> pd.DataFrame:
    """The students of two classes with wrong `labels` and with true ones: a row a student."""
    return unfolded(found, "pair", {"labels": WAYS, "choice": CHOICES.values()})


def squares(found: Found) -> pd.DataFrame:
    """The students in the plane: a row for each draw, teacher, choice and kind of labels."""
    draws = len(next(iter(found.values()))["plane"]["teacher"])
    kept = [CHOICES[name] for name in mistakes.KEPT]
    levels = {"draw": range(draws), "steps": mistakes.TEACHERS, "choice": kept, "labels": WAYS}
    return unfolded(found, "plane", levels)


def means(every: pd.DataFrame, columns: Sequence[str] = ("gain",)) -> pd.DataFrame:
    """The mean of each of the `cells` over the seeds that have a student, if most have one."""
    by = ["data", "classes", "steps", "choice"]
    share = every.groupby(by)["gain"].transform(lambda gain: gain.notna().mean())
    some = every[every["gain"].notna() & (share > 0.5)]
    return some.groupby(by, sort=False)[list(columns)].mean()


def trios(lab: Lab, protocol: Protocol) -> pd.DataFrame:
    """Students of the same mistakes under three kinds of labels, see `where_it_stops.other_labels`.

    A row for each data set (`data`), `steps` of the teacher and `seed`, a column for each measure.
    """
    return pd.concat(
        pd.DataFrame(other_labels(lab, name, seed)).assign(
            data=TITLES[name], steps=protocol.teacher_steps, seed=seed
        )
        for name in protocol.data for seed in lab.seeds(THREE)
    )  # fmt: skip
