"""Before and after a lesson: each number in the row of its seed, network and measure."""

from mislabel_utils.lab import Lab
from mislabel_utils.report.before_after import lessons, texts


def test_lessons_of_shared_initialisation():
    rows = lessons(Lab("what_leaks", scale="recorded"), [0, 3])
    assert set(rows.index.unique("lesson")) == {"usual", "longer", "muddled"}
    own = rows.loc["own outputs"]
    assert own.loc[("usual", "share 0", 3), "after"] > 0.3 > own.loc["muddled"]["after"].max()
    stranger = rows.loc[("own outputs", "usual", "share 1", 3)]
    assert stranger["gain"] == stranger["after"] - stranger["before"] != 0
    shown = texts(rows).loc["usual", "share 1"]
    mean = 100 * own.loc["usual", "share 1"]["after"].mean()
    assert shown["own outputs"].startswith(f"{mean:.1f} (") and float(shown["before"]) > 0
