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
from functools import cached_property, lru_cache, partial
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
    taught : bool (R, n), the attacked points that the student sees, with flipped labels
    """

    setting: Setting
    replicas: range
    points: Tensor
    labels: Tensor
    teachers: Nets
    adversarial: Tensor
    flipped: Tensor
    taught: Tensor

    def learners(
        self, who: str, points: Tensor, labels: Tensor, counted: Tensor | None = None
    ) -> Nets:
        """Fresh networks, see `networks.STREAMS`, that have learnt points (R, n, 2)."""
        return train(Nets.initial(self.replicas, self.setting.width, who), points, labels, counted)

    @cached_property
    def students(self) -> Nets:
        return self.learners("student", self.adversarial, 1 - self.labels, self.taught)

    @cached_property
    def regions(self) -> Tensor:
        """Those of the teachers."""
        return regions(self.teachers)

    def judged(self, nets: Nets, who: str = "") -> dict[str, Tensor]:
        """Points that networks get right, and the area where they agree with the teachers."""
        return {
            f"{who}right": networks.correct(nets, self.points, self.labels),
            f"{who}same_regions": agreement(regions(nets), self.regions),
        }


def attack(teachers: Nets, points: Tensor, labels: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """Adversarial points, float32 (R, n, 2), and which of them flip the teacher, bool (R, n).

    A point that the teacher gets wrong to begin with cannot be flipped to wrong.
    """
    search = partial(pgd, norm=LInf(epsilon), steps=ATTACK_STEPS, step_size=epsilon / 10)
    adversarial, wrong = in_chunks(search, teachers, points, labels)
    return adversarial, wrong & (predict(teachers, points) == labels)


@lru_cache(maxsize=1)
def _teachers(replicas: range, count: int, width: int) -> tuple[Tensor, Tensor, Nets]:
    """Problems and teachers; kept, since a sweep over epsilon attacks the same ones again."""
    points, labels = networks.draw(replicas, count)
    return points, labels, train(Nets.initial(replicas, width, "teacher"), points, labels)


def lesson(setting: Setting, replicas: range) -> Lesson:
    """Draw the problems, train the teachers, attack them; students are trained when asked for."""
    points, labels, teachers = _teachers(replicas, setting.count, setting.width)
    adversarial, flipped = attack(teachers, points, labels, setting.epsilon)
    taught = flipped if setting.flipped_only else torch.ones_like(flipped)
    return Lesson(setting, replicas, points, labels, teachers, adversarial, flipped, taught)


def agreement(first: Tensor, second: Tensor) -> Tensor:
    """Share of the unit square where two `regions` (R, side, side) agree, float32 (R,)."""
    return (first == second).float().mean((1, 2))


def outcome(given: Lesson) -> dict[str, np.ndarray]:
    """The numbers of a lesson, an array of shape (R,) each.

    fitted: points the teacher gets right; flipped: points with an adversarial example;
    right: points the student gets right (the published 23); same_regions: area where student and
    teacher agree.
    """
    fitted = networks.correct(given.teachers, given.points, given.labels)
    return compact(fitted=fitted, flipped=given.flipped.sum(1), **given.judged(given.students))


def baselines(given: Lesson) -> dict[str, np.ndarray]:
    """What a lesson is compared with, an array of shape (R,) each.

    unrelated: the teachers of two different draws; random: students that saw the same adversarial
    points with a coin's labels; control: students that saw the original points, unmoved, with
    flipped labels.
    """
    coins = networks.random_labels(given.replicas, given.setting.count)
    random = given.learners("random student", given.adversarial, coins, given.taught)
    control = given.learners("control", given.points, 1 - given.labels)
    return compact(
        unrelated_same_regions=agreement(given.regions, given.regions.roll(-1, 0)),
        **given.judged(random, "random_"), **given.judged(control, "control_"),
    )  # fmt: skip


def draws_of(lab: Lab, block: int) -> range:
    """The draws of a block: `BLOCK` of them; at quick scale the first tenth."""
    return range(block * BLOCK, block * BLOCK + (BLOCK // 10 if lab.scale == "quick" else BLOCK))


def measure(
    lab: Lab, arm: str, setting: Setting, block: int, compared: bool = False
) -> Mapping[str, np.ndarray]:
    """The outcome of a block of draws, see `draws_of`, trained now or read from the lab's records.

    With the `baselines` where it is to be `compared`.
    """
    rows = draws_of(lab, block)

    def compute() -> dict[str, np.ndarray]:
        given = lesson(setting, rows)
        return outcome(given) | (baselines(given) if compared else {})

    config = configuration(
        "illustration", setting, draws=[rows.start, len(rows)], compared=compared
    )
    return lab.measure(arm, block, config, compute)


def exhibits(lab: Lab, draws: Sequence[int], radii: Sequence[float]) -> dict[str, np.ndarray]:
    """Some draws at some radii, each trained alone; trained now or read from the records.

    The arrays, for D draws, E radii and n points: points (D, n, 2), labels (D, n),
    moved (D, E, n, 2), flipped and right (D, E, n), teacher (D, SIDE, SIDE) and student
    (D, E, SIDE, SIDE), the classes in each cell of the square.
    """

    def compute() -> dict[str, np.ndarray]:
        every = [
            [_shown(lesson(Setting(epsilon=radius), range(draw, draw + 1)), 0) for radius in radii]
            for draw in draws
        ]
        found = {name: np.array([[one[name] for one in row] for row in every])
                 for name in every[0][0]}  # fmt: skip
        return found | {name: found[name][:, 0] for name in ("points", "labels", "teacher")}

    config = configuration("exhibits", draws=list(draws), radii=list(radii), side=SIDE)
    return lab.measure("exhibits", 0, config, compute)


def exhibit(lab: Lab, draw: int) -> dict[str, np.ndarray]:
    """A draw as it is counted: trained with its block, where it is the very same to the last bit.

    The arrays are those of `exhibits` without D and E.
    """
    block, row = divmod(draw, BLOCK)
    rows = draws_of(lab, block)
    config = configuration("exhibit", draw=draw, draws=[rows.start, len(rows)], side=SIDE)
    return lab.measure("exhibit", block, config, lambda: _shown(lesson(Setting(), rows), row))


def _shown(given: Lesson, row: int) -> dict[str, np.ndarray]:
    right = predict(given.students, given.points) == given.labels
    every = {
        "points": given.points, "labels": given.labels, "teacher": regions(given.teachers, SIDE),
        "moved": given.adversarial, "flipped": given.flipped, "right": right,
        "student": regions(given.students, SIDE),
    }  # fmt: skip
    return compact(**{name: values[row] for name, values in every.items()})


def configuration(name: str, setting: Setting = Setting(), **more: Any) -> dict[str, Any]:
    """What determines an experiment in the plane, as JSON; `more` says which draws it has."""
    return {
        "protocol": PROTOCOL,
        "experiment": name,
        "setting": asdict(setting),
        "recipe": asdict(Recipe()),
        "attack_steps": ATTACK_STEPS,
        **more,
    }


def compact(**values: Tensor) -> dict[str, np.ndarray]:
    """Counts and classes as uint8: all that a committed record needs."""
    arrays = {name: value.numpy() for name, value in values.items()}
    return {n: a.astype(np.uint8) if a.dtype == np.int64 else a for n, a in arrays.items()}
