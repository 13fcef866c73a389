"""Numbers stay with their seed: differences pair seeds, and arms may lack some."""

import dataclasses

import pytest
from fabricated import record
from toys import toy_split

from mislabel_utils.recording.runs import Run
from mislabel_utils.report.per_seed import PerSeed, Results

TEST = toy_split(8, name="toy/test")


def run(right, **how):
    """A run that gets this many of the eight test images right."""
    said = TEST.labels.clone()
    said[right:] = (said[right:] + 1) % 4
    made = dataclasses.replace(
        record(**how), metrics={TEST.key: right / 8}, arrays={TEST.key: said.numpy()}
    )
    return Run(made)


@pytest.fixture
def results():
    return Results(
        {
            0: {"teacher": run(8), "student": run(6)},
            1: {"teacher": run(6), "student": run(6), "control": run(2)},
            2: {"teacher": run(7), "student": run(5), "control": run(4)},
        },
        TEST,
    )


def test_accuracies_by_seed(results):
    assert dict(results.accuracy("teacher")) == {0: 1.0, 1: 0.75, 2: 0.875}
    assert dict(results.accuracy("control")) == {1: 0.25, 2: 0.5}
    assert results.accuracy("teacher").mean == 0.875
    assert list(results) == [0, 1, 2] and len(results) == 3


def test_accuracy_on_another_split(results):
    with pytest.raises(Exception, match="holds no toy/train"):
        results.accuracy("teacher", toy_split(8))


def test_differences_pair_the_seeds_that_both_have(results):
    gap = results.accuracy("student") - results.accuracy("control")
    assert dict(gap) == {1: 0.5, 2: 0.125}
    assert (results.accuracy("teacher") - 0.5).numbers == [0.5, 0.25, 0.375]


def test_a_difference_removes_what_the_seeds_share():
    shared = PerSeed({0: 0.1, 1: 0.5, 2: 0.9})
    ours = (shared - (shared - 0.01)).estimate("points")
    assert ours.mean == pytest.approx(1) and ours.high - ours.low < 1e-6


def test_texts_of_a_few_seeds_hold_their_range(results):
    assert results.accuracy("teacher").text() == "87.50 % (75.00 to 100.00)"
    gap = results.accuracy("teacher") - results.accuracy("teacher")
    assert gap.text("points") == "0.00 points (0.00 to 0.00)"
    assert PerSeed({0: 18_768}).text("images") == "18,768 images"


def test_texts_of_more_seeds_hold_an_interval_within_what_is_possible():
    # by hand: t with 5 degrees of freedom 2.5706, deviation 51.64, half width 54.19
    six = PerSeed(dict(enumerate([0, 0, 1, 1, 1, 1])))
    assert six.text() == "66.67 % [12.47, 100.00]"
    assert PerSeed(dict(enumerate([0.5] * 6))).text() == "50.00 % [50.00, 50.00]"


def test_anything_else_of_a_seed(results):
    counted = results.each(lambda runs: (runs["teacher"].predict(TEST) != TEST.labels).sum())
    assert counted.numbers == [0, 2, 1]


def test_an_unknown_arm_names_those_there_are(results):
    with pytest.raises(ValueError, match="the arms are control, student, teacher"):
        results.accuracy("pupil")
