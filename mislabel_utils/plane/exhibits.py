"""Draws of the two-dimensional experiment to look at, with the regions of their networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

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
            taught = [_taught(each, 0) for each in given]
            many = {name: np.stack([each[name] for each in taught]) for name in taught[0]}
            found.append(_known(given[0], 0) | many)
        return {name: np.stack([each[name] for each in found]) for name in found[0]}

    config = _config("exhibits") | {"draws": list(draws), "radii": list(radii), "side": SIDE}
    return lab.measure("exhibits", 0, config, lambda: ({}, trained()))


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

    config = _config("exhibit") | {"draw": draw, "draws": [start, draws], "side": SIDE}
    return lab.measure("exhibit", block, config, lambda: ({}, trained()))


def _config(name: str) -> dict[str, Any]:
    return {
        "protocol": experiment.PROTOCOL,
        "experiment": name,
        "setting": asdict(Setting()),
        "recipe": asdict(networks.Recipe()),
        "attack_steps": experiment.ATTACK_STEPS,
    }


def _known(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What is there before the attack."""
    seen = networks.regions(given.teachers, SIDE)
    return _small(row, points=given.points, labels=given.labels, teacher=seen)


def _taught(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What the attack finds, and what the student makes of it."""
    right = networks.predict(given.students, given.points) == given.labels
    seen = networks.regions(given.students, SIDE)
    return _small(row, moved=given.adversarial, flipped=given.flipped, right=right, student=seen)


def _small(row: int, **values) -> dict[str, np.ndarray]:
    """A row of some tensors, in as few bytes as they need."""
    rows = {name: value[row].numpy() for name, value in values.items()}
    return {n: v.astype(np.uint8) if v.dtype == np.int64 else v for n, v in rows.items()}
