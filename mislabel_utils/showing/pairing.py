"""Does a student answer as its own teacher does? Pairs of networks against all other pairings.

Agreements of pairs that share a network are not independent, so that no interval over them is
honest. What is compared are whole assignments of teachers to students (a permutation test).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
from torch import Tensor

MOST = 9  # pairs: 9! assignments are a second's work


class Pairing(NamedTuple):
    """How often students say what teachers say.

    own : of each student with its own teacher, float64 (n,)
    strangers : of each student with the other teachers, their mean; NaN for a single pair
    chance : share of all n! assignments of teachers to students, the true one among them, whose
        mean agreement is at least the true one's; cannot be below 1/n!
    """

    own: np.ndarray
    strangers: np.ndarray
    chance: float


def agreements(students: Sequence[Tensor], teachers: Sequence[Tensor]) -> np.ndarray:
    """The share of images on which a student says what a teacher says, float64 (n, n).

    Parameters
    ----------
    students, teachers : for each the classes it names, int64 (N,). A teacher's -1 leaves an image
        out of its column
    """
    table = [
        [(said == told)[told >= 0].double().mean().item() for told in teachers] for said in students
    ]
    return np.array(table)


def pairing(table: np.ndarray) -> Pairing:
    """Own pairs, those with strangers, and how many assignments do as well as the true one.

    Parameters
    ----------
    table : (n, n), as `agreements`; row k and column k belong together

    Raises
    ------
    ValueError
        For a table that is not square, or more than 9 pairs.
    """
    count = len(table)
    if table.shape != (count, count) or not 0 < count <= MOST:
        raise ValueError(f"A table of agreements is n by n, n up to {MOST}, not {table.shape}.")
    own = table.diagonal()
    others = (table.sum(1) - own) / (count - 1) if count > 1 else np.full(count, np.nan)
    rows = np.arange(count)
    means = table[rows, np.array(list(permutations(rows)))].mean(1)
    # Two sums of the same numbers in another order may differ in the last digit.
    return Pairing(own, others, float((means >= own.mean() - 1e-12).mean()))
