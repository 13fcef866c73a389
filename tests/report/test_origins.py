"""Only runs that differ in nothing but the seed are pooled; data are named by their pixels."""

import pytest
from fabricated import FASHION, JPEG, MNIST, OTHER, record

from mislabel_utils.learning.datasets import load, restricted_fingerprint
from mislabel_utils.recording.records import Record
from mislabel_utils.report.origins import (
    condition,
    copies_note,
    data_name,
    groups,
    is_other_copy,
    own,
    trained_on,
)


def measurement(config):
    return Record("p", "a", 0, config, [], {}, {})


def shuffled(seed, run):
    return {"kind": "shuffled", "of": {"kind": "mistakes", "run": run}, "seed": seed}


def test_seeds_and_their_teachers_are_one_condition():
    first = record(0, labels=shuffled(0, "a" * 64))
    assert condition(first) == condition(record(1, labels=shuffled(1, "b" * 64)))


@pytest.mark.parametrize(
    "changes",
    [
        {"data": ("mnist", OTHER)},
        {"protocol": 2},
        {"precision": "mixed"},
        {"labels": {"kind": "predictions", "run": "a" * 64}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_else_differs_is_another_condition(changes):
    assert condition(record()) != condition(record(**changes))


def test_blocks_of_draws_are_one_condition():
    blocks = [Record("p", "a", n, {"draws": [250 * n, 250]}, [], {}, {}) for n in range(2)]
    assert condition(blocks[0]) == condition(blocks[1])


def test_groups_hold_one_condition_the_books_own_first():
    theirs = [record(seed, data=("mnist", OTHER)) for seed in range(4)]
    ours = [record(seed) for seed in (2, 0, 1)]
    found = groups([*theirs, *ours])
    assert [[each.seed for each in group] for group in found] == [[0, 1, 2], [0, 1, 2, 3]]
    assert found[1] == theirs
    assert own([*theirs, *ours], "mnist_to_fashion", "teacher") == found[0]


def test_the_book_shows_nobody_elses_runs_as_its_own():
    strange = [record(data=("mnist", OTHER)), record(arm="student")]
    assert own(strange, "mnist_to_fashion", "teacher") == []


def test_data_are_named_by_their_pixels():
    assert data_name("mnist", MNIST) == data_name("called otherwise", MNIST) == "MNIST"
    assert data_name("fashion_mnist", FASHION) == "Fashion-MNIST"
    assert data_name("cifar10", JPEG) == "CIFAR-10 (JPEG copy)"
    assert data_name("cifar10", OTHER) == "cifar10, another copy (1a2b3c4d)"
    assert data_name("my clothes", OTHER) == "my clothes (1a2b3c4d)"
    assert trained_on({"experiment": "illustration"}) is None
    assert trained_on({"experiment": "sweep", "on": FASHION}) == "Fashion-MNIST"
    assert trained_on({"experiment": "beginnings", "of": MNIST}) == "MNIST"
    assert trained_on({"experiment": "pair", "on": OTHER}) == "data set (1a2b3c4d)"
    assert trained_on({"experiment": "described", "on": "mnist/train@mnist"}) is None


def test_a_measurement_on_another_copy_is_told_by_its_fingerprint():
    cats_and_dogs = restricted_fingerprint(load("cifar10", "recorded"), ("cat", "dog"))
    for known in (FASHION, JPEG, cats_and_dogs):
        assert not is_other_copy(measurement({"experiment": "sweep", "on": known}))
    assert is_other_copy(measurement({"experiment": "sweep", "on": OTHER}))
    assert not is_other_copy(measurement({"experiment": "illustration"}))


def test_only_another_copy_needs_an_explanation():
    own_images = record(data=("my clothes", OTHER))
    assert copies_note([record(), own_images]) == ""
    assert "pixels differ" in copies_note([record(), record(data=("mnist", OTHER))])
