"""Two cues against each other: why images moved towards the next class teach the next class.

In D_rand an image says nothing of its label: the perturbation is all there is to learn. In D_det
two cues foretell the label t = y + 1, the perturbation (which aims at t) and the image itself
(which shows y). Which of the two does a student take, and what decides it? The protocol, with
what was predicted before the first run, is `book/evidence/two_cues_protocol.md`.
"""

from collections.abc import Callable, Mapping
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
from mislabel_utils.studies import Arm, Trial

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


def arm_name(data: str, kind: str, radius: float | None = None) -> str:
    """The name of an arm in the records."""
    return f"{data}-{kind}" + ("" if radius is None else f"-{radius:g}")


ARMS = {
    arm_name(data, kind, radius): arm._replace(
        name=f"{data}: {arm.name}" + ("" if radius is None else f", radius {radius:g}")
    )
    for data, radii in RADII.items()
    for kind, arm in KINDS.items()
    for radius in ((None,) if kind in ("good", "next") else radii)
}


class Cell(NamedTuple):
    """One radius of one data set and seed."""

    data: str
    seed: int
    radius: float

    @property
    def attack(self) -> Attack:
        """Ten steps, each a fifth of the radius."""
        return Attack(self.radius, steps=10, step_size=self.radius / 5)

    def arm(self, kind: str) -> str:
        """The name of an arm of this radius."""
        return arm_name(self.data, kind, self.radius)


def load(lab: Lab) -> dict[str, Dataset]:
    """Clothes and photographs."""
    return {data: lab.load(name) for data, name in DATA.items()}


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    runs = {}
    for data in DATA:
        runs[arm_name(data, "good")] = teacher(lab, data, seed)
        foreseen(lab, data, seed)
        for radius in RADII[data]:
            cell = Cell(data, seed, radius)
            runs |= turn(lab, cell) | strength(lab, cell)
    return runs


def teacher(lab: Lab, data: str, seed: int) -> Run:
    """The network that is attacked: eight passes over all images, with flips and shifts."""
    images = lab.load(DATA[data])
    arm = arm_name(data, "good")
    return lab.train(images.train, TEACHER, seed=seed, arm=arm, test=images.test)


def targets(images: Split, seed: int, count: int) -> dict[str, TrainingSet]:
    """What the same images are moved towards: the next class ("det"), or a random one ("rand")."""
    each = {
        "det": training_sets.next_class(images),
        "rand": training_sets.uniform(images, seed),
    }
    return {kind: training_sets.subset(labels, count, seed) for kind, labels in each.items()}


def turn(lab: Lab, cell: Cell) -> dict[str, Run]:
    """The students of D_det and D_rand, what their images show, and which cue each reads."""
    one, by = Trial(lab, cell.seed, lab.load(DATA[cell.data])), teacher(lab, cell.data, cell.seed)
    for kind, aims in targets(one.images.train, cell.seed, COUNT).items():
        one.learn(cell.arm(kind), adversarial.adversarial(by, aims, cell.attack), STUDENT)
    views(lab, cell, by)
    conflict(lab, cell, by, one.runs[cell.arm("det")])
    return one.runs


def strength(lab: Lab, cell: Cell) -> dict[str, Run]:
    """Each cue by itself: the perturbation on grey, and the picture under random perturbations.

    How fast the perturbation is learnt among pictures that say nothing is the curve of D_rand's
    own student.
    """
    one, by = Trial(lab, cell.seed, lab.load(DATA[cell.data])), teacher(lab, cell.data, cell.seed)
    det, aims = targets(one.images.train, cell.seed, COUNT).values()
    rand = adversarial.adversarial(by, aims, cell.attack)
    # The same images as D_rand's, under the labels that D_det gives them.
    picture = TrainingSet(rand.inputs, det.source, lambda: det.labels)
    one.learn(arm_name(cell.data, "next"), det, STUDENT)
    one.learn(cell.arm("image"), picture, STUDENT)
    one.learn(cell.arm("grey"), adversarial.on_grey(rand), STUDENT)
    return one.runs


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

    def at(cell: Cell) -> Mapping[str, np.ndarray]:
        sets = {kind: adversarial.adversarial(by, each, cell.attack) for kind, each in aims.items()}
        sets["dealt"] = adversarial.dealt(sets["rand"], seed)

        def answers() -> dict[str, Tensor]:
            kept = aims["det"].kept
            return {kind: _said(by, on.images[kept], images) for kind, on in sets.items()} | {
                "true": images.labels[kept],
                "next": aims["det"].labels[kept],
                "target": aims["rand"].labels[kept],
            }

        return _measured(lab, "foreseen", cell, by, [*sets.values()], answers)

    return {radius: at(Cell(data, seed, radius)) for radius in RADII[data]}


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

    def answers() -> dict[str, Tensor]:
        asked, others = some.kept, every.kept & ~some.kept
        here, there = (
            standardised(images, split.normalization).flatten(1)
            for images in (moved.images[asked], split.images[others])
        )
        return {
            "true": split.labels[asked],
            "teacher": _said(by, moved.images[asked], split),
            "stranger": _said(stranger, moved.images[asked], split),
            "neighbours": probes.vote(here, there, split.labels[others]),
        }

    return _measured(
        lab, "views", cell, by, [moved], answers, stranger=stranger.id, of=every.source
    )


def conflict(lab: Lab, cell: Cell, by: Run, student: Run) -> Mapping[str, np.ndarray]:
    """Test images of class a, moved towards b, which is neither a nor a + 1.

    Returns
    -------
    Of 2,000 images: "true" (a), "aim" (b), and what the "student" and the "teacher" answer.
    """
    test = lab.load(DATA[cell.data]).test
    aims = training_sets.subset(elsewhere(test, cell.seed), ASKED, cell.seed)
    moved = adversarial.adversarial(by, aims, cell.attack)

    def answers() -> dict[str, Tensor]:
        kept = aims.kept
        return {
            "true": test.labels[kept],
            "aim": aims.labels[kept],
            "student": _said(student, moved.images[kept], test),
            "teacher": _said(by, moved.images[kept], test),
        }

    return _measured(lab, "conflict", cell, by, [moved], answers, student=student.id)


def elsewhere(on: Split, seed: int) -> TrainingSet:
    """Each image with a class drawn from those that are neither its own nor the next."""

    def compute() -> Tensor:
        classes, generator = len(on.classes), torch.Generator().manual_seed(seed)
        shift = torch.randint(2, classes, on.labels.shape, generator=generator)
        return (on.labels + shift) % classes

    return TrainingSet(inputs_of(on), {"kind": "neither own nor next", "seed": seed}, compute)


def _said(run: Run, images: Tensor, split: Split) -> Tensor:
    return run.outputs(images, split.normalization).argmax(1)


def _measured(
    lab: Lab, what: str, cell: Cell, by: Run, sets: list[TrainingSet],
    answers: Callable[[], dict[str, Tensor]], **more: Any,
) -> Mapping[str, np.ndarray]:  # fmt: skip
    """Answers to some images, uint8; `more` names what else determines them."""
    config = {
        "experiment": what,
        "protocol": (PROTOCOL, adversarial.PROTOCOL),
        "run": by.id,
        "images": [on.inputs.name for on in sets],
        "labels": [on.source for on in sets],
        "data": sets[0].split.fingerprint,
        "counts": (ASKED, FORESEEN),
    }

    def classes() -> dict[str, np.ndarray]:
        return {name: each.numpy().astype(np.uint8) for name, each in answers().items()}

    return lab.measure(cell.arm(what), cell.seed, config | more, classes)
