"""Every figure draws what it is given, and shows once in a notebook."""

import io
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
import torch
from toys import environment

from mislabel_utils.showing import figures

IMAGES = torch.randint(0, 256, (5, 1, 28, 28), dtype=torch.uint8)
NAMES = ["a", "b", "c"]


def texts(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    assert plt.get_fignums() == [], "an open figure would be shown a second time"


def test_picture_grid():
    figure = figures.picture_grid(IMAGES, [f"title {i}" for i in range(5)], columns=3)
    assert [ax.get_title() for ax in figure.axes][:5] == [f"title {i}" for i in range(5)]
    shown = figure.axes[2].images[0].get_array()
    assert (torch.tensor(shown.data) == IMAGES[2, 0]).all()


def test_colour_pictures():
    colour = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    figure = figures.picture_grid(colour, ["colour"], columns=1)
    assert figure.axes[0].images[0].get_array().shape == (32, 32, 3)


def test_histogram_writes_its_counts():
    figure = figures.histogram(torch.tensor([3, 1200, 0]), NAMES, "x", "y")
    assert texts(figure) == ["3", "1,200", "0"]
    assert [bar.get_height() for bar in figure.axes[0].patches] == [3, 1200, 0]


def test_matrix_writes_shares_in_per_cent():
    figure = figures.matrix(torch.tensor([[0.9, 0.096, 0.004]]), ["r"], NAMES, "x", "y")
    assert texts(figure) == ["90", "10"]


def test_curves_show_mean_and_range():
    figure = figures.curves({"arm": [{1: 0.1, 2: 0.3}, {1: 0.3, 2: 0.5}]}, {"chance": 0.1})
    line = figure.axes[0].lines[0]
    assert line.get_ydata() == pytest.approx([20, 40])
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((10, 50))


def test_seeds_shows_every_seed_and_the_published_number():
    figure = figures.seeds({"many": [0.5, 0.6, 0.7], "one": [0.4]}, {"many": 62.0}, "x")
    drawn = [tuple(line.get_xdata()) for line in figure.axes[0].lines]
    assert pytest.approx((50, 60, 70)) in drawn
    assert pytest.approx((40,)) in drawn and pytest.approx((62,)) in drawn


def test_confusions_stand_side_by_side():
    tables = {"teacher": torch.eye(3), "student": torch.full((3, 3), 1 / 3)}
    figure = figures.confusions(tables, NAMES, "answer")
    assert [ax.get_title("left") for ax in figure.axes[:2]] == ["teacher", "student"]
    assert [ax.images[0].get_clim() for ax in figure.axes[:2]] == [(0, 1)] * 2, "one scale for both"


def test_shares_add_up_to_all():
    figure = figures.shares({"one": torch.rand(30), "two": torch.rand(400)}, "x", "y")
    for outline in figure.axes[0].patches:
        heights = outline.get_xy()[1:-1:2, 1]
        assert heights.sum() == pytest.approx(100)


def test_doses_draw_each_seed_and_the_mean():
    figure = figures.doses({"student": ((1, 10), [[0.2, 0.4], [0.4, 0.8]])}, {"chance": 0.1}, "x")
    lines = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert lines[0] == pytest.approx([30, 60])
    assert lines[1:3] == [pytest.approx([20, 40]), pytest.approx([40, 80])]
    assert lines[3] == pytest.approx([10, 10])


def test_predictors_show_every_seed_against_every_quantity():
    known = {"one": {"a": [1.0, 2.0], "b": [3.0, 4.0]}, "two": {"a": [5.0, 6.0], "b": [7.0, 8.0]}}
    figure = figures.predictors(known, {"a": [0.1, 0.2], "b": [0.3, 0.4]})
    drawn = [[line.get_xydata().tolist() for line in ax.lines] for ax in figure.axes]
    assert drawn[0] == [[[1, 10], [2, 20]], [[3, 30], [4, 40]]]
    assert drawn[1][1] == [[7, 30], [8, 40]]
    assert [ax.get_xlabel() for ax in figure.axes] == ["one", "two"]


def test_where_nothing_was_published_the_legend_names_nothing():
    legends = [
        [text.get_text() for text in figures.seeds({"a": [0.5]}, given, "x").legends[0].texts]
        for given in ({}, {"a": 50.0})
    ]
    assert legends == [["one seed", "mean, range"], ["one seed", "mean, range", "published"]]


def test_a_few_seeds_have_their_range_and_more_an_interval():
    figure = figures.seeds({"few": [0.4, 0.5, 0.9], "many": [0.1] * 3 + [0.3] * 3}, {}, "x")
    few, many = (line.get_xdata() for line in figure.axes[0].lines if line.get_marker() == "None")
    assert list(few) == [40, 90] and 8 < many[0] < many[1] < 32
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "one seed", "mean, 95 %", "mean, range",
    ]  # fmt: skip


# A reader's own plots -----------------------------------------------------------------------------

OURS = """
import importlib, matplotlib, pkgutil
before = dict(matplotlib.rcParams)
import mislabel_utils
for module in pkgutil.walk_packages(mislabel_utils.__path__, "mislabel_utils."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([key for key, value in matplotlib.rcParams.items() if before[key] != value])
"""


def test_no_import_restyles_a_readers_plots():
    done = subprocess.run([sys.executable, "-c", OURS], capture_output=True, text=True,
                          env=environment(MPLBACKEND="agg"))  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


READERS = {"font.size": 30, "figure.figsize": (9, 9), "axes.spines.top": True}


def test_drawing_keeps_both_looks():
    def drawn():
        content = io.BytesIO()
        made = figures.histogram(torch.tensor([3, 1200, 0]), NAMES, "x", "y")
        with plt.rc_context(READERS):  # when it is shown
            made.savefig(content, format="png")
        return content.getvalue()

    as_before = drawn()
    with plt.rc_context(READERS):
        assert drawn() == as_before
        assert plt.rcParams["font.size"] == 30
