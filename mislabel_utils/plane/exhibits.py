"""What the sliders of the two-dimensional chapter choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.plane import experiment, networks
from mislabel_utils.plane.experiment import Setting

SIDE = 100  # cells of the unit square in each direction


def exhibits(lab: Lab, draws: Sequence[int], radii: Sequence[float]) -> dict[str, np.ndarray]:
    """What the sliders of the two-dimensional chapter show, trained now or read from the records.

    Each draw is trained alone, as in the chapter's panels. The arrays, for D draws, E radii and n
    points: points (D, n, 2), labels (D, n), moved (D, E, n, 2), flipped and right (D, E, n),
    teacher (D, SIDE, SIDE) and student (D, E, SIDE, SIDE), the classes in each cell of the square.

    Raises
    ------
    RecordError
        At recorded scale, when nobody has recorded them yet.
    """
    config = {
        "protocol": experiment.PROTOCOL,
        "experiment": "exhibits",
        "setting": asdict(Setting()),
        "recipe": asdict(networks.Recipe()),
        "attack_steps": experiment.ATTACK_STEPS,
        "draws": list(draws),
        "radii": list(radii),
        "side": SIDE,
    }
    return lab.measure("exhibits", 0, config, lambda: ({}, _train_exhibits(draws, radii)))


def _train_exhibits(draws: Sequence[int], radii: Sequence[float]) -> dict[str, np.ndarray]:
    names = ("points", "labels", "teacher", "moved", "flipped", "right", "student")
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for draw in draws:
        of_draw: dict[str, list[np.ndarray]] = {name: [] for name in names[3:]}
        for radius in radii:
            given = experiment.lesson(Setting(epsilon=radius), range(draw, draw + 1))
            right = networks.predict(given.students, given.points) == given.labels
            seen = networks.regions(given.students, SIDE)
            values = (given.adversarial, given.flipped, right, seen)
            for name, value in zip(names[3:], values, strict=True):
                of_draw[name].append(_small(value))
        found["points"].append(_small(given.points))
        found["labels"].append(_small(given.labels))
        found["teacher"].append(_small(networks.regions(given.teachers, SIDE)))
        for name, values in of_draw.items():
            found[name].append(np.stack(values))
    return {name: np.stack(values) for name, values in found.items()}


def _small(value) -> np.ndarray:
    """The first row of a tensor, in as few bytes as it needs."""
    row = value[0].numpy()
    return row.astype(np.uint8) if row.dtype == np.int64 else row
