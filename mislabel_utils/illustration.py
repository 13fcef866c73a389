"""The two-dimensional illustration as an experiment on many draws at once.

Source: Wallace, "Learning from Incorrectly Labeled Data", Distill 2019, section on the
two-dimensional illustration: 32 random points, random binary labels, a small network that fits
them, L-inf adversarial examples with epsilon 0.12, a student trained on those that changed the
prediction. What the source leaves open is fixed here, before looking at any student: the networks
(`replicas`), their training (`replicas.Recipe`), and the attack, 40 steps of epsilon / 10, enough
to cross the ball twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.attacks import LInf, pgd
from mislabel_utils.replicas import Nets, correct, draw, predict, random_labels, regions, train

ATTACK_STEPS = 40


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
    """What a student is taught, and the student; row r of everything is one draw.

    Attributes
    ----------
    points, labels : float32 (R, n, 2) and int64 (R, n), the problem
    teachers, students : R networks each
    adversarial : float32 (R, n, 2), the attacked points
    flipped : bool (R, n), the teacher was right on the point and is wrong on the attacked point
    """

    setting: Setting
    replicas: Sequence[int]
    points: Tensor
    labels: Tensor
    teachers: Nets
    adversarial: Tensor
    flipped: Tensor
    students: Nets


def attack(teachers: Nets, points: Tensor, labels: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """Adversarial points, float32 (R, n, 2), and which of them flip the teacher, bool (R, n).

    A point that the teacher gets wrong to begin with cannot be flipped to wrong.
    """
    found = pgd(teachers, points, labels, LInf(epsilon), steps=ATTACK_STEPS, step_size=epsilon / 10)
    return found.inputs, found.flipped & (predict(teachers, points) == labels)


def lesson(setting: Setting, replicas: Sequence[int], seed: int = 0) -> Lesson:
    """Draw the problems, train the teachers, attack them, train the students."""
    points, labels = draw(replicas, setting.count, seed)
    teachers = train(Nets.initial(replicas, setting.width, "teacher", seed), points, labels)
    adversarial, flipped = attack(teachers, points, labels, setting.epsilon)
    counted = flipped if setting.flipped_only else torch.ones_like(flipped)
    students = Nets.initial(replicas, setting.width, "student", seed)
    students = train(students, adversarial, 1 - labels, counted)
    return Lesson(setting, replicas, points, labels, teachers, adversarial, flipped, students)


def agreement(first: Nets, second: Nets) -> Tensor:
    """Share of the unit square where two networks predict the same class, float32 (R,)."""
    return (regions(first) == regions(second)).float().mean((1, 2))


def outcome(given: Lesson) -> dict[str, np.ndarray]:
    """The numbers of one lesson, an array of shape (R,) each.

    fitted: points the teacher gets right; flipped: points with an adversarial example;
    right: points the student gets right (the published 23); same_regions: area where student and
    teacher agree.
    """
    points, labels = given.points, given.labels
    return _compact(
        fitted=correct(given.teachers, points, labels),
        flipped=given.flipped.sum(1),
        right=correct(given.students, points, labels),
        same_regions=agreement(given.students, given.teachers),
    )


def baselines(given: Lesson, seed: int = 0) -> dict[str, np.ndarray]:
    """What the lesson is compared with, an array of shape (R,) each.

    unrelated: the teachers of two different draws; random: students that saw the same adversarial
    points with a coin's labels; control: students that saw the original points, unmoved, with
    flipped labels.
    """
    points, labels, teachers = given.points, given.labels, given.teachers
    width, count = given.setting.width, given.setting.count
    counted = given.flipped if given.setting.flipped_only else torch.ones_like(given.flipped)
    coins = random_labels(given.replicas, count, seed)
    lucky = Nets.initial(given.replicas, width, "random student", seed)
    lucky = train(lucky, given.adversarial, coins, counted)
    control = train(Nets.initial(given.replicas, width, "control", seed), points, 1 - labels)
    return _compact(
        unrelated_same_regions=agreement(teachers, teachers.roll()),
        random_right=correct(lucky, points, labels),
        random_same_regions=agreement(lucky, teachers),
        control_right=correct(control, points, labels),
        control_same_regions=agreement(control, teachers),
    )


def _compact(**values: Tensor) -> dict[str, np.ndarray]:
    """Counts as uint8, shares as float32: all a committed record needs."""
    return {
        name: value.numpy().astype(np.float32 if value.is_floating_point() else np.uint8)
        for name, value in values.items()
    }
