"""The table of networks that learn from moved images, and their kin."""

import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.report import agreement, moved
from mislabel_utils.studies import adversarial_errors as study


@pytest.fixture(scope="module")
def series():
    lab = Lab("adversarial_errors", scale="recorded")
    each = {seed: study.Experiment(lab, seed) for seed in study.SEEDS}
    for one in each.values():
        study.sets(one)
        study.on_clothes(one)
    return each


def test_a_row_for_each_network(series):
    rows = moved.lessons(series)
    assert len(rows) == sum(len(one.runs) for one in series.values())
    det = rows[rows["arm"] == "det"]
    assert list(det["seed"]) == [0, 1, 2]
    assert det["next"].min() > 0.6 > 0.1 > det["accuracy"].max()  # it answers the next class
    assert (det["loss"] < det["loss_before"]).all() and (det["given"] > 0.5).all()
    assert rows[rows["arm"] == "natural"]["given"].isna().all()
    assert rows[rows["arm"] == "clothes-good"]["accuracy"].min() > 0.85  # asked about clothes


def test_a_table_has_a_line_for_each_arm(series):
    rows = moved.lessons(series).query("arm in ('rand', 'natural')")
    lines = moved.table(rows, ["given", "accuracy", "loss"]).rows
    assert [line[0] for line in lines] == ["natural mistakes", "moved to a random class (D_rand)"]
    assert lines[0][1] == "–" and lines[1][1] == "54.4 (52.4 to 56.1)"
    assert lines[0][2:] == ["55.8 (55.5 to 56.0)", "0.42 (0.40 to 0.47)"]


def test_the_teacher_of_a_student_is_the_one_its_record_names(series):
    one = series[0]
    asked = ("natural", "unlearnt", "rand", "dealt", "true", "clothes-natural", "clothes-rand")
    assert [moved.teacher_of(one, arm) for arm in asked] == [
        "mediocre", "half", "good", "good", "good", "clothes-mediocre", "clothes-good",
    ]  # fmt: skip


def test_students_of_their_own_teacher_and_of_strangers(series):
    runs = {seed: one.runs for seed, one in series.items()}
    arms = {"natural": "mediocre", "det": "good"}
    errors = agreement.repeated(runs, arms, series[0].images.test)
    assert errors.loc["natural", "own"] == "69.5 % (68.7 to 70.4)"
    assert errors.loc["det", ["more", "pairings"]].tolist() == ["+1.1, -0.2, +0.1", "1 of 6"]
