"""Two cues against each other: why images moved towards the next class teach the next class.

In D_rand an image says nothing of its label: the perturbation is all there is to learn. In D_det
two cues foretell the label t = y + 1, the perturbation (which aims at t) and the image itself
(which shows y). Which of the two does a student take, and what decides it? The protocol, with
what was predicted before the first run, is `book/evidence/two_cues_protocol.md`.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

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


def load(lab: Lab) -> dict[str, Dataset]:
    """Clothes and photographs."""
    return {data: lab.load(name) for data, name in DATA.items()}


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm."""
    every = [Cues(lab, data, seed) for data in DATA]
    for one in every:
        for radius in RADII[one.data]:
            for part in (one.foreseen, one.students, one.views, one.conflict):
                part(radius)
    return {one.prefix + arm: run for one in every for arm, run in one.runs.items()}


class Cues(Trial):
    """One data set and seed: its teacher, what is moved for it, and who learns from that."""

    def __init__(self, lab: Lab, data: str, seed: int) -> None:
        super().__init__(lab, seed, lab.load(DATA[data]), prefix=f"{data}-")
        self.data = data

    @cached_property
    def teacher(self) -> Run:
        """The network that is attacked: eight passes over all images, with flips and shifts."""
        return self.train("good", self.images.train, TEACHER, self.seed)

    def moved(self, aims: TrainingSet, radius: float, **changes: Any) -> TrainingSet:
        """Images moved for the teacher in ten steps, each a fifth of the radius, or with changes
        of the attack."""
        attack = {"epsilon": radius, "steps": 10, "step_size": radius / 5} | changes
        return adversarial.adversarial(self.teacher, aims, Attack(**attack))

    def students(self, radius: float) -> None:
        """Those of D_det and D_rand, and of each cue by itself: the perturbation on grey, and the
        picture, unmoved and under random perturbations.

        How fast the perturbation is learnt among pictures that say nothing is the curve of D_rand's
        own student.
        """
        det, rand = targets(self.images.train, self.seed, COUNT).values()
        moved = self.moved(rand, radius)
        for kind, on in {
            "det": self.moved(det, radius),
            "rand": moved,
            "image": TrainingSet(moved.inputs, det.source, lambda: det.labels),
            "grey": adversarial.on_grey(moved),
        }.items():
            self.learn(f"{kind}-{radius:g}", on, STUDENT)
        self.learn("next", det, STUDENT)

    def foreseen(self, radius: float) -> Mapping[str, np.ndarray]:
        """What the teacher alone says, from which the place of the crossing is predicted.

        Returns
        -------
        Of 500 images: "true" class, "next" class, and "target" drawn at random; what the teacher
        says of D_det's images ("det"), of D_rand's ("rand"), and of images that carry the
        perturbation of another image with the same random target ("dealt").
        """
        aims = targets(self.images.train, self.seed, FORESEEN)
        sets = {kind: self.moved(each, radius) for kind, each in aims.items()}
        sets["dealt"] = adversarial.dealt(sets["rand"], self.seed)
        said = {kind: (self.teacher, on) for kind, on in sets.items()}
        known = {"next": aims["det"], "target": aims["rand"]}
        return self._asked("foreseen", radius, aims["det"], said, known)

    def views(self, radius: float) -> Mapping[str, np.ndarray]:
        """What D_det's images show, to three who look at 2,000 of them, drawn at random.

        Returns
        -------
        "true" class; what is said by their "teacher", by a "stranger", the teacher of another seed,
        and by the nearest unmoved images in pixels, of the rest of the set ("neighbours").
        """
        split, other = self.images.train, SEEDS[(SEEDS.index(self.seed) + 1) % len(SEEDS)]
        every = targets(split, self.seed, COUNT)["det"]
        some = training_sets.subset(every, ASKED, self.seed)
        moved, stranger = self.moved(some, radius), Cues(self.lab, self.data, other).teacher

        def neighbours() -> dict[str, Tensor]:
            others = every.kept & ~some.kept
            here, there = (
                standardised(images, split.normalization).flatten(1)
                for images in (moved.images[some.kept], split.images[others])
            )
            return {"neighbours": probes.vote(here, there, split.labels[others])}

        said = {"teacher": (self.teacher, moved), "stranger": (stranger, moved)}
        more = {"stranger": stranger.id, "of": every.source}
        return self._asked("views", radius, some, said, {}, neighbours, **more)

    def conflict(self, radius: float) -> Mapping[str, np.ndarray]:
        """Test images of class a, moved towards b, which is neither a nor a + 1.

        Returns
        -------
        Of 2,000 images: "true" (a), "aim" (b), and what the "student" and the "teacher" answer.
        """
        aims = training_sets.subset(elsewhere(self.images.test, self.seed), ASKED, self.seed)
        moved, student = self.moved(aims, radius), self.runs[f"det-{radius:g}"]
        said = {"student": (student, moved), "teacher": (self.teacher, moved)}
        return self._asked("conflict", radius, aims, said, {"aim": aims}, student=student.id)

    def _asked(
        self, what: str, radius: float, aims: TrainingSet,
        said: Mapping[str, tuple[Run, TrainingSet]], known: Mapping[str, TrainingSet],
        also: Callable[[], dict[str, Tensor]] = dict, **more: Any,
    ) -> Mapping[str, np.ndarray]:  # fmt: skip
        """Of the images of `aims` classes, uint8: "true", what is `known`, what networks say of
        moved ones, and `also` others; `more` names what else determines them."""
        split, sets = aims.split, list(dict.fromkeys(on for _, on in said.values()))
        config = {
            "experiment": what,
            "protocol": (PROTOCOL, adversarial.PROTOCOL),
            "run": self.teacher.id,
            "images": [on.inputs.name for on in sets],
            "labels": [on.source for on in sets],
            "data": split.fingerprint,
            "counts": (ASKED, FORESEEN),
        }

        def classes() -> dict[str, np.ndarray]:
            kept, found = aims.kept, {"true": split.labels[aims.kept]} | also()
            found |= {name: on.labels[kept] for name, on in known.items()}
            for name, (run, on) in said.items():
                found[name] = run.outputs(on.images[kept], split.normalization).argmax(1)
            return {name: each.numpy().astype(np.uint8) for name, each in found.items()}

        arm = arm_name(self.data, what, radius)
        return self.lab.measure(arm, self.seed, config | more, classes)


def targets(images: Split, seed: int, count: int) -> dict[str, TrainingSet]:
    """What the same images are moved towards: the next class ("det"), or a random one ("rand")."""
    each = {
        "det": training_sets.next_class(images),
        "rand": training_sets.uniform(images, seed),
    }
    return {kind: training_sets.subset(labels, count, seed) for kind, labels in each.items()}


def elsewhere(on: Split, seed: int) -> TrainingSet:
    """Each image with a class drawn from those that are neither its own nor the next."""

    def compute() -> Tensor:
        classes, generator = len(on.classes), torch.Generator().manual_seed(seed)
        shift = torch.randint(2, classes, on.labels.shape, generator=generator)
        return (on.labels + shift) % classes

    return TrainingSet(inputs_of(on), {"kind": "neither own nor next", "seed": seed}, compute)
