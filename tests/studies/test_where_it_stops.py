"""Where it stops: other labels of the same mistakes."""

from mislabel_utils.lab import Lab
from mislabel_utils.studies.where_it_stops import Protocol, other_labels


def test_other_labels_of_the_same_mistakes(monkeypatch):
    brief = Protocol.train
    monkeypatch.setattr(Protocol, "train", lambda self, on, labels, steps, seed: brief(
        self, on, labels, 3, seed))  # fmt: skip
    found = other_labels(Lab("where_it_stops", scale="quick"), "fashion_mnist", 0)
    assert found.keys() == {"images", "teacher", "said", "uniform", "deranged"}
    assert all(array.shape == (2,) for array in found.values())
    assert found["images"].min() > 20
