"""The labels that each recorded run was trained on, made again from what the record says of them.

Nothing is trained: true labels and recorded predictions come with the package. So a function that
makes other labels than it did is noticed here, before anything is trained on them.
"""

from __future__ import annotations

from functools import cache

import pytest

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import training_sets as sets
from mislabel_utils.learning.datasets import RAW, DataError, load
from mislabel_utils.learning.places import Places, digest
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run

STORE = Store(BUNDLED / "records")
RECORDS = [record for record in STORE if "labels" in record.trained_on]


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


def remade(source: dict, images: Places) -> sets.TrainingSet:
    """The training set whose labels have this source."""
    kind, of, seed = source["kind"], source.get("of"), source.get("seed")
    if kind == "true":
        return sets.true_labels(images)
    if kind == "uniform":
        return sets.uniform(images, seed)
    if kind == "next class":
        return sets.next_class(images)
    if kind in ("predictions", "mistakes"):
        return getattr(sets, kind)(run(source["run"]), half(source["on"]))
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
    return made or source["kind"] in asked or ("of" in source and takes_a_network(source["of"]))


@pytest.mark.parametrize("chapter", sorted({record.chapter for record in RECORDS}))
def test_labels_are_made_as_they_were(chapter):
    checked, others = 0, []
    for record in RECORDS:
        source = record.config["labels"]
        if record.chapter != chapter or takes_a_network(source):
            continue
        try:
            images = Places(half(record.config["data"]["split"]))
        except DataError:  # a reader's own images
            continue
        assert images.split.fingerprint == record.config["data"]["fingerprint"]
        made = remade(source, images)
        assert made.source == source
        others += [record.stem] * (digest(made.labels) != record.trained_on["labels"])
        checked += 1
    assert not others
    assert checked or chapter == "own_images"


def test_few_labels_are_left_out():
    assert len(RECORDS) >= 532
    labels = [record for record in RECORDS if not takes_a_network(record.config["labels"])]
    assert len(labels) >= 460
