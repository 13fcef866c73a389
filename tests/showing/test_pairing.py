"""Own pairs against all other assignments."""

from math import factorial

import numpy as np
import pytest
import torch

from mislabel_utils.showing.pairing import agreements, pairing


def test_agreements_leave_out_what_a_teacher_leaves_out():
    students = [torch.tensor([0, 1, 2, 3]), torch.tensor([0, 1, 2, 0])]
    teachers = [torch.tensor([0, 1, 0, 0]), torch.tensor([-1, -1, 2, 3])]
    assert agreements(students, teachers).tolist() == [[0.5, 1.0], [0.75, 0.5]]


def test_a_pairing_that_no_other_matches():
    table = np.full((5, 5), 0.6) + 0.1 * np.eye(5)
    found = pairing(table)
    assert found.own == pytest.approx([0.7] * 5) and found.strangers == pytest.approx([0.6] * 5)
    assert found.chance == 1 / factorial(5)


def test_good_students_and_easy_teachers_prove_nothing():
    """Each row and each column has a level of its own, and no pair anything to itself."""
    levels = np.linspace(0, 0.3, 6)
    assert pairing(0.3 + levels[:, None] + levels[::-1]).chance == 1


def test_chance_is_even_where_nobody_knows_anybody():
    rng = np.random.default_rng(0)
    chances = [pairing(rng.normal(size=(5, 5))).chance for _ in range(400)]
    assert np.mean(np.array(chances) <= 0.2) == pytest.approx(0.2, abs=0.06)


def test_a_single_pair_has_no_strangers():
    found = pairing(np.array([[0.4]]))
    assert found.chance == 1 and np.isnan(found.strangers).all()


@pytest.mark.parametrize("shape", [(2, 3), (10, 10), (0, 0)])
def test_what_is_no_table_of_pairs_is_refused(shape):
    with pytest.raises(ValueError, match="n by n"):
        pairing(np.zeros(shape))
