"""The two-dimensional illustration as an experiment on many draws at once.

Source: Wallace, "Learning from Incorrectly Labeled Data", Distill 2019, the two-dimensional
illustration: 32 random points, random binary labels, a small network that fits them, L-inf
adversarial examples with epsilon 0.12, a student trained on those that changed the prediction.
What the source leaves open was fixed by looking at teachers alone, before any student was trained:
the networks (`networks`), their training (`networks.Recipe`: the cheapest that fits nearly all
problems at width 64), and the attack, 40 steps of epsilon / 10, enough to cross the ball twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning.attacks import LInf, pgd
from mislabel_utils.plane.networks import (
    Nets,
    Recipe,
    correct,
    draw,
    in_chunks,
    predict,
    random_labels,
    regions,
    train,
)

PROTOCOL = 1  # raise it when the code changes what a setting means: old records then count no more
ATTACK_STEPS = 40
BLOCK = 250  # draws in a record: what an interruption can lose


@dataclass(frozen=True)
class Setting:
    """What the distribution depends on, apart from the draw.

    Attributes
    ----------
    width : hidden units in each of the two layers
    epsilon : radius of the L-inf ball, the unit square having side 1
    count : points in a problem
    flipped_only : train the student on the examples that flip the teacher, or on all of them,
        where those that do not flip are plainly mislabelled
    """

    width: int = 64
    epsilon: float = 0.12
    count: int = 32
    flipped_only: bool = True


@dataclass(frozen=True)
class Lesson:
    """What the students are taught, and the students; row r of everything is one draw.

    Attributes
    ----------
    replicas : the draws' numbers
    points, labels : float32 (R, n, 2) and int64 (R, n), the problems
    teachers, students : R networks each
    adversarial : float32 (R, n, 2), the attacked points
    flipped : bool (R, n), the teacher is right on the point and wrong on the attacked point
    taught : bool (R, n), the attacked points that the student saw, with flipped labels
    """

    setting: Setting
    replicas: range
    points: Tensor
    labels: Tensor
    teachers: Nets
    adversarial: Tensor
    flipped: Tensor
    taught: Tensor
    students: Nets


def attack(teachers: Nets, points: Tensor, labels: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """Adversarial points, float32 (R, n, 2), and which of them flip the teacher, bool (R, n).

    A point that the teacher gets wrong to begin with cannot be flipped to wrong.
    """

    def attack_chunk(rows: slice) -> tuple[Tensor, Tensor]:
        options = {"steps": ATTACK_STEPS, "step_size": epsilon / 10}
        return pgd(teachers[rows], points[rows], labels[rows], LInf(epsilon), **options)

    found = in_chunks(attack_chunk, len(teachers))
    adversarial, wrong = (torch.cat(parts) for parts in zip(*found, strict=True))
    return adversarial, wrong & (predict(teachers, points) == labels)


@lru_cache(maxsize=1)
def _teachers(replicas: range, count: int, width: int) -> tuple[Tensor, Tensor, Nets]:
    """Problems and teachers; kept, since a sweep over epsilon attacks the same ones again."""
    points, labels = draw(replicas, count)
    return points, labels, train(Nets.initial(replicas, width, "teacher"), points, labels)


def lesson(setting: Setting, replicas: range) -> Lesson:
    """Draw the problems, train the teachers, attack them, train the students."""
    points, labels, teachers = _teachers(replicas, setting.count, setting.width)
    adversarial, flipped = attack(teachers, points, labels, setting.epsilon)
    taught = flipped if setting.flipped_only else torch.ones_like(flipped)
    students = Nets.initial(replicas, setting.width, "student")
    students = train(students, adversarial, 1 - labels, taught)
    return Lesson(
        setting, replicas, points, labels, teachers, adversarial, flipped, taught, students
    )


def agreement(first: Tensor, second: Tensor) -> Tensor:
    """Share of the unit square where two `regions` (R, side, side) agree, float32 (R,)."""
    return (first == second).float().mean((1, 2))


def outcome(given: Lesson) -> dict[str, np.ndarray]:
    """The numbers of a lesson, an array of shape (R,) each.

    fitted: points the teacher gets right; flipped: points with an adversarial example;
    right: points the student gets right (the published 23); same_regions: area where student and
    teacher agree.
    """
    return compact(
        fitted=correct(given.teachers, given.points, given.labels),
        flipped=given.flipped.sum(1),
        right=correct(given.students, given.points, given.labels),
        same_regions=agreement(regions(given.students), regions(given.teachers)),
    )


def baselines(given: Lesson) -> dict[str, np.ndarray]:
    """What a lesson is compared with, an array of shape (R,) each.

    unrelated: the teachers of two different draws; random: students that saw the same adversarial
    points with a coin's labels; control: students that saw the original points, unmoved, with
    flipped labels.
    """
    points, labels, seen = given.points, given.labels, regions(given.teachers)
    width, replicas = given.setting.width, given.replicas
    coins = random_labels(replicas, given.setting.count)
    random = Nets.initial(replicas, width, "random student")
    random = train(random, given.adversarial, coins, given.taught)
    control = train(Nets.initial(replicas, width, "control"), points, 1 - labels)
    return compact(
        unrelated_same_regions=agreement(seen, seen.roll(-1, 0)),
        random_right=correct(random, points, labels),
        random_same_regions=agreement(regions(random), seen),
        control_right=correct(control, points, labels),
        control_same_regions=agreement(regions(control), seen),
    )


def extent(lab: Lab, block: int) -> tuple[int, int]:
    """The first draw of a block, and how many it has: `BLOCK`; at quick scale a tenth."""
    return block * BLOCK, BLOCK // 10 if lab.scale == "quick" else BLOCK


def measure(
    lab: Lab, arm: str, setting: Setting, block: int, compared: bool = False
) -> Mapping[str, np.ndarray]:
    """The outcome of one block of draws, trained now or read from the records of the lab.

    Parameters
    ----------
    arm : name of the experimental condition in the records
    block : which draws, see `extent`
    compared : with the baselines

    Raises
    ------
    RecordError
        At recorded scale, when nobody has recorded this block yet.
    """
    start, draws = extent(lab, block)
    config = configuration("illustration", setting) | {
        "draws": [start, draws],
        "compared": compared,
    }

    def compute() -> dict[str, np.ndarray]:
        given = lesson(setting, range(start, start + draws))
        return outcome(given) | (baselines(given) if compared else {})

    return lab.measure(arm, block, config, compute)


def configuration(name: str, setting: Setting = Setting()) -> dict[str, Any]:
    """What determines an experiment in the plane, as JSON; which draws it has is added."""
    return {
        "protocol": PROTOCOL,
        "experiment": name,
        "setting": asdict(setting),
        "recipe": asdict(Recipe()),
        "attack_steps": ATTACK_STEPS,
    }


def compact(**values: Tensor) -> dict[str, np.ndarray]:
    """Counts and classes as uint8: all that a committed record needs."""
    arrays = {name: value.numpy() for name, value in values.items()}
    return {n: a.astype(np.uint8) if a.dtype == np.int64 else a for n, a in arrays.items()}
