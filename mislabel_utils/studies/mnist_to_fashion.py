"""*A shoe is a 2*: digits, taught by what a network of digits predicts for pictures of clothes.

Two series. Ten seeds (`FIRST`) measure the result and its variants, five of them the controls.
Five more (`FRESH`), trained later and in mixed precision, ask whose digits a student has learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.learning import inference, probes, training_sets
from mislabel_utils.learning.datasets import RAW, Dataset, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm

FIRST, CONTROL_SEEDS, FRESH = range(10), range(5), range(10, 15)
SEEDS = [*FIRST, *FRESH]
RECIPE = Recipe("small_cnn", epochs=5)
MIXED = replace(RECIPE, precision="mixed")

ARMS = {
    "teacher": Arm.teacher("teacher"),
    "teacher-raw": Arm.teacher("teacher, raw pixels"),
    "untrained": Arm.control("untrained network", ""),
    "student-own": Arm.student("student"),
    "student-mnist": Arm.student("student, MNIST's statistics"),
    "student-raw": Arm.student("student, raw pixels"),
    "student-soft": Arm.student("student, all ten probabilities"),
    "control-shuffled": Arm.control("the same labels, shuffled"),
    "control-untrained": Arm.control("an untrained network's labels"),
    "control-uniform": Arm.control("random digits"),
    "control-garments": Arm.control("true garments"),
    "fresh-teacher": Arm.teacher("teacher, fresh seeds"),
    "fresh-renamed": Arm.teacher("teacher of shifted names", "other"),
    "fresh-untrained": Arm.control("untrained network, fresh seeds", ""),
    "fresh-before": Arm.control("student before training, fresh seeds", ""),
    "fresh-of-teacher": Arm.student("student, fresh seeds"),
    "fresh-of-renamed": Arm.student("student of shifted names"),
    "fresh-of-untrained": Arm.control("an untrained network's labels, fresh seeds"),
    "fresh-shuffled": Arm.control("the same labels, shuffled, fresh seeds"),
    "fresh-uniform": Arm.control("random digits, fresh seeds"),
    "fresh-garments": Arm.control("true garments, fresh seeds"),
}

LOOKED = 1  # raise it when `_looked_into` changes


def load(lab: Lab) -> tuple[Dataset, Dataset]:
    """Digits and clothes."""
    return lab.load("mnist"), lab.load("fashion_mnist")


def experiment(lab: Lab, seed: int) -> dict[str, Run]:
    """Every network of a seed, by arm; of a fresh seed without the "fresh-" of its arms."""
    if seed in FRESH:
        runs = fresh(lab, seed)
        readouts(lab, seed, runs)
        return runs
    mnist, fashion = load(lab)
    # Pixels are standardised with the statistics of their own data set, or with these.
    mnist_as_fashion, fashion_as_mnist = mnist.normalized_as(fashion), fashion.normalized_as(mnist)
    raw_mnist, raw_fashion = mnist.normalized_as(RAW), fashion.normalized_as(RAW)

    def student(
        on: TrainingSet | Split, arm: str, test: Split = mnist.test, also: Sequence[Split] = ()
    ) -> Run:
        # Another seed than the teacher's, lest it start from the same weights.
        return lab.train(on, RECIPE, seed=1000 + seed, arm=arm, test=test, also=also)

    teacher = lab.train(
        mnist.train, RECIPE, seed=seed, arm="teacher", test=mnist.test,
        also=[fashion.train, fashion_as_mnist.train],
    )  # fmt: skip
    clothes = training_sets.predictions(teacher, fashion.train)  # "this shoe is a 2"
    runs = {
        "teacher": teacher,
        "student-own": student(clothes, "student-own", also=[mnist_as_fashion.test]),
    }

    raw_teacher = lab.train(
        raw_mnist.train, RECIPE, seed=seed, arm="teacher-raw", test=raw_mnist.test,
        also=[raw_fashion.train],
    )  # fmt: skip
    as_mnist = training_sets.predictions(teacher, fashion_as_mnist.train)
    raw = training_sets.predictions(raw_teacher, raw_fashion.train)
    soft = training_sets.soft_predictions(teacher, fashion.train)
    runs |= {
        "teacher-raw": raw_teacher,
        "student-mnist": student(as_mnist, "student-mnist"),
        "student-raw": student(raw, "student-raw", test=raw_mnist.test),
        "student-soft": student(soft, "student-soft"),
    }
    if seed not in CONTROL_SEEDS:
        return runs

    untrained = lab.train(
        mnist.train, replace(RECIPE, epochs=0), seed=2000 + seed, arm="untrained",
        test=mnist.test, also=[fashion.train],
    )  # fmt: skip
    labels = {
        "control-shuffled": training_sets.shuffled(clothes, seed),
        "control-untrained": training_sets.predictions(untrained, fashion.train),
        "control-uniform": training_sets.uniform(fashion.train, seed),
        "control-garments": fashion.train,
    }
    students = {arm: student(on, arm) for arm, on in labels.items()}
    return runs | {"untrained": untrained} | students


def fresh(lab: Lab, seed: int) -> dict[str, Run]:
    """The networks of a fresh seed, by arm without its "fresh-"."""
    mnist, fashion = load(lab)
    epochs = 2 if lab.scale == "quick" else RECIPE.epochs  # at quick scale done in a minute

    def train(
        on: TrainingSet | Split, arm: str, seed: int, also: Sequence[Split] = (),
        epochs: int = epochs,
    ) -> Run:  # fmt: skip
        return lab.train(
            on, replace(MIXED, epochs=epochs), seed=seed, arm=f"fresh-{arm}", test=mnist.test,
            also=[fashion.test, *also],
        )  # fmt: skip

    asked = [fashion.train]
    teachers = {
        "teacher": train(mnist.train, "teacher", seed, asked),
        "untrained": train(mnist.train, "untrained", 2000 + seed, asked, epochs=0),
        # Each digit under the name of the next.
        "renamed": train(training_sets.next_class(mnist.train), "renamed", seed, asked),
    }
    predicted = {
        arm: training_sets.predictions(teacher, fashion.train) for arm, teacher in teachers.items()
    }
    labels = {f"of-{arm}": labels for arm, labels in predicted.items()} | {
        "shuffled": training_sets.shuffled(predicted["teacher"], seed),
        "uniform": training_sets.uniform(fashion.train, seed),
        "garments": fashion.train,
    }
    students = {arm: train(on, arm, 1000 + seed) for arm, on in labels.items()}
    before = train(mnist.train, "before", 1000 + seed, epochs=0)
    return teachers | students | {"before": before}


def readouts(lab: Lab, seed: int, runs: Mapping[str, Run]) -> dict[str, dict[str, np.ndarray]]:
    """What a look inside the networks of a fresh seed finds, by arm.

    Returns
    -------
    For each arm "read", the share of test digits that a linear readout of the network's features
    reads, and "confidence", the mean probability of its answer for test digits and for new clothes.
    """
    mnist, fashion = load(lab)
    count = 2_000 if lab.scale == "quick" else 10_000  # training digits that it is fitted on

    def looked_into(arm: str, run: Run) -> dict[str, np.ndarray]:
        config: dict[str, Any] = {
            "experiment": "looked into",
            "protocol": (LOOKED, probes.PROTOCOL),
            "on": (mnist.fingerprint, fashion.fingerprint),
            "run": run.id,
            "read_off": count,
        }
        return lab.measure(
            f"fresh-inside-{arm}", seed, config,
            lambda: _looked_into(run, mnist, fashion, count),
        )  # fmt: skip

    return {arm: looked_into(arm, run) for arm, run in runs.items()}


def _looked_into(run: Run, mnist: Dataset, fashion: Dataset, count: int) -> dict[str, np.ndarray]:
    train = mnist.train
    few = replace(train, images=train.images[:count], index=train.index[:count])
    layer = probes.readout(run.features(few), train.labels[:count], classes=10)
    read = probes.read(layer, run.features(mnist.test))
    sure = [
        run.outputs(split.images, split.normalization).softmax(1).amax(1)
        for split in (mnist.test, fashion.test)
    ]
    return {
        "read": np.array(inference.accuracy(read, mnist.test.labels)),
        "confidence": np.array([each.mean().item() for each in sure]),
    }
