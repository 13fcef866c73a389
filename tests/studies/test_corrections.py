"""Controls that the pages lacked: their labels are what they are called."""

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets
from mislabel_utils.learning.inputs import inputs_of
from mislabel_utils.studies import corrections
from mislabel_utils.studies.where_it_stops import Protocol


def test_labels_are_dealt_out_as_often_as_they_were_said():
    images = inputs_of(datasets.load("mnist", "quick").train)
    counts = np.full(10, 600)
    counts[[3, 7]] = 0, 1200
    given, again = (corrections.dealt_out(images, counts, seed) for seed in (0, 0))
    assert given.labels.bincount(minlength=10).tolist() == counts.tolist()
    assert (given.labels == again.labels).all()
    assert 0.05 < (given.labels == images.true_labels).float().mean() < 0.15


def test_other_labels_of_the_same_mistakes(monkeypatch):
    brief = Protocol.train
    monkeypatch.setattr(Protocol, "train", lambda self, on, labels, steps, seed: brief(
        self, on, labels, 3, seed))  # fmt: skip
    found = corrections.stops(Lab("corrections", scale="quick"), "fashion_mnist", 0)
    assert found.keys() == {"images", "teacher", "said", "uniform", "deranged"}
    assert all(array.shape == (2,) for array in found.values())
    assert found["images"].min() > 20
