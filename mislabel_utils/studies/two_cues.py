"""Two cues against each other: why images moved towards the next class teach the next class.

In D_rand an image says nothing of its label: the perturbation is all there is to learn. In D_det
two cues foretell the label t = y + 1, the perturbation (which aims at t) and the image itself
(which shows y). Which of the two does a student take, and what decides it? The protocol, with
what was predicted before the first run, is `book/evidence/two_cues_protocol.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning import adversarial, probes, training_sets
from mislabel_utils.learning.adversarial import Attack
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.inference import standardised
from mislabel_utils.learning.inputs import inputs_of
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm

SEEDS = range(20, 23)  # of no other chapter, so that every network is trained here
DATA = {"clothes": "fashion_mnist", "photographs": "cifar10"}
RADII = {
    "clothes": (0.25, 0.75, 1.5, 3.0, 5.0, 8.0, 12.0),
    "photographs": (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0),
}  # L2, of the whole image with pixels in [0, 1]
COUNT = 6_000  # images in each set; the same ones in all sets of a seed
ASKED = 2_000  # images of which it is asked what they show
FORESEEN = 500  # images that a prediction rests on

TEACHER = Recipe("small_cnn", epochs=8, augment=True, precision="mixed")
STUDENT = Recipe(
    "small_cnn", epochs=20, precision="mixed", optimizer="adam", learning_rate=1e-3,
    weight_decay=0.0,
)  # fmt: skip

PROTOCOL = 1  # raise it when what is measured here changes its meaning

# Of every data set; all but the first two also of every radius.
KINDS = {
    "good": Arm.teacher("teacher"),
    "next": Arm.control("unmoved, the next class"),
    "det": Arm.student("D_det"),
    "rand": Arm.student("D_rand"),
    "image": Arm.control("D_rand's images, the next class"),
    "grey": Arm.control("D_rand's perturbations on grey"),
}


def _arms() -> dict[str, Arm]:
    arms = {}
    for data, radii in RADII.items():
        for kind, arm in KINDS.items():
            for radius in (None,) if kind in ("good", "next") else radii:
                at = "" if radius is None else f", radius {radius:g}"
                arms[arm_name(data, kind, radius)] = arm._replace(name=f"{data}: {arm.name}{at}")
    return arms


def arm_name(data: str, kind: str, radius: float | None = None) -> str:
    """The name of an arm in the records."""
    return f"{data}-{kind}" + ("" if radius is None else f"-{radius:g}")


ARMS = _arms()


class Cell(NamedTuple):
    """One radius of one data set and seed."""

    data: str
    seed: int
    radius: float

    @property
    def attack(self) -> Attack:
        """Ten steps, each a fifth of the radius."""
        return Attack(self.radius, steps=10, step_size=self.radius / 5)


def load(lab: Lab) -> dict[str, Dataset]:
    """Clothes and photographs."""
    return {data: lab.load(name) for data, name in DATA.items()}


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    runs = {}
    for data in DATA:
        runs |= {arm_name(data, "good"): teacher(lab, data, seed)}
        foreseen(lab, data, seed)
        for radius in RADII[data]:
            runs |= turn(lab, Cell(data, seed, radius))
        for radius in RADII[data]:
            runs |= strength(lab, Cell(data, seed, radius))
    return runs


def teacher(lab: Lab, data: str, seed: int) -> Run:
    """The network that is attacked: eight passes over all images, with flips and shifts."""
    images = lab.load(DATA[data])
    return lab.train(
        images.train, TEACHER, seed=seed, arm=arm_name(data, "good"), test=images.test
    )  # fmt: skip


def targets(images: Split, seed: int, count: int) -> dict[str, TrainingSet]:
    """What the same images are moved towards: the next class ("det"), or a random one ("rand")."""
    each = {
        "det": training_sets.next_class(images),
        "rand": training_sets.uniform(images, seed),
    }
    return {kind: training_sets.subset(labels, count, seed) for kind, labels in each.items()}


def learn(lab: Lab, on: TrainingSet, cell: Cell, kind: str) -> Run:
    """A student, which starts from another seed than its teacher."""
    radius = None if kind == "next" else cell.radius
    return lab.train(
        on, STUDENT, seed=1000 + cell.seed, arm=arm_name(cell.data, kind, radius),
        test=lab.load(DATA[cell.data]).test,
    )  # fmt: skip


def turn(lab: Lab, cell: Cell, kinds: tuple[str, ...] = ("det", "rand")) -> dict[str, Run]:
    """The students of D_det and D_rand, what their images show, and which cue each reads."""
    images, by = lab.load(DATA[cell.data]), teacher(lab, cell.data, cell.seed)
    aims = targets(images.train, cell.seed, COUNT)
    runs = {}
    for kind in kinds:
        on = adversarial.adversarial(by, aims[kind], cell.attack)
        runs[kind] = learn(lab, on, cell, kind)
        if kind == "det":
            views(lab, cell, by)
            conflict(lab, cell, by, runs[kind])
    return {arm_name(cell.data, kind, cell.radius): run for kind, run in runs.items()}


def strength(lab: Lab, cell: Cell) -> dict[str, Run]:
    """Each cue by itself: the perturbation on grey, and the picture under random perturbations.

    How fast the perturbation is learnt among pictures that say nothing is the curve of D_rand's
    own student.
    """
    images, by = lab.load(DATA[cell.data]), teacher(lab, cell.data, cell.seed)
    aims = targets(images.train, cell.seed, COUNT)
    rand = adversarial.adversarial(by, aims["rand"], cell.attack)
    # The same images as D_rand's, under the labels that D_det gives them.
    picture = TrainingSet(rand.inputs, aims["det"].source, lambda: aims["det"].labels)
    sets = {"next": aims["det"], "image": picture, "grey": adversarial.on_grey(rand)}
    runs = {kind: learn(lab, on, cell, kind) for kind, on in sets.items()}
    return {
        arm_name(cell.data, kind, None if kind == "next" else cell.radius): run
        for kind, run in runs.items()
    }


def foreseen(lab: Lab, data: str, seed: int) -> dict[float, Mapping[str, np.ndarray]]:
    """What the teacher alone says, from which the place of the crossing is predicted.

    Returns
    -------
    By radius, of 500 images: "true" class, "next" class, and "target" drawn at random; what the
    teacher says of D_det's images ("det"), of D_rand's ("rand"), and of images that carry the
    perturbation of another image with the same random target ("dealt").
    """
    images, by = lab.load(DATA[data]).train, teacher(lab, data, seed)
    aims = targets(images, seed, FORESEEN)

    def compute(sets: dict[str, TrainingSet]) -> dict[str, np.ndarray]:
        kept = aims["det"].kept
        said = {kind: _said(by, on.images[kept], images) for kind, on in sets.items()}
        given = {
            "true": images.labels[kept],
            "next": aims["det"].labels[kept],
            "target": aims["rand"].labels[kept],
        }
        return {name: _bytes(each) for name, each in (said | given).items()}

    found = {}
    for radius in RADII[data]:
        attack = Cell(data, seed, radius).attack
        sets = {kind: adversarial.adversarial(by, each, attack) for kind, each in aims.items()}
        sets["dealt"] = adversarial.dealt(sets["rand"], seed)
        config = _config("foreseen", by, *sets.values())
        found[radius] = lab.measure(
            arm_name(data, "foreseen", radius), seed, config, lambda sets=sets: compute(sets)
        )
    return found


def views(lab: Lab, cell: Cell, by: Run) -> Mapping[str, np.ndarray]:
    """What D_det's images show, to three who look at 2,000 of them, drawn at random.

    Returns
    -------
    "true" class; what is said by their "teacher", by a "stranger", the teacher of another seed,
    and by the nearest unmoved images in pixels, of the rest of the set ("neighbours").
    """
    split = lab.load(DATA[cell.data]).train
    every = targets(split, cell.seed, COUNT)["det"]
    some = training_sets.subset(every, ASKED, cell.seed)
    moved = adversarial.adversarial(by, some, cell.attack)
    stranger = teacher(lab, cell.data, SEEDS[(SEEDS.index(cell.seed) + 1) % len(SEEDS)])

    def compute() -> dict[str, np.ndarray]:
        asked, others = some.kept, every.kept & ~some.kept
        here, there = (
            standardised(images, split.normalization).flatten(1)
            for images in (moved.images[asked], split.images[others])
        )
        said = {
            "true": split.labels[asked],
            "teacher": _said(by, moved.images[asked], split),
            "stranger": _said(stranger, moved.images[asked], split),
            "neighbours": probes.vote(here, there, split.labels[others]),
        }
        return {name: _bytes(each) for name, each in said.items()}

    config = _config("views", by, moved) | {"stranger": stranger.id, "of": every.source}
    return lab.measure(arm_name(cell.data, "views", cell.radius), cell.seed, config, compute)


def conflict(lab: Lab, cell: Cell, by: Run, student: Run) -> Mapping[str, np.ndarray]:
    """Test images of class a, moved towards b, which is neither a nor a + 1.

    Returns
    -------
    Of 2,000 images: "true" (a), "aim" (b), and what the "student" and the "teacher" answer.
    """
    test = lab.load(DATA[cell.data]).test
    aims = training_sets.subset(elsewhere(test, cell.seed), ASKED, cell.seed)
    moved = adversarial.adversarial(by, aims, cell.attack)

    def compute() -> dict[str, np.ndarray]:
        kept = aims.kept
        said = {
            "true": test.labels[kept],
            "aim": aims.labels[kept],
            "student": _said(student, moved.images[kept], test),
            "teacher": _said(by, moved.images[kept], test),
        }
        return {name: _bytes(each) for name, each in said.items()}

    config = _config("conflict", by, moved) | {"student": student.id}
    name = arm_name(cell.data, "conflict", cell.radius)
    return lab.measure(name, cell.seed, config, compute)


def elsewhere(on: Split, seed: int) -> TrainingSet:
    """Each image with a class drawn from those that are neither its own nor the next."""

    def compute() -> Tensor:
        classes, generator = len(on.classes), torch.Generator().manual_seed(seed)
        shift = torch.randint(2, classes, on.labels.shape, generator=generator)
        return (on.labels + shift) % classes

    return TrainingSet(inputs_of(on), {"kind": "neither own nor next", "seed": seed}, compute)


def _said(run: Run, images: Tensor, split: Split) -> Tensor:
    return run.outputs(images, split.normalization).argmax(1)


def _bytes(classes: Tensor) -> np.ndarray:
    return classes.numpy().astype(np.uint8)


def _config(what: str, by: Run, *sets: TrainingSet) -> dict[str, Any]:
    return {
        "experiment": what,
        "protocol": (PROTOCOL, adversarial.PROTOCOL),
        "run": by.id,
        "images": [on.inputs.name for on in sets],
        "labels": [on.source for on in sets],
        "data": sets[0].split.fingerprint,
        "counts": (ASKED, FORESEEN),
    }
