"""*What leaks*: digits, taught by a teacher's predictions for five kinds of pictures.

And a student that starts from its teacher's own weights, or from others, and is taught three
outputs that nobody trained, on noise (`shared_initialisation`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.stats import entropy
from torch import Tensor, nn

from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets, inputs, probes, training_sets
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import Dataset, Split
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, Trial, at_scale

SEEDS = range(5)
RECIPE = Recipe("small_cnn", epochs=1, precision="mixed")
INPUTS = {
    "clothes": "clothes",
    "signs": "signs",
    "photograph": "patches of a photograph",
    "correlated": "correlated noise",
    "uniform": "uniform noise",
}
KINDS = {"hard": "first choice", "soft": "all probabilities"}
ARMS = {"teacher": Arm.teacher("teacher")} | {
    f"{kind}-{name}": Arm.student(f"{words}, {kept}")
    for kind, kept in KINDS.items()
    for name, words in INPUTS.items()
}
SHUFFLED = {  # those of the book are recorded as `corrections`
    "shuffled-signs": Arm.control("signs, the teacher's labels shuffled"),
    "shuffled-correlated": Arm.control("correlated noise, the labels shuffled"),
}
ARMS |= SHUFFLED

# Of a student that starts from a blend: how much of it is a stranger's initial weights.
SHARES = (0, 0.1, 0.25, 0.5, 0.75, 1)
STARTS = {
    "share 0": "its teacher's",
    "share 0.1": "a tenth a stranger's",
    "share 0.25": "a quarter a stranger's",
    "share 0.5": "half a stranger's",
    "share 0.75": "three quarters a stranger's",
    "share 1": "a stranger's",
    "hidden only": "hidden layers of its teacher",
    "outputs only": "output layer of its teacher",
    "untaught": "its teacher's, untrained teacher",
}
LESSON = {"passes": 5, "batch": 1024}
PATIENT = ("share 1", "hidden only", "outputs only", "untaught")
NOISE, FRESH = 60_000, 10_000  # images to be taught by, and to be asked about
MUDDLED = 1  # raise it when `muddled` changes what it measures


def load(lab: Lab) -> tuple[Dataset, Dataset]:
    """Digits and clothes."""
    return lab.load("mnist"), lab.load("fashion_mnist")


def recipe_of(lab: Lab) -> Recipe:
    """That of teachers and students; at quick scale two passes over a tenth of the images."""
    return at_scale(lab, RECIPE, epochs=2)


def inputs_of(lab: Lab) -> dict[str, Inputs]:
    """The five kinds of pictures, as many of each as there are training digits."""
    mnist, fashion = load(lab)
    count = len(mnist.train)
    return {
        "clothes": Inputs(fashion.normalized_as(mnist).train),
        "signs": inputs.drawn(inputs.SIGNS, mnist.train, count, seed=0),
        "photograph": inputs.patches(mnist.train, count, seed=0),
        "correlated": inputs.noise(mnist.train, count, 0, "correlated"),
        "uniform": inputs.noise(mnist.train, count, 0, "uniform"),
    }


def experiment(lab: Lab, seed: int) -> dict[str, Any]:
    """Every network of a seed, by arm, and what is measured of inputs and initialisations."""
    runs = networks(lab, seed)
    described = {name: describe(lab, seed, runs["teacher"], name) for name in INPUTS}
    return runs | described | {
        "beginnings": shared_initialisation(lab, seed),
        "longer": shared_initialisation(lab, seed, longer=True),
    }  # fmt: skip


def networks(lab: Lab, seed: int, kinds: Iterable[str] = KINDS) -> dict[str, Run]:
    """The teacher, a student of each kind of input and of the `kinds` of labels, and two controls.

    Those learn shuffled labels, each as often as the teacher predicts it.
    """
    one, recipe, every = Trial(lab, seed, lab.load("mnist")), recipe_of(lab), inputs_of(lab)
    clothes = every["clothes"].split
    teacher = one.train("teacher", one.images.train, recipe, seed, [clothes])
    labels = {"hard": training_sets.predictions, "soft": training_sets.soft_predictions}
    for name, pictures in every.items():
        for kind in kinds:
            one.learn(f"{kind}-{name}", labels[kind](teacher, pictures), recipe)
        if f"shuffled-{name}" in SHUFFLED:
            counts = describe(lab, seed, teacher, name)["said"].tolist()
            dealt = training_sets.dealt_out(pictures, counts, seed)
            one.learn(f"shuffled-{name}", dealt, recipe)
    return one.runs


def describe(lab: Lab, seed: int, teacher: Run, name: str) -> Mapping[str, np.ndarray]:
    """What the teacher predicts for a kind of input, and what that tells before any student.

    "said", how often it predicts each digit; "undecided", the mean entropy of its probabilities in
    bits; "distance", how far its features are from those of its training images.
    """
    pictures, home = inputs_of(lab)[name], Inputs(load(lab)[0].train)

    def compute() -> dict[str, np.ndarray]:
        soft = training_sets.soft_predictions(teacher, pictures).labels
        return {
            "said": torch.bincount(soft.argmax(1), minlength=10).numpy(),
            "undecided": np.array(entropy(soft.double().numpy(), base=2, axis=1).mean()),
            "distance": np.array(probes.feature_distance(teacher, pictures, home)),
        }

    config = {
        "experiment": "described",
        "protocol": probes.PROTOCOL,
        "run": teacher.id,
        "on": pictures.name,
    }
    # Of other pictures the teacher's own run says which copy; of clothes the records say nothing.
    if name == "clothes":
        ours, these = datasets.load("fashion_mnist", "recorded"), pictures.split
        config |= {"of": these.fingerprint} if these.fingerprint != ours.fingerprint else {}
    return lab.measure(f"described-{name}", seed, config, compute)


class Family:
    """A teacher of three idle outputs, and students that match them on noise, of one seed.

    `lesson` has the passes of a student and its batches, `read` how many digits a readout is fitted
    to; `own`, `stranger` and `third` are initial weights, the teacher's and others.
    """

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab, self.seed = lab, seed
        self.quick = lab.scale == "quick"  # then about as many steps, in less time
        self.study = {"passes": 12, "batch": 256} if self.quick else LESSON
        self.lesson = {"passes": 1, "batch": 256} if self.quick else LESSON
        self.longer = self.lesson | {"passes": 5 * self.lesson["passes"]}
        self.read = 1_000 if self.quick else 10_000
        self.digits = lab.load("mnist").normalized_as(kin.CENTRED)
        self.drawn = kin.streams(seed)
        self.own, self.stranger, self.third = (
            kin.begin(self.drawn[who]) for who in ("teacher", "stranger", "untrained")
        )

    @cached_property
    def noise(self) -> list[Tensor]:
        """Images to be taught by, and others to be asked about."""
        return [
            kin.shown(inputs.noise(self.digits.train, count, self.drawn[name]))
            for name, count in (("noise", NOISE), ("fresh noise", FRESH))
        ]

    def teacher(self, on: Split) -> nn.Module:
        """The network of digits, or of what else `on` has for labels."""
        seen, order = kin.shown(on), self.drawn["order"]
        return kin.learn(self.own, seen, on.labels, kin.NAMED, order, **self.study)

    def student(self, start: nn.Module, of: nn.Module, lesson: dict[str, int]) -> np.ndarray:
        """What a student of a network's idle outputs knows, see `kin.examined`."""
        seen, order = self.noise[0], self.drawn["noise order"]
        said = kin.idle(of, seen).softmax(1)
        learnt = kin.learn(start, seen, said, kin.IDLE, order, **lesson)
        return self.examined(start, learnt, of)

    def examined(self, start: nn.Module, learnt: nn.Module, of: nn.Module) -> np.ndarray:
        return kin.examined(start, learnt, of, self.digits, self.noise[1], self.read)

    def measured(
        self, arm: str, compute: Callable[[], dict[str, np.ndarray]], **more: Any
    ) -> Mapping[str, np.ndarray]:
        """By network, as `kin.examined`, what is computed; `more` says what else determines it."""
        config = {
            "experiment": arm, "seed": self.seed, "noise": (NOISE, FRESH), "read": self.read,
        }  # fmt: skip
        return self.lab.measure(arm, self.seed, config | more, compute)


def shared_initialisation(lab: Lab, seed: int, longer: bool = False) -> Mapping[str, np.ndarray]:
    """What students of three idle outputs know of digits, by where they started from.

    For each network what `kin.examined` finds; nothing of a longer lesson at quick scale.
    """
    one = Family(lab, seed)
    arms, lesson = (PATIENT, one.longer) if longer else (tuple(STARTS), one.lesson)
    if one.quick:
        if longer:
            return {}
        arms = ("share 0", "share 1", "untaught")

    def compute() -> dict[str, np.ndarray]:
        own, stranger, teacher = one.own, one.stranger, one.teacher(one.digits.train)
        starts = {f"share {share}": kin.blend(own, stranger, share) for share in SHARES} | {
            "hidden only": kin.joined(own, stranger),
            "outputs only": kin.joined(stranger, own),
            "untaught": own,
        }
        return {"teacher": one.examined(own, teacher, teacher)} | {
            name: one.student(starts[name], one.third if name == "untaught" else teacher, lesson)
            for name in arms
        }

    return one.measured(
        "beginnings-longer" if longer else "beginnings", compute, arms=arms, study=one.study,
        lesson=lesson, of=one.digits.fingerprint, protocol=(kin.PROTOCOL, probes.PROTOCOL),
    )  # fmt: skip


def muddled(lab: Lab, seed: int) -> Mapping[str, np.ndarray]:
    """Students of the extra outputs of a teacher that learnt *shuffled* digits.

    By arm, as `kin.examined`: "kin", which starts where the teacher did; "stranger"; and
    "stranger-longer", after five times as many passes. At quick scale the first two alone.
    """
    one = Family(lab, seed)
    train = one.digits.train

    def compute() -> dict[str, np.ndarray]:
        labels = training_sets.shuffled(training_sets.true_labels(train), seed).labels
        teacher = one.teacher(replace(train, labels=labels))
        found = {
            "kin": one.student(one.own, teacher, one.lesson),
            "stranger": one.student(one.stranger, teacher, one.lesson),
        }
        if not one.quick:
            found["stranger-longer"] = one.student(one.stranger, teacher, one.longer)
        return found

    return one.measured(
        "muddled", compute, lesson=one.lesson, of=train.fingerprint,
        protocol=(MUDDLED, kin.PROTOCOL, probes.PROTOCOL),
    )  # fmt: skip
