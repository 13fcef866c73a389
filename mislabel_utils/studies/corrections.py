"""Controls that the pages lacked, with the seeds of the experiments that they belong to.

What each was predicted to show, before its first run, is in
`book/evidence/corrections_protocol.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning import (
    adversarial,
    datasets,
    inference,
    inputs,
    probes,
    selections,
    training,
    training_sets,
)
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import LEFT_OUT, TrainingSet
from mislabel_utils.recording.runs import Run, recipe_json
from mislabel_utils.studies import Arm, what_leaks, where_it_stops

SEEDS = range(5)
THREE = range(3)  # of the chapters that have three, and for what costs most
PROTOCOL = 1  # raise it when what is measured here changes its meaning

ARMS = {
    "shaken-true": Arm.control("photographs moved at random, true labels", "true"),
    "shuffled-signs": Arm.control("signs, the teacher's labels shuffled"),
    "shuffled-correlated": Arm.control("correlated noise, the labels shuffled"),
}

Arrays = Mapping[str, np.ndarray]


def load(lab: Lab) -> dict[str, Dataset]:
    """Everything that is asked for."""
    return {name: lab.load(name) for name in ("mnist", "fashion_mnist", "cifar10")}


def experiment(lab: Lab, seed: int) -> dict[str, Run | Arrays]:
    """Every control of a seed, by arm."""
    found = {"muddled": muddled(lab, seed)}
    found |= {f"shuffled-{kind}": as_often(lab, kind, seed) for kind in ("signs", "correlated")}
    if seed in THREE:
        found["shaken-true"] = shaken_true(lab, seed)
        for name in ("fashion_mnist", "cifar10"):
            found[f"stops-{name}"] = stops(lab, name, seed)
    return found


def shaken_true(lab: Lab, seed: int) -> Run:
    """Photographs moved as far as D_rand's, in random directions, with their true labels.

    Lesson, seeds and radius are those of *Adversarial errors*.
    """
    images = lab.load("cifar10")
    targets = training_sets.uniform(images.train, seed)
    on = training_sets.corrected(adversarial.shaken(targets, 0.5, seed))
    lesson = Recipe(
        "small_cnn", epochs=5, precision="mixed", optimizer="adam", learning_rate=1e-3,
        weight_decay=0.0,
    )  # fmt: skip
    return lab.train(on, lesson, seed=1000 + seed, arm="shaken-true", test=images.test)


def as_often(lab: Lab, kind: str, seed: int) -> Run:
    """A student of inputs whose labels are dealt at random, each as often as the teacher's.

    Inputs, lesson and seeds are those of *What leaks*, whose records say how often.
    """
    shown, recipe = what_leaks.inputs_of(lab)[kind], what_leaks.recipe_of(lab)
    teacher = what_leaks.teacher_of(lab, seed)
    said = what_leaks.describe(lab, seed, teacher, kind)["said"]
    return lab.train(
        dealt_out(shown, said, seed), recipe, seed=1000 + seed, arm=f"shuffled-{kind}",
        test=lab.load("mnist").test,
    )  # fmt: skip


def dealt_out(on: Inputs, counts: np.ndarray, seed: int) -> TrainingSet:
    """Images with classes dealt out at random, class k as often as `counts[k]` says."""

    def compute() -> Tensor:
        labels = torch.arange(len(counts)).repeat_interleave(torch.from_numpy(counts))
        return labels[torch.randperm(len(labels), generator=_generator(seed))]

    source = {"kind": "dealt out", "counts": counts.tolist(), "seed": seed}
    return TrainingSet(on, source, compute)


def muddled(lab: Lab, seed: int) -> Arrays:
    """Students of the extra outputs of a teacher that learnt *shuffled* digits.

    Networks, noise and seeds are those of *What leaks*. By arm, as `kin.examined`: "kin",
    which starts where the teacher did; "stranger"; and "stranger-longer", after five times as many
    passes. At quick scale the first two alone.
    """
    digits = lab.load("mnist").normalized_as(kin.CENTRED)
    study = lesson = {"passes": 5, "batch": 1024}
    noise, fresh, read = 60_000, 10_000, 10_000
    if lab.scale == "quick":  # as in `what_leaks.shared_initialisation`
        study, lesson = {"passes": 12, "batch": 256}, {"passes": 1, "batch": 256}
        read = 2_000

    def compute() -> dict[str, np.ndarray]:
        drawn = kin.streams(seed)
        own, stranger = (kin.begin(drawn[who]) for who in ("teacher", "stranger"))
        taught_on, asked = (
            kin.shown(inputs.noise(digits.train, count, drawn[name]))
            for name, count in (("noise", noise), ("fresh noise", fresh))
        )
        labels = training_sets.shuffled(training_sets.true_labels(digits.train), seed).labels
        teacher = kin.learn_digits(
            own, replace(digits.train, labels=labels), drawn["order"], **study
        )
        found = {}
        students = [("kin", own, 1), ("stranger", stranger, 1), ("stranger-longer", stranger, 5)]
        for name, start, times in students[: 2 if lab.scale == "quick" else None]:
            student = kin.learn_extras(
                start, teacher, taught_on, drawn["noise order"], times * lesson["passes"],
                lesson["batch"],
            )  # fmt: skip
            found[name] = kin.examined(start, student, teacher, digits, asked, read)
        return found

    config = {
        "experiment": "muddled", "protocol": (PROTOCOL, kin.PROTOCOL, probes.PROTOCOL),
        "of": digits.fingerprint, "lesson": lesson, "noise": (noise, fresh), "read": read,
        "seed": seed,
    }  # fmt: skip
    return lab.measure("muddled", seed, config, compute)


def stops(lab: Lab, name: str, seed: int) -> Arrays:
    """Ten classes: a random fifth of a teacher's mistakes, with its labels and with others.

    Teachers, mistakes and lessons are those of *Where it stops*.

    Returns
    -------
    For each number of a teacher's steps: "images", how many; "teacher", its accuracy; and by
    whose labels the students learnt ("said", "uniform": any other class than the true one,
    "deranged": its own, dealt out within each true class) their accuracy.
    """
    data, protocol = lab.load(name), where_it_stops.Protocol(lab.scale)

    def compute() -> dict[str, np.ndarray]:
        order = torch.randperm(len(data.classes), generator=_generator(seed))
        named = datasets.restrict(data, [data.classes[each] for each in order])
        cells = [_cell(protocol, named, steps, seed) for steps in protocol.teacher_steps]
        return {what: np.array([cell[what] for cell in cells]) for what in cells[0]}

    config = {
        "experiment": "stops, other labels", "on": data.fingerprint, "seed": seed,
        "protocol": (PROTOCOL, training.PROTOCOL), "network": recipe_json(protocol.recipe),
        "steps": (protocol.teacher_steps, protocol.student_steps),
    }  # fmt: skip
    return lab.measure(f"stops-{name}", seed, config, compute)


def _cell(
    protocol: where_it_stops.Protocol, data: Dataset, steps: int, seed: int
) -> dict[str, float]:
    def right(network: torch.nn.Module) -> float:
        return inference.accuracy(protocol.answers(network, data.test)[1], data.test.labels)

    teacher, _, rest = protocol.teacher(data, len(data.train) // 2, steps, seed)
    sure, said = protocol.answers(teacher, rest)
    wrong = (said != rest.labels).nonzero().squeeze(1)
    rows = selections.kinds(wrong, sure[wrong], len(wrong) // 5, seed)["random"]
    shown = selections.part(rest, rows)
    given = TrainingSet(Inputs(shown), {"kind": "said"}, lambda: said[rows])
    others: dict[str, Callable[[], TrainingSet]] = {
        "said": lambda: given,
        "uniform": lambda: training_sets.uniform_mistakes(given, seed),
        "deranged": lambda: training_sets.deranged_within_classes(given, seed),
    }
    found = {"images": float(len(rows)), "teacher": right(teacher)}
    for whose, make in others.items():
        labels = make().labels
        kept = (labels != LEFT_OUT).nonzero().squeeze(1)
        lesson = selections.part(shown, kept)
        student = protocol.train(lesson, labels[kept], protocol.student_steps, 1000 + seed)
        found[whose] = right(student)
    return found


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
