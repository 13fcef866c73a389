"""Controls that the pages lacked, with the seeds of the experiments that they belong to.

What each was predicted to show, before its first run, is in
`book/evidence/corrections_protocol.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.lab import Lab
from mislabel_utils.learning import (
    adversarial,
    inference,
    probes,
    selections,
    training,
    training_sets,
)
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run, recipe_json
from mislabel_utils.studies import Arm, Trial, adversarial_errors, what_leaks, where_it_stops

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
    one = Trial(lab, seed, lab.load("cifar10"))
    aims = training_sets.uniform(one.images.train, seed)
    shaken = adversarial.shaken(aims, adversarial_errors.EPSILON, seed)
    lesson = replace(adversarial_errors.LESSON, epochs=5)
    return one.learn("shaken-true", training_sets.corrected(shaken), lesson)


def as_often(lab: Lab, kind: str, seed: int) -> Run:
    """A student of inputs whose labels are dealt at random, each as often as the teacher's.

    Inputs, lesson and seeds are those of *What leaks*, whose records say how often.
    """
    teacher = what_leaks.teacher_of(lab, seed)
    counts = what_leaks.describe(lab, seed, teacher, kind)["said"]
    on = dealt_out(what_leaks.inputs_of(lab)[kind], counts, seed)
    one = Trial(lab, seed, lab.load("mnist"))
    return one.learn(f"shuffled-{kind}", on, what_leaks.recipe_of(lab))


def dealt_out(on: Inputs, counts: np.ndarray, seed: int) -> TrainingSet:
    """Images with classes dealt out at random, class k as often as `counts[k]` says."""

    def compute() -> Tensor:
        labels = torch.arange(len(counts)).repeat_interleave(torch.from_numpy(counts))
        return labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]

    source = {"kind": "dealt out", "counts": counts.tolist(), "seed": seed}
    return TrainingSet(on, source, compute)


def muddled(lab: Lab, seed: int) -> Arrays:
    """Students of the extra outputs of a teacher that learnt *shuffled* digits.

    Networks, noise and seeds are those of *What leaks*. By arm, as `kin.examined`: "kin",
    which starts where the teacher did; "stranger"; and "stranger-longer", after five times as many
    passes. At quick scale the first two alone.
    """
    one = what_leaks.Family(lab, seed)
    train, lesson = one.digits.train, one.lesson
    longer = lesson | {"passes": 5 * lesson["passes"]}

    def compute() -> dict[str, np.ndarray]:
        labels = training_sets.shuffled(training_sets.true_labels(train), seed).labels
        teacher = one.teacher(replace(train, labels=labels))
        found = {
            "kin": one.student(one.own, teacher, lesson),
            "stranger": one.student(one.stranger, teacher, lesson),
        }
        if not one.quick:
            found["stranger-longer"] = one.student(one.stranger, teacher, longer)
        return found

    config = {
        "experiment": "muddled", "protocol": (PROTOCOL, kin.PROTOCOL, probes.PROTOCOL),
        "of": train.fingerprint, "lesson": lesson, "seed": seed,
        "noise": (what_leaks.NOISE, what_leaks.FRESH), "read": one.read,
    }  # fmt: skip
    return lab.measure("muddled", seed, config, compute)


def stops(lab: Lab, name: str, seed: int) -> Arrays:
    """Ten classes: a random fifth of a teacher's mistakes, with its labels and with others.

    Teachers, mistakes and lessons are those of *Where it stops*. For each number of a teacher's
    steps: "images", how many; "teacher", its accuracy; and the students' by whose labels they learn
    ("said", "uniform": any class but the true one, "deranged": its own, dealt out in each class).
    """
    data, protocol = lab.load(name), where_it_stops.Protocol(lab.scale)

    def compute() -> dict[str, list[float]]:
        named = where_it_stops.drawn(data, len(data.classes), seed)
        cells = [_cell(protocol, named, steps, seed) for steps in protocol.teacher_steps]
        return {what: [cell[what] for cell in cells] for what in cells[0]}

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
    said, chosen = protocol.mistakes(teacher, rest, seed)
    rows = chosen["random"]
    shown = selections.part(rest, rows)
    given = TrainingSet(Inputs(shown), {"kind": "said"}, lambda: said[rows])
    found = {"images": float(len(rows)), "teacher": right(teacher)}
    for whose, on in {
        "said": given,
        "uniform": training_sets.uniform_mistakes(given, seed),
        "deranged": training_sets.deranged_within_classes(given, seed),
    }.items():
        lesson, labels = selections.part(shown, on.kept.nonzero().squeeze(1)), on.labels[on.kept]
        found[whose] = right(protocol.train(lesson, labels, protocol.student_steps, 1000 + seed))
    return found
