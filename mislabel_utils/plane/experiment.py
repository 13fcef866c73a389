"""The two-dimensional illustration as an experiment on many draws at once.

Source: Wallace, "Learning from Incorrectly Labeled Data", Distill 2019, the two-dimensional
illustration: 32 random points, random binary labels, a small network that fits them, L-inf
adversarial examples with epsilon 0.12, a student trained on those that changed the prediction.
What the source leaves open was fixed by looking at teachers alone, before any student was trained:
the networks (`networks`), their training (`networks.Recipe`: the cheapest that fits nearly all
problems at width 64), and the attack, 40 steps of epsilon / 10, enough to cross the ball twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning.attacks import LInf, pgd
from mislabel_utils.plane import networks
from mislabel_utils.plane.networks import Nets, Recipe, in_chunks, predict, regions, train

PROTOCOL = 1  # raise it when the code changes what a setting means: old records then count no more
ATTACK_STEPS = 40
BLOCK = 250  # draws in a record: what an interruption can lose
SIDE = 100  # cells of the unit square in each direction, in exhibits


@dataclass(frozen=True)
class Setting:
    """What the distribution depends on, apart from the draw."""

    width: int = 64  # hidden units in each of the two layers
    epsilon: float = 0.12  # radius of the L-inf ball, the unit square having side 1
    count: int = 32  # points in a problem
    flipped_only: bool = True  # or all are learnt: those that do not flip are plainly mislabelled


@dataclass(frozen=True)
class Lesson:
    """What the students are taught, and the students; row r of everything is one draw.

    Attributes
    ----------
    points, labels : float32 (R, n, 2) and int64 (R, n), the problems
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
    points, labels = networks.draw(replicas, count)
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
        fitted=networks.correct(given.teachers, given.points, given.labels),
        flipped=given.flipped.sum(1),
        right=networks.correct(given.students, given.points, given.labels),
        same_regions=agreement(regions(given.students), regions(given.teachers)),
    )


def baselines(given: Lesson) -> dict[str, np.ndarray]:
    """What a lesson is compared with, an array of shape (R,) each.

    unrelated: the teachers of two different draws; random: students that saw the same adversarial
    points with a coin's labels; control: students that saw the original points, unmoved, with
    flipped labels.
    """
    points, labels, seen = given.points, given.labels, regions(given.teachers)
    width, replicas, correct = given.setting.width, given.replicas, networks.correct
    coins = networks.random_labels(replicas, given.setting.count)
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
    """The outcome of a block of draws, see `extent`, trained now or read from the lab's records.

    With the `baselines` where it is to be `compared`.
    """
    start, draws = extent(lab, block)
    config = configuration("illustration", setting)
    config |= {"draws": [start, draws], "compared": compared}

    def compute() -> dict[str, np.ndarray]:
        given = lesson(setting, range(start, start + draws))
        return outcome(given) | (baselines(given) if compared else {})

    return lab.measure(arm, block, config, compute)


def exhibits(lab: Lab, draws: Sequence[int], radii: Sequence[float]) -> dict[str, np.ndarray]:
    """Some draws at some radii, each trained alone; trained now or read from the records.

    The arrays, for D draws, E radii and n points: points (D, n, 2), labels (D, n),
    moved (D, E, n, 2), flipped and right (D, E, n), teacher (D, SIDE, SIDE) and student
    (D, E, SIDE, SIDE), the classes in each cell of the square.
    """

    def trained() -> dict[str, np.ndarray]:
        found = []
        for draw in draws:
            alone = range(draw, draw + 1)
            given = [lesson(Setting(epsilon=radius), alone) for radius in radii]
            found.append(_known(given[0], 0) | _stacked([_taught(each, 0) for each in given]))
        return _stacked(found)

    config = configuration("exhibits")
    config |= {"draws": list(draws), "radii": list(radii), "side": SIDE}
    return lab.measure("exhibits", 0, config, trained)


def exhibit(lab: Lab, draw: int) -> dict[str, np.ndarray]:
    """A draw as it is counted: trained with its block, where it is the very same to the last bit.

    The arrays are those of `exhibits` without D and E.
    """
    block, row = divmod(draw, BLOCK)
    start, draws = extent(lab, block)

    def trained() -> dict[str, np.ndarray]:
        given = lesson(Setting(), range(start, start + draws))
        return _known(given, row) | _taught(given, row)

    config = configuration("exhibit")
    config |= {"draw": draw, "draws": [start, draws], "side": SIDE}
    return lab.measure("exhibit", block, config, trained)


def _known(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What is there before the attack."""
    seen = regions(given.teachers, SIDE)
    return compact(points=given.points[row], labels=given.labels[row], teacher=seen[row])


def _taught(given: Lesson, row: int) -> dict[str, np.ndarray]:
    """What the attack finds, and what the student makes of it."""
    right = predict(given.students, given.points) == given.labels
    seen = regions(given.students, SIDE)
    return compact(
        moved=given.adversarial[row], flipped=given.flipped[row], right=right[row],
        student=seen[row],
    )  # fmt: skip


def _stacked(each: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


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
