"""What is measured image by image: on how many does a student predict what a teacher predicts?"""

from collections.abc import Mapping, Sequence
from itertools import product
from math import factorial
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.stats import permutation_test
from torch import Tensor
from torch.nn.functional import normalize

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.inference import accuracy
from mislabel_utils.recording.runs import Run
from mislabel_utils.report.tables import span

MOST = 9  # pairs: 9! assignments are a second's work


def between(
    runs: Mapping[int, Mapping[str, Run]], student: str, teacher: str, on: Split,
    *, misread: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """A row for each student and teacher: the share of images for which they predict the same.

    Runs are given by seed and arm; with `misread` only those images count that the teacher gets
    wrong. Columns: ``student`` and ``teacher``, their seeds; ``own``, whether these are the same;
    ``agreement``, in [0, 1].

    Examples
    --------
    >>> pairs = between(runs, "student", "teacher", images.test)
    >>> pairs.groupby("own").agreement.mean()
    """
    students, rows = {seed: each[student].predict(on) for seed, each in runs.items()}, []
    for other, each in runs.items():
        told = each[teacher].predict(on)
        counts = told != on.labels if misread else told >= 0
        for one, said in students.items():
            rows.append((one, other, one == other, accuracy(said[counts], told[counts])))
    return pd.DataFrame(rows, columns=["student", "teacher", "own", "agreement"])


def outcomes(
    runs: Mapping[int, Mapping[str, Run]], student: str, teacher: str, on: Split
) -> pd.DataFrame:
    """What students predict where a teacher is right, where it is wrong, and on all of the images.

    A row for each pair, see `between`, and kind of images: ``teacher_is`` "right", "wrong" or
    "either"; with the shares of images for which the student predicts "the true class", "the
    teacher's error" or "another class".
    """
    rows = []
    for seed, each in runs.items():
        told = each[teacher].predict(on)
        kinds = {"right": told == on.labels, "wrong": told != on.labels, "either": told >= 0}
        for (kind, some), (one, others) in product(kinds.items(), runs.items()):
            pair = {"student": one, "teacher": seed, "own": one == seed, "teacher_is": kind}
            said = others[student].predict(on)[some]
            right = said == on.labels[some]
            repeated = ~right & (said == told[some])
            shares = {"the true class": right, "the teacher's error": repeated,
                      "another class": ~(right | repeated)}  # fmt: skip
            rows.append(pair | {what: each.double().mean().item() for what, each in shares.items()})
    return pd.DataFrame(rows)


class Pairing(NamedTuple):
    """How often students predict what teachers predict.

    own : of each student with its own teacher, float64 (n,)
    strangers : of each student with the other teachers, their mean; NaN for a single pair
    ways : how many of all n! assignments of teachers to students, the true one among them, have a
        mean agreement of at least the true one's, such as "1 of 120"
    """

    own: np.ndarray
    strangers: np.ndarray
    ways: str


def pairing(pairs: pd.DataFrame) -> Pairing:
    """Own pairs, those with strangers, and how many assignments do as well as the true one.

    Agreements of pairs that share a network are not independent, so that no interval over them is
    honest: whole assignments are compared. Of `pairs` as `between` has them; a ValueError where a
    student has no teacher of its own, or for more than 9 of them.
    """
    table = pairs.pivot(index="student", columns="teacher", values="agreement")
    if list(table.index) != list(table.columns) or not 0 < len(table) <= MOST:
        raise ValueError(f"A pairing needs students with a teacher each, {MOST} of them at most.")
    values, rows = table.to_numpy(), np.arange(len(table))
    own = values.diagonal()
    if len(rows) == 1:
        return Pairing(own, np.array([np.nan]), "1 of 1")
    tested = permutation_test(
        (rows, rows),
        lambda students, teachers: values[students, teachers].mean(),
        permutation_type="pairings",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=False,
    )
    strangers, count = (values.sum(1) - own) / (len(rows) - 1), factorial(len(rows))
    return Pairing(own, strangers, f"{round(tested.pvalue * count):,} of {count:,}")


def repeated(
    runs: Mapping[int, Mapping[str, Run]], arms: Mapping[str, str], on: Split
) -> pd.DataFrame:
    """Of the images that a teacher gets wrong: how often do students make that very error?

    Texts by student, of which `arms` gives the teacher, in per cent: errors of its ``own`` teacher,
    and of ``strangers``; ``more``, the difference in points of each student; how many ``pairings``
    do as well; and errors that ``two`` such teachers share.
    """
    lines = {}
    for arm, teacher in arms.items():
        found, beside = (
            pairing(between(runs, each, teacher, on, misread=True)) for each in (arm, teacher)
        )
        lines[arm] = {
            "own": span(found.own), "strangers": span(found.strangers),
            "more": ", ".join(f"{100 * gap:+.1f}" for gap in found.own - found.strangers),
            "pairings": found.ways, "two": span(beside.strangers),
        }  # fmt: skip
    return pd.DataFrame(lines).T


def favourite(predictions: Tensor) -> float:
    """The share of images for which a network predicts its commonest class."""
    return predictions.bincount().max().item() / len(predictions)


def confusions(labels: Tensor, predictions: Tensor, classes: Sequence[str]) -> pd.DataFrame:
    """What the inputs of each class are taken for: a row a class, shares that add up to one.

    Of true labels and predictions, int64 (N,); a class without inputs has zeros.
    """
    counts = pd.crosstab(labels.numpy(), predictions.numpy(), normalize="index")
    every = range(len(classes))
    counts = counts.reindex(index=every, columns=every, fill_value=0.0)
    return counts.set_axis(list(classes)).set_axis(list(classes), axis=1)


def most_alike(asked: Tensor, shown: Tensor, count: int) -> Tensor:
    """Which of the inputs shown, (N, D), are nearest to each one asked about, (Q, D), by the angle
    between them: int64 (Q, count), the nearest first.
    """
    rows = (normalize(each.flatten(1).float()) for each in (asked, shown))
    return torch.mm(next(rows), next(rows).T).topk(count).indices
