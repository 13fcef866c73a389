"""Where it stops: which mistakes, and other labels of them."""

import torch

from mislabel_utils.lab import Lab
from mislabel_utils.studies.where_it_stops import Protocol, kinds, other_labels


def test_other_labels_of_the_same_mistakes(monkeypatch):
    brief = Protocol.train
    monkeypatch.setattr(Protocol, "train", lambda self, on, labels, steps, seed: brief(
        self, on, labels, 3, seed))  # fmt: skip
    found = other_labels(Lab("where_it_stops", scale="quick"), "fashion_mnist", 0)
    assert found.keys() == {"images", "teacher", "said", "uniform", "deranged"}
    assert all(array.shape == (2,) for array in found.values())
    assert found["images"].min() > 20


def test_kinds_of_mistakes():
    rows, confidence = torch.arange(100, 110), torch.arange(10) / 10
    found = kinds(rows, confidence[torch.randperm(10)], 2, seed=0)
    assert {name: len(each) for name, each in found.items()} == {
        "all": 10, "confident": 2, "timid": 2, "random": 2,
    }  # fmt: skip
    found = kinds(rows, confidence, 3, seed=0)
    assert found["confident"].tolist() == [109, 108, 107]
    assert found["timid"].tolist() == [102, 101, 100]
    assert set(found["random"].tolist()) < set(rows.tolist())
    assert all(len(each) == 10 for each in kinds(rows, confidence, 11, 0).values())
