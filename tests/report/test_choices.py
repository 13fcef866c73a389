"""Students of chosen mistakes: each number of a record stands in its row."""

import numpy as np
import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.report import choices
from mislabel_utils.studies import where_it_stops as study


@pytest.fixture(scope="module")
def found():
    lab = Lab("where_it_stops", scale="recorded")
    return {seed: study.experiment(lab, seed) for seed in study.SEEDS}


def test_an_array_that_lacks_axes_is_the_same_along_them():
    arrays = {"one": np.array([1, 2]), "both": np.array([[1, 2, 3], [4, 5, 6]])}
    rows = choices.unfolded({7: {"of": arrays}}, "of", {"a": [*"xy"], "b": range(3)})
    assert rows["one"].tolist() == [1, 1, 1, 2, 2, 2] and set(rows["seed"]) == {7}
    assert rows.query("a == 'y' and b == 0")["both"].item() == 4


def test_a_row_is_a_student(found):
    every = choices.cells(found, study.Protocol("recorded"))
    assert len(every) == 5 * 2 * 4 * 3 * 4
    asked = "data == 'CIFAR-10' and classes == 10 and steps == 400 and seed == 3"
    row = every.query(f"{asked} and choice == 'least confident'").iloc[0]
    arrays = found[3]["cifar10"]
    assert row["student"] == arrays["student"][3, 2, 2] and row["chance"] == 0.1
    assert row["gain"] == row["student"] - 0.1
    assert every.loc[every["images"] < study.SMALLEST, "gain"].isna().all()


def test_a_cell_counts_where_most_seeds_have_a_student(found):
    every = choices.cells(found, study.Protocol("recorded"))
    mean = choices.means(every, ["gain", "student"])
    assert len(mean) == 87
    one = every.query("data == 'CIFAR-10' and classes == 2 and steps == 60 and choice == 'all'")
    assert mean.loc["CIFAR-10", 2, 60, "all"]["student"] == pytest.approx(one["student"].mean())


def test_pairs_and_squares(found):
    pairs, squares = choices.pairs(found), choices.squares(found)
    true = pairs.query("labels == 'true' and choice == 'most confident' and seed == 1")
    assert true["student"].item() == found[1]["pair"]["student"][1, 1]
    assert len(squares) == 5 * 50 * 4 * 3 * 2
    late = squares.query(
        "seed == 2 and draw == 7 and steps == 600 and choice == 'least confident' "
        "and labels == 'wrong'"
    )
    assert late["agree"].item() == found[2]["plane"]["agree"][7, 3, 2, 0]
    assert late["teacher"].item() == found[2]["plane"]["teacher"][7, 3]


def test_the_same_mistakes_under_three_kinds_of_labels():
    rows = choices.trios(Lab("corrections", scale="recorded"), study.Protocol("recorded"))
    assert len(rows) == 2 * 3 * 3 and set(rows["seed"]) == {0, 1, 2}
    assert (rows["said"] > rows["uniform"]).all() and rows["steps"].tolist()[:3] == [10, 60, 400]
