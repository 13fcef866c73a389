"""Class by class: counts, correlations and neighbours that can be checked by hand."""

import math

import pytest
import torch

from mislabel_utils.report.per_class import (
    confusions,
    most_alike,
    ranks,
    share_in_kinds,
    told_and_read,
)  # fmt: skip

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])
TOLD = {seed: torch.tensor([0] * (1 + seed) + [1] * 5 + [2] * 9) for seed in range(3)}
SAID = {
    0: torch.tensor([1, 1, 1, 0, 2, 2]),
    1: torch.tensor([0, 1, 1, 0, 2, 2]),
    2: torch.tensor([0, 0, 1, 0, 2, 2]),
}


def test_what_was_told_and_what_is_read():
    table = told_and_read(TOLD, SAID, LABELS).set_index(["name", "seed"])
    assert table.loc[("0", 2)].tolist() == [3, 1.0]
    assert table.loc[("1", 0)].tolist() == [5, 0.5]
    assert len(table) == 9


def test_what_each_class_is_taken_for():
    table = confusions(LABELS[:4], torch.tensor([1, 1, 1, 0]), ("cat", "dog", "ship"))
    assert table.loc["dog"].to_dict() == {"cat": 0.5, "dog": 0.5, "ship": 0}
    assert table.loc["ship"].tolist() == [0, 0, 0] and table.loc["cat", "dog"] == 1


@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
def test_correlations_within_a_class_and_between_classes():
    found = ranks(told_and_read(TOLD, SAID, LABELS))
    assert found.within[0] == pytest.approx(1)  # the 0 is read better the more often it was told
    assert found.between[0] == pytest.approx(1)
    assert found.between[2] == pytest.approx(0)  # read 1, 1/2, 1
    # Means: told 2, 5, 9; read 1/2, 1/2, 1
    assert found.of_means == pytest.approx(math.sqrt(3) / 2)
    few = ranks(told_and_read({0: TOLD[0]}, SAID, LABELS))
    assert all(map(math.isnan, few.within)) and few.between[0] == pytest.approx(1)


def test_nearest_by_angle_whatever_the_length():
    shown = torch.tensor([[10.0, 0], [1, 1], [0, 0.1]])
    assert most_alike(torch.tensor([[0.0, 5]]), shown, 2).tolist() == [[2, 1]]


def test_what_kinds_alone_would_give():
    marked, kinds = torch.tensor([1, 0, 1, 1]).bool(), torch.tensor([0, 0, 1, 1])
    assert share_in_kinds(marked, kinds, torch.tensor([[0, 1], [0, 0]])) == pytest.approx(0.625)
