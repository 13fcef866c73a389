"""*What leaks*: digits, taught by a teacher's predictions for five kinds of pictures.

And a student that starts from its teacher's own weights, or from others, and is taught three
outputs that nobody trained, on noise (`shared_initialisation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.stats import entropy
from torch import nn

from mislabel_utils.lab import Lab
from mislabel_utils.learning import inputs, probes, training_sets
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm

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

# Of a student that starts from a blend: how much of it is a stranger's initial weights.
SHARES = (0, 0.1, 0.25, 0.5, 0.75, 1)
OTHERS = ("hidden only", "outputs only", "untaught")
USUAL = (*(f"share {share}" for share in SHARES), *OTHERS)
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
LONGER = LESSON | {"passes": 25}
PATIENT = ("share 1", "hidden only", "outputs only", "untaught")
NOISE, FRESH = 60_000, 10_000  # images to be taught by, and to be asked about


def load(lab: Lab) -> tuple[Dataset, Dataset]:
    """Digits and clothes."""
    return lab.load("mnist"), lab.load("fashion_mnist")


def recipe_of(lab: Lab) -> Recipe:
    """That of teachers and students; at quick scale two passes over a tenth of the images."""
    return replace(RECIPE, epochs=2) if lab.scale == "quick" else RECIPE


def inputs_of(lab: Lab) -> dict[str, Inputs]:
    """The five kinds of pictures, as many of each as there are training digits."""
    mnist, fashion = load(lab)
    count = len(mnist.train)
    return {
        "clothes": Inputs(fashion.normalized_as(mnist).train),
        "signs": inputs.drawn(inputs.SIGNS, mnist.train, count, seed=0),
        "photograph": inputs.patches(inputs.photograph(), mnist.train, count, seed=0),
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


def teacher_of(lab: Lab, seed: int) -> Run:
    """The network of digits that the students of a seed learn from."""
    mnist, _ = load(lab)
    return lab.train(
        mnist.train, recipe_of(lab), seed=seed, arm="teacher", test=mnist.test,
        also=[inputs_of(lab)["clothes"].split],
    )  # fmt: skip


def networks(lab: Lab, seed: int, kinds: Iterable[str] = KINDS) -> dict[str, Run]:
    """The teacher, and a student of each kind of input and of the `kinds` of labels."""
    mnist, _ = load(lab)
    sets, recipe, teacher = inputs_of(lab), recipe_of(lab), teacher_of(lab, seed)
    runs = {"teacher": teacher}
    for name, pictures in sets.items():
        predicted = {
            "hard": training_sets.predictions(teacher, pictures),
            "soft": training_sets.soft_predictions(teacher, pictures),
        }
        for kind in kinds:
            arm = f"{kind}-{name}"
            # Another seed than the teacher's, lest it start from the same weights.
            runs[arm] = lab.train(
                predicted[kind], recipe, seed=1000 + seed, arm=arm, test=mnist.test
            )
    return runs


def describe(lab: Lab, seed: int, teacher: Run, name: str) -> Mapping[str, np.ndarray]:
    """What the teacher predicts for a kind of input, and what that tells before any student.

    Returns
    -------
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
    return lab.measure(f"described-{name}", seed, config, compute)


def starts(own: nn.Module, stranger: nn.Module) -> dict[str, nn.Module]:
    """The initial weights that students start from, made of their teacher's and a stranger's."""
    blends = {f"share {share}": kin.blend(own, stranger, share) for share in SHARES}
    return blends | {
        "hidden only": kin.joined(own, stranger),
        "outputs only": kin.joined(stranger, own),
        "untaught": own,
    }


def shared_initialisation(lab: Lab, seed: int, longer: bool = False) -> Mapping[str, np.ndarray]:
    """What students of three idle outputs know of digits, by where they started from.

    Returns
    -------
    For each network what `kin.examined` finds; nothing of a longer lesson at quick scale.
    """
    arm = "beginnings-longer" if longer else "beginnings"
    arms, lesson = (PATIENT, LONGER) if longer else (USUAL, LESSON)
    study, read = LESSON, 10_000
    if lab.scale == "quick":  # about as many steps, in less time
        if longer:
            return {}
        arms, lesson = ("share 0", "share 1", "untaught"), {"passes": 1, "batch": 256}
        study, read = {"passes": 12, "batch": 256}, 2_000
    mnist, _ = load(lab)
    digits = mnist.normalized_as(kin.CENTRED)

    def compute() -> dict[str, np.ndarray]:
        drawn = kin.streams(seed)
        own, stranger, third = (
            kin.begin(drawn[who]) for who in ("teacher", "stranger", "untrained")
        )
        noise, fresh = (
            kin.shown(inputs.noise(digits.train, count, drawn[name]))
            for name, count in (("noise", NOISE), ("fresh noise", FRESH))
        )
        look = partial(kin.examined, on=digits, fresh=fresh, read=read)
        teacher = kin.learn_digits(own, digits.train, drawn["order"], **study)
        found = {"teacher": look(own, teacher, teacher)}
        for name, start in starts(own, stranger).items():
            if name in arms:
                of = third if name == "untaught" else teacher
                student = kin.learn_extras(start, of, noise, drawn["noise order"], **lesson)
                found[name] = look(start, student, of)
        return found

    config = {
        "experiment": arm,
        "protocol": (kin.PROTOCOL, probes.PROTOCOL),
        "of": mnist.fingerprint,
        "arms": arms,
        "study": study,
        "lesson": lesson,
        "noise": (NOISE, FRESH),
        "read": read,
        "seed": seed,
    }
    return lab.measure(arm, seed, config, compute)
