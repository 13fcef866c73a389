"""The picture of the scoreboard holds every claim, and what is known of it."""

import pytest

from mislabel_utils.report.dot_plot import dot_plot
from mislabel_utils.report.published import CLAIMS
from mislabel_utils.report.verdicts import Measured

ROWS = [
    Measured(CLAIMS["mnist-teacher"], [99.0, 99.1, 99.2]),
    Measured(CLAIMS["plane-student"], [float(n % 5 + 20) for n in range(100)]),
    Measured(CLAIMS["mnist-statistics"], [1.0, 2.0, 3.0]),
    Measured(CLAIMS["ilyas-det"], []),
]


def test_every_row_has_its_name_and_its_published_number():
    figure = dot_plot(ROWS, "rows").figure
    above, below = figure.axes
    names = [text.get_text() for text in above.texts]
    assert names == [
        "MNIST: teacher",
        "Plane: student, points right of 32",
        "CIFAR-10: student of D_det (not yet measured)",
    ]
    assert [text.get_text() for text in below.texts] == [CLAIMS["mnist-statistics"].name]
    diamonds = [line.get_xdata()[0] for line in above.lines if line.get_marker() == "D"]
    assert diamonds == [99.1, 100 * 23 / 32, 43.7]


def test_one_seed_has_no_interval_and_many_draws_no_dots():
    (ax,) = dot_plot([Measured(CLAIMS["mnist-teacher"], [99.0])], "one").figure.axes
    assert [line.get_marker() for line in ax.lines] == ["o", "D"]
    (ax,) = dot_plot([ROWS[1]], "draws").figure.axes
    interval, median, _ = ax.lines
    assert list(interval.get_xdata()) == [100 * 20 / 32, 100 * 24 / 32]
    assert median.get_marker() == "|"


def test_what_a_student_has_to_beat_is_marked():
    controls = {"coins": [12.0] * 19 + [20.0], "unknown": []}
    draws = Measured(CLAIMS["plane-student"], [20.0] * 3, controls=controls)
    student = Measured(CLAIMS["mnist-student-own"], [90.0] * 3, controls={"a": [9.0, 12.5, 11]})
    (ax,) = dot_plot([student, draws], "two").figure.axes
    marked = {
        (line.get_marker(), line.get_ydata()[0]): line.get_xdata()[0]
        for line in ax.lines
        if line.get_marker() in "|x"
    }
    assert marked == {("|", 0): pytest.approx(11.35), ("x", 0): 12.5, ("x", 1): 100 * 12 / 32}
    names = [text.get_text() for text in ax.figure.legends[0].texts]
    assert {"a constant answer", "the best control (of draws: of 95 %)"} <= set(names)
