"""Agreement of students with their own teachers and with strangers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch

from mislabel_utils.report.agreement import (
    between,
    confusions,
    most_alike,
    outcomes,
    pairing,
)  # fmt: skip


class Said:
    def __init__(self, *classes):
        self.predict = lambda on: torch.tensor(classes)


ON = SimpleNamespace(labels=torch.tensor([0, 1, 2, 0]))
RUNS = {3: {"teacher": Said(0, 2, 2, 1), "student": Said(0, 2, 1, 0)},
        4: {"teacher": Said(1, 1, 2, 0), "student": Said(1, 1, 2, 0)}}  # fmt: skip


def test_a_row_for_each_student_and_teacher():
    found = between(RUNS, "student", "teacher", ON).set_index(["student", "teacher"])
    assert found.agreement.to_dict() == {(3, 3): 0.5, (4, 3): 0.25, (3, 4): 0.25, (4, 4): 1}
    assert found.own.to_dict() == {(3, 3): True, (4, 3): False, (3, 4): False, (4, 4): True}
    found = between(RUNS, "student", "teacher", ON, misread=True)
    assert found.agreement.tolist() == [0.5, 0, 0, 1]


def test_what_students_predict_where_teachers_are_right_and_where_they_are_wrong():
    rows = outcomes(RUNS, "student", "teacher", ON)
    found = rows.set_index(["student", "teacher", "teacher_is"]).drop(columns="own")
    assert found.loc[3, 3, "right"].tolist() == [0.5, 0, 0.5]  # images 0 and 2
    assert found.loc[3, 3, "wrong"].tolist() == [0.5, 0.5, 0]  # 1, its very error, and 3
    assert found.loc[4, 3, "wrong"].tolist() == [1, 0, 0]
    assert found.loc[3, 3, "either"].tolist() == [0.5, 0.25, 0.25]
    assert rows.groupby("own").size().tolist() == [6, 6]


def test_an_assignment_among_all():
    """Of 24, by hand: only the true one reaches its mean, and only all of them the least."""
    found = pairing(pairs_of(np.eye(4)))
    assert found.own.tolist() == [1] * 4 and found.strangers.tolist() == [0] * 4
    assert found.ways == "1 of 24"
    assert pairing(pairs_of(np.eye(4)[[1, 2, 3, 0]])).ways == "24 of 24"


def pairs_of(table):
    """A table of agreements, n by n, as `between` gives it."""
    cells = [(*place, value) for place, value in np.ndenumerate(np.asarray(table, float))]
    return pd.DataFrame(cells, columns=["student", "teacher", "agreement"])


def test_good_students_and_easy_teachers_prove_nothing():
    """Each row and each column has a level of its own, and no pair anything to itself."""
    levels = np.linspace(0, 0.3, 5)
    assert pairing(pairs_of(0.3 + levels[:, None] + levels[::-1])).ways == "120 of 120"


def test_a_single_pair_has_no_strangers():
    found = pairing(pairs_of([[0.5]]))
    assert found.own.tolist() == [0.5] and np.isnan(found.strangers).all()


def test_what_each_class_is_taken_for():
    table = confusions(
        torch.tensor([0, 0, 1, 1]), torch.tensor([1, 1, 1, 0]), ("cat", "dog", "ship")
    )
    assert table.loc["dog"].to_dict() == {"cat": 0.5, "dog": 0.5, "ship": 0}
    assert table.loc["ship"].tolist() == [0, 0, 0] and table.loc["cat", "dog"] == 1


def test_nearest_by_angle_whatever_the_length():
    shown = torch.tensor([[10.0, 0], [1, 1], [0, 0.1]])
    assert most_alike(torch.tensor([[0.0, 5]]), shown, 2).tolist() == [[2, 1]]
