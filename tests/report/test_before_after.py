"""Before and after a lesson: each number in the row of its seed, network and measure."""

import numpy as np

from mislabel_utils.lab import Lab
from mislabel_utils.report.before_after import before_after, by_share, lessons, table, texts


def test_each_number_has_its_row():
    student = np.array([[0.1, 0.9], [0.5, 0.25]])
    table = before_after({3: {"student": student, "stranger": 1 - student}}, ["read", "left"])
    rows = table.set_index(["seed", "network", "measure"])
    assert rows.loc[(3, "student", "read"), ["before", "after"]].tolist() == [0.1, 0.9]
    assert rows.loc[(3, "stranger", "left"), "gain"] == 0.25
    assert len(rows) == 4


def test_a_lesson_that_nobody_had_has_no_rows():
    none = before_after({0: {}}, ["read"])
    assert none.empty and none["gain"].dtype == float, "it makes no objects of the other lessons"


def test_lessons_of_shared_initialisation():
    rows = lessons(Lab("what_leaks", scale="recorded"), [0, 3])
    assert set(rows.index.unique("lesson")) == {"usual", "longer", "muddled"}
    own = rows.loc["own outputs"]
    assert own.loc[("usual", "share 0", 3), "after"] > 0.3 > own.loc["muddled"]["after"].max()
    drawn = by_share(own, "after", "students", "student")
    assert sorted(set(drawn["epoch"])) == [0, 10, 25, 50, 75, 100]
    first = drawn[drawn["epoch"] == 0]["accuracy"].tolist()
    assert first == own.loc["usual", "share 0"]["after"].tolist()
    shown = table(texts(rows), "usual", {"share 1": "a stranger's", "never run": "–"})
    assert [line[0] for line in shown.rows] == ["a stranger's"]
    mean = 100 * own.loc["usual", "share 1"]["after"].mean()
    assert shown.rows[0][1].startswith(f"{mean:.1f} (") and ", " in shown.rows[0][-1]
