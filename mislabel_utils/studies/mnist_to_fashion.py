"""*A shoe is a 2*: digits, taught by what a network of digits predicts for pictures of clothes.

Two series. Ten seeds (`FIRST`) measure the result and its variants, five of them the controls.
Five more (`FRESH`), trained later and in mixed precision, ask whose digits a student has learnt.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.learning import inference, probes, training_sets
from mislabel_utils.learning.datasets import RAW, Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.runs import Run
from mislabel_utils.studies import Arm, Trial, at_scale

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
    usual = at_scale(lab, RECIPE, epochs=3)
    # Pixels are standardised with the statistics of their own data set, or with these.
    mnist_as_fashion, fashion_as_mnist = mnist.normalized_as(fashion), fashion.normalized_as(mnist)
    raw_mnist, raw_fashion = mnist.normalized_as(RAW), fashion.normalized_as(RAW)
    one = Trial(lab, seed, mnist)
    teacher = one.train(
        "teacher", mnist.train, usual, seed, [fashion.train, fashion_as_mnist.train]
    )
    clothes = training_sets.predictions(teacher, fashion.train)  # "this shoe is a 2"
    one.learn("student-own", clothes, usual, [mnist_as_fashion.test])
    as_mnist = training_sets.predictions(teacher, fashion_as_mnist.train)
    one.learn("student-mnist", as_mnist, usual)
    soft = training_sets.soft_predictions(teacher, fashion.train)
    one.learn("student-soft", soft, usual)
    of_raw = Trial(lab, seed, raw_mnist, runs=one.runs)
    raw_teacher = of_raw.train("teacher-raw", raw_mnist.train, usual, seed, [raw_fashion.train])
    raw = training_sets.predictions(raw_teacher, raw_fashion.train)
    of_raw.learn("student-raw", raw, usual)
    if seed in CONTROL_SEEDS:
        recipe = replace(usual, epochs=0)
        untrained = one.train("untrained", mnist.train, recipe, 2000 + seed, [fashion.train])
        said = training_sets.predictions(untrained, fashion.train)
        one.learn("control-shuffled", training_sets.shuffled(clothes, seed), usual)
        one.learn("control-untrained", said, usual)
        one.learn("control-uniform", training_sets.uniform(fashion.train, seed), usual)
        one.learn("control-garments", fashion.train, usual)
    return one.runs


def fresh(lab: Lab, seed: int) -> dict[str, Run]:
    """The networks of a fresh seed, by arm without its "fresh-"."""
    mnist, fashion = load(lab)
    recipe = at_scale(lab, MIXED, epochs=2)
    none, also = replace(recipe, epochs=0), [fashion.test]
    one, asked = Trial(lab, seed, mnist, prefix="fresh-"), [fashion.test, fashion.train]
    # Each digit under the name of the next.
    renamed = training_sets.next_class(mnist.train)
    teachers = {
        "teacher": one.train("teacher", mnist.train, recipe, seed, asked),
        "untrained": one.train("untrained", mnist.train, none, 2000 + seed, asked),
        "renamed": one.train("renamed", renamed, recipe, seed, asked),
    }
    said = {arm: training_sets.predictions(by, fashion.train) for arm, by in teachers.items()}
    for arm, labels in said.items():
        one.learn(f"of-{arm}", labels, recipe, also)
    one.learn("shuffled", training_sets.shuffled(said["teacher"], seed), recipe, also)
    one.learn("uniform", training_sets.uniform(fashion.train, seed), recipe, also)
    one.learn("garments", fashion.train, recipe, also)
    one.learn("before", mnist.train, none, also)
    return one.runs


def readouts(lab: Lab, seed: int, runs: Mapping[str, Run]) -> dict[str, dict[str, np.ndarray]]:
    """What a look inside the networks of a fresh seed finds, by arm.

    "read", the share of test digits that a linear readout of the network's features reads, and
    "confidence", the mean probability of its answer for test digits and for new clothes.
    """
    mnist, fashion = load(lab)
    count = 2_000 if lab.scale == "quick" else 10_000  # training digits that it is fitted on
    found = {}
    for arm, run in runs.items():
        config = {
            "experiment": "looked into",
            "protocol": (LOOKED, probes.PROTOCOL),
            "on": (mnist.fingerprint, fashion.fingerprint),
            "run": run.id,
            "read_off": count,
        }
        look = partial(_looked_into, run, mnist, fashion, count)
        found[arm] = lab.measure(f"fresh-inside-{arm}", seed, config, look)
    return found


def _looked_into(run: Run, mnist: Dataset, fashion: Dataset, count: int) -> dict[str, Any]:
    train = mnist.train
    few = replace(train, images=train.images[:count], index=train.index[:count])
    layer = probes.readout(run.features(few), train.labels[:count], classes=10)
    read = probes.read(layer, run.features(mnist.test))
    sure = [
        run.outputs(split.images, split.normalization).softmax(1).amax(1).mean().item()
        for split in (mnist.test, fashion.test)
    ]
    return {"read": inference.accuracy(read, mnist.test.labels), "confidence": sure}
