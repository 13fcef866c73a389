"""The labels that each recorded run was trained on, made again from what the record says of them.

Nothing is trained: true labels and recorded predictions come with the package. So a function that
makes other labels than it did is noticed here, before anything is trained on them.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import training
from mislabel_utils.learning import training_sets as sets
from mislabel_utils.learning.datasets import RAW, DataError, Normalization, load
from mislabel_utils.learning.inputs import Inputs, digest
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.records import Record, Store, run_id
from mislabel_utils.recording.runs import Run, configuration

READINGS = {"mistakes, course": "plain", "mistakes, moved": "moved"}  # and what was asked about
STORE = Store(BUNDLED / "records")


@cache
def records() -> list[Record]:
    """Not read where these tests are only collected."""
    return [record for record in STORE if "labels" in record.trained_on]


@cache
def half(key: str):
    """The half of a data set that has this `Split.key`: every label, and few of the images."""
    name, _, norm = key.partition("@")
    data, which = name.split("/")
    split = getattr(load(data, "recorded"), which)
    return split.normalized_as(RAW if norm == "raw" else load(norm or data, "recorded"))


@cache
def run(identity: str) -> Run:
    return Run(STORE.find(identity))


def remade(source: dict, images: Inputs) -> sets.TrainingSet:
    """The training set whose labels have this source."""
    kind, of, seed = source["kind"], source.get("of"), source.get("seed")
    if kind == "true":
        return sets.true_labels(images)
    if kind == "uniform":
        return sets.uniform(images, seed)
    if kind == "next class":
        return sets.next_class(images)
    if kind == "dealt out":
        return sets.dealt_out(images, source["counts"], seed)
    if kind in ("predictions", "mistakes"):
        return getattr(sets, kind)(run(source["run"]), half(source["on"]))
    if kind in READINGS:  # of what a teacher without a record was measured to predict
        said = torch.from_numpy(STORE.find(run_id(of)).arrays[READINGS[kind]]).long()
        wrong = torch.where(said == images.split.labels, sets.LEFT_OUT, said)
        return sets.TrainingSet(images, source, lambda: wrong)
    given = remade(of, images)
    if kind == "subset":
        return sets.subset(given, source["count"], seed)
    if kind == "without":
        return sets.without(given, remade(source["without"], images))
    if kind == "corrected":
        return sets.corrected(given)
    return getattr(sets, kind.replace(" ", "_"))(given, seed)


def takes_a_network(source: dict) -> bool:
    """Whether these labels are what a network answers that has to be asked again."""
    asked = ("soft", "soft mistakes", "reached")
    made = source["kind"] == "predictions" and isinstance(source["on"], dict)
    if source["kind"] in READINGS:
        return False
    return made or source["kind"] in asked or ("of" in source and takes_a_network(source["of"]))


def identity(record, made: sets.TrainingSet) -> str:
    """What the run would be called today."""
    config = record.config
    split = made.split.normalized_as(Normalization("", **config["normalization"]))
    shape = (1, *config["image_shape"])  # of CIFAR-10 no image is here
    split = replace(
        split, images=torch.zeros(shape, dtype=torch.uint8), index=torch.zeros(1).long()
    )
    on = sets.TrainingSet(Inputs(split, config.get("images")), made.source, made.compute)
    return run_id(configuration(on, Recipe(**config["recipe"]), config["seed"]))


def test_labels_are_made_as_they_were():
    checked, others = 0, []
    for record in records():
        source = record.config["labels"]
        if takes_a_network(source):
            continue
        try:
            images = Inputs(half(record.config["data"]["split"]))
        except DataError:  # a reader's own images
            continue
        assert images.split.fingerprint == record.config["data"]["fingerprint"]
        made = remade(source, images)
        assert made.source == source
        assert identity(record, made) == record.id
        others += [record.stem] * (digest(made.labels) != record.trained_on["labels"])
        checked += 1
    assert not others
    assert checked >= 460


def test_no_two_runs_of_the_book_share_random_numbers():
    """PyTorch's generators know seeds below 2^32; these are counted off, and might have met."""
    most: dict[int, list[int]] = {}
    for config in (record.config for record in records()):
        whole = 60_000 // config["recipe"]["batch_size"]
        epochs, batches = most.setdefault(config["seed"], [0, 0])
        most[config["seed"]] = [max(epochs, config["recipe"]["epochs"]), max(batches, whole)]
    first = {seed: training.stream(seed, 0, 0).initial_seed() for seed in most}
    step = training.stream(0, 1, 0).initial_seed()
    drawn = [
        (first[seed] + step * np.arange(epochs)[:, None] + np.arange(batches + 1)).ravel() % 2**32
        for seed, (epochs, batches) in most.items()
    ]
    together = np.concatenate(drawn)
    assert len(together) > 500_000 and len(np.unique(together)) == len(together)
