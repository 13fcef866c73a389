"""Draws of the two-dimensional experiment to look at, with the regions of their networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.plane import experiment, networks
from mislabel_utils.plane.experiment import Lesson, Setting

SIDE = 100  # cells of the unit square in each direction


def exhibits(lab: Lab, draws: Sequence[int], radii: Sequence[float]) -> dict[str, np.ndarray]:
    """Some draws at some radii, each trained alone; trained now or read from the records.

    The arrays, for D draws, E radii and n points: points (D, n, 2), labels (D, n),
    moved (D, E, n, 2), flipped and right (D, E, n), teacher (D, SIDE, SIDE) and student
    (D, E, SIDE, SIDE), the classes in each cell of the square.

    Raises
    ------
    RecordError
        At recorded scale, when nobody has recorded them yet.
    """

    def trained() -> dict[str, np.ndarray]:
        found = []
        for draw in draws:
            given = [
                experiment.lesson(Setting(epsilon=radius), range(draw, draw + 1))
                for radius in radii
            ]
            found.append(_known(given[0], 0) | _stacked([_taught(each, 0) for each in given]))
        return _stacked(found)

    config = experiment.configuration("exhibits")
    config |= {"draws": list(draws), "radii": list(radii), "side": SIDE}
    return lab.measure("exhibits", 0, config, trained)


def exhibit(lab: Lab, draw: int) -> dict[str, np.ndarray]:
    """A draw as it is counted: trained with its block, where it is the very same to the last bit.

    The arrays are those of `exhibits` without D and E.

    Raises
    ------
    RecordError
        At recorded scale, when nobody has recorded it yet.
    """
    block, row = divmod(draw, experiment.BLOCK)
    start, draws = experiment.extent(lab, block)

    def trained() -> dict[str, np.ndarray]:
        given = experiment.lesson(Setting(), range(start, start + draws))
        return _known(given, row) | _taught(given, row)

    config = experiment.configuration("exhibit")
    config |= {"draw": draw, "draws": [start, draws], "side": SIDE}
    return lab.measure("exhibit", block, config, trained)


def _known(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What is there before the attack."""
    seen = networks.regions(given.teachers, SIDE)
    return experiment.compact(points=given.points[row], labels=given.labels[row], teacher=seen[row])


def _taught(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What the attack finds, and what the student makes of it."""
    right = networks.predict(given.students, given.points) == given.labels
    seen = networks.regions(given.students, SIDE)
    return experiment.compact(
        moved=given.adversarial[row], flipped=given.flipped[row], right=right[row],
        student=seen[row],
    )  # fmt: skip


def _stacked(each: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([one[name] for one in each]) for name in each[0]}
