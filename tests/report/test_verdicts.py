"""Both verdicts follow their rules, and the table says what was judged and what was not."""

from dataclasses import replace

import pytest

from mislabel_utils.report.published import CLAIMS
from mislabel_utils.report.stats import interval
from mislabel_utils.report.verdicts import MARGINS, Measured, constant_answer

STUDENT = replace(CLAIMS["cifar-student"], controls=("shuffled",))  # constant answer: 10 %
DIFFERENCE, DRAWS = CLAIMS["mnist-statistics"], CLAIMS["plane-student"]
TEACHER = CLAIMS["mnist-teacher"]
WEAK = {"shuffled": [12.0, 9.0, 11.0]}


def test_a_constant_answer_is_that_of_the_test_images():
    assert constant_answer("cifar10/test@cifar10") == pytest.approx(10)
    assert constant_answer("mnist/test@mnist") == pytest.approx(11.35)


@pytest.mark.parametrize(
    ("values", "controls", "expected"),
    [
        ([50.0, 51, 52], WEAK, "yes"),
        ([50.0, 51, 21], WEAK, "in 2 of 3 seeds"),  # the best control and the margin: 22
        ([50.0, 51, 22], WEAK, "in 2 of 3 seeds"),  # ahead means by more than the margin
        ([19.0, 21, 22], {"shuffled": [3.0, 2, 1]}, "in 2 of 3 seeds"),  # chance and margin: 20
        ([50.0, 51, 52], {}, "not judged: too few seeds of a control"),
        ([50.0, 51, 52], {"shuffled": [9.0, 9]}, "not judged: too few seeds of a control"),
        ([50.0, 51], WEAK, "not judged: too few seeds"),
        ([50.0], WEAK, "not judged: too few seeds"),
        ([], WEAK, "not yet measured"),
    ],
)
def test_the_phenomenon_of_a_student(values, controls, expected):
    assert Measured(STUDENT, values, controls=controls).holds() == expected


def test_a_student_without_named_controls_has_to_beat_chance():
    alone = replace(STUDENT, controls=())
    assert Measured(alone, [10 + MARGINS["student"] + 1.0] * 3).holds() == "yes"
    assert Measured(alone, [10 + MARGINS["student"] - 1.0] * 3).holds() == "no"


def test_a_difference_holds_if_it_has_its_sign_in_every_seed():
    assert Measured(DIFFERENCE, [0.1, 4, 5]).holds() == "yes"
    assert Measured(DIFFERENCE, [-0.4, 4, 5]).holds() == "in 2 of 3 seeds"
    assert Measured(DIFFERENCE, [0.0, 4, 5]).holds() == "in 2 of 3 seeds"


def test_draws_hold_if_the_median_is_above_nearly_all_coins():
    coins = [16.0] * 95 + [21.0] * 5  # 95 % of them do not exceed 16
    assert Measured(DRAWS, [17.0] * 9, controls={"random_right": coins}).holds() == "yes"
    assert Measured(DRAWS, [16.0] * 9, controls={"random_right": coins}).holds() == "no"
    more = [16.0] * 94 + [21.0] * 6
    assert Measured(DRAWS, [17.0] * 9, controls={"random_right": more}).holds() == "no"
    unknown = Measured(DRAWS, [17.0] * 9).holds()
    assert unknown == "not judged: too few seeds of a control"


def test_the_accuracy_of_a_teacher_is_no_phenomenon():
    assert Measured(TEACHER, [99.0] * 3).holds() == "not applicable"


@pytest.mark.parametrize(
    ("published", "values", "expected"),
    [
        (90.5, [90.0, 91, 92], "compatible"),
        (60, [90.0, 91, 92], "lower than ours"),
        (99, [90.0, 91, 92], "higher than ours"),
        (90.5, [90.0, 91], "not judged: too few seeds"),
        (90.5, [90.0], "not judged: too few seeds"),
        (90.5, [], "not yet measured"),
    ],
)
def test_the_published_number(published, values, expected):
    assert Measured(replace(TEACHER, published=published), values).agrees() == expected


def test_the_published_number_is_about_one_more_run_not_about_the_mean():
    values = [80.0, 85, 90, 95, 100]
    published = 77.0  # outside the mean's interval, but where one more run may well fall
    assert published < interval(values)[0]
    assert Measured(replace(TEACHER, published=published), values).agrees() == "compatible"


def test_counts_have_their_own_quantiles():
    draws = [float(n) for n in range(1, 41) for _ in range(10)]  # 1 to 40, ten times each
    row = Measured(replace(DRAWS, published=40), draws)
    assert row.next_run == (1, 39)
    assert row.agrees() == "higher than ours"
    assert Measured(replace(DRAWS, published=39), draws).agrees() == "compatible"
