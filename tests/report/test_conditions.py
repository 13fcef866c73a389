"""Every condition of the book, and which of them teach."""

import pandas as pd
import pytest

from mislabel_utils.recording.records import Store
from mislabel_utils.report import results
from mislabel_utils.report.conditions import CHAPTERS, FEWEST, RULES, WHOSE, conditions, teaching


@pytest.fixture(scope="module")
def rows():
    return conditions()


def test_every_condition_has_its_numbers(rows):
    assert set(rows["labels"]) == set(WHOSE)
    assert rows["accuracy"].between(0, 1).all() and rows["chance"].between(0.1, 0.5).all()
    each = rows.groupby(["chapter", "name"])
    assert each.size().min() >= FEWEST and each["labels"].nunique().max() == 1
    assert not rows.duplicated(["chapter", "name", "seed"]).any()


def test_no_student_with_enough_seeds_is_left_out(rows):
    """Of what is recorded network by network; names, not arms, are what both tables have."""
    table = results.frame()
    table = table[table["role"].isin(["student", "control"]) & table["labels"].isin(WHOSE)
                  & table["chapter"].isin(CHAPTERS)]  # fmt: skip
    tested = table[table["test_set"].str.contains("/test@")]
    seeds = tested.groupby(["chapter", "name"])["seed"].nunique()
    named = {(CHAPTERS[chapter], name) for chapter, name in seeds[seeds >= FEWEST].index}
    assert named <= set(zip(rows["chapter"], rows["name"], strict=True))


@pytest.mark.parametrize(
    "name, mean",
    [
        # As the records' own arrays have it: of the first block of draws, of one cell, of a pair.
        ("moved points, on the first border, radius 0.3", 0.4551),
        ("cats and dogs, all mistakes, true labels", 0.4034),
        (
            "photographs, 10 classes, teacher of 400 steps, a random fifth of the mistakes, "
            "permuted labels",
            0.0724,
        ),
    ],
)
def test_what_a_record_holds_of_many_students(rows, name, mean):
    assert rows[rows["name"] == name]["accuracy"].mean() == pytest.approx(mean, abs=5e-5)


def test_another_copy_of_the_data_is_not_pooled_with_ours(rows, monkeypatch):
    ours = results.frame()
    theirs = ours.assign(data=ours["data"] + ", another copy (0123abcd)", accuracy=0.9,
                         record=ours["record"] + "'")  # fmt: skip
    monkeypatch.setattr(results, "frame", lambda: pd.concat([ours, theirs], ignore_index=True))
    pd.testing.assert_frame_equal(conditions(), rows)


def test_a_cell_with_too_few_mistakes_is_no_condition(rows):
    sweep = next(r for r in map(Store().read, Store().paths()) if r.arm == "sweep-fashion_mnist")
    few = sweep.arrays["images"] < sweep.config["smallest"]
    line, teacher, choice = next(zip(*few.nonzero(), strict=True))
    steps, classes = sweep.config["steps"][0][teacher], sweep.config["classes"][line]
    choices = ("all", "confident", "timid", "random")
    name = f"clothes, {classes} classes, teacher of {steps} steps, {choices[choice]} mistakes"
    assert sweep.seed not in set(rows[rows["name"] == name]["seed"])


def test_rules_count_conditions():
    shares = {"a": (0.2, 0.3, 0.1), "b": (0.3, -0.1, 0.1), "c": (-0.2, -0.1, 0.1)}
    some = pd.DataFrame(
        [("One", name, "teacher", share) for name, each in shares.items() for share in each],
        columns=["chapter", "name", "labels", "share"],
    )
    counts = teaching(some)
    assert counts.loc["teacher"].tolist() == [2, 1, 1, 3]
    assert counts.loc["other"].tolist() == [0, 0, 0, 0] and list(counts)[:-1] == list(RULES)
