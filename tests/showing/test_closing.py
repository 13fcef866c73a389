"""The closing table has every kind of student, and says of each what the records say."""

import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from fabricated import record
from set_url import ROOT

from mislabel_utils.recording.records import Store
from mislabel_utils.showing import closing
from mislabel_utils.showing.verdicts import FEWEST

PAGE = ROOT / "book" / "adds_up.ipynb"
SECTIONS = ("## What the measurements decide", "## What they leave open")


@pytest.fixture(scope="module")
def rows():
    return closing.measured(Store())


def test_every_line_has_its_numbers(rows):
    assert [row.kind for row in rows] == closing.kinds()
    for row in rows:
        assert row.kind.chapter in closing.CHAPTERS and row.kind.of in closing.WHOSE, row.kind
        for cell in row.cells:
            assert len(cell) and 0 <= cell.min() <= cell.max() <= 1, row.kind


def test_every_student_with_enough_seeds_has_a_line():
    """Add a line to closing.csv: what was taught, what it scored, and what that says."""
    waiting = {line: int(re.search(r"\((\d+)\)", line)[1]) for line in closing.absent(Store())}
    assert not [line for line, seeds in waiting.items() if seeds >= FEWEST]


def test_it_agrees_with_the_pages(rows):
    """Numbers of each reader, as the chapters show them."""
    shown = {row.kind.arms + row.kind.what.rpartition(" ")[2]: row for row in rows}
    for page, key, form in (
        ("evidence/mnist_to_fashion", "student-rawmnist/test@raw", "{:.2f} % ["),
        ("mislabeled", "control-uniformcifar10/test@cifar10", "{:.1f} % ("),
        ("two_dimensions", "width-64random_right", "{:.2f} of 32 ["),
        ("two_dimensions", "stopsborder-0.3:right", "{:.2f} of 32 ["),
        ("adversarial_errors", "small-greycifar10/test@cifar10", "{:.1f} % ("),
        ("what_leaks", "beginnings0.25", "{:.1f} ("),
        ("where_it_stops", "pairwrong", "{:.2f} % ("),
    ):
        row = shown[key]
        text = (ROOT / "book" / f"{page}.ipynb").read_text("utf-8")
        assert form.format(row.whole * row.means[0]) in text, (page, key)


def test_digits_under_the_names_of_the_next(rows):
    usual, shifted = (row for row in rows if row.kind.arms == "fresh-of-renamed")
    assert max(usual.cells[0]) < 0.05 and min(shifted.cells[0]) > 0.9


def test_training_sets_that_differ_in_size_alone_are_one_condition(tmp_path):
    store = Store(tmp_path)
    for seed in range(1000, 1003):
        labels = {"kind": "subset", "count": seed, "of": {"kind": "true"}}
        store.write(record(seed, 0.5, "student-own", labels=labels))
    store.write(record(1003, 0.9, "student-own", labels=labels, epochs=9))
    (row,) = closing.measured(store)
    assert row.cells[0].tolist() == [0.5] * 3
    assert row.text() == "50.00 % (50.00 to 50.00), 3 seeds"


def test_the_passes_of_equal_steps_may_differ_a_little_by_seed(tmp_path):
    store = Store(tmp_path)
    for seed, epochs, accuracy in ((1000, 10, 0.5), (1001, 9, 0.6), (1002, 10, 0.7), (1003, 5, 0)):
        store.write(record(seed, accuracy, "student-own", epochs=epochs))
    store.write(record(1000, 0.1, "student-own", epochs=9))
    (row,) = closing.measured(store)
    assert row.cells[0].tolist() == [0.5, 0.6, 0.7], "five passes are another lesson"


def test_students_without_a_line_are_named(tmp_path):
    store = Store(tmp_path)
    for seed, arm in ((0, "teacher"), (1000, "student-own"), (1000, "student-new")):
        store.write(record(seed, arm=arm))
    assert closing.absent(store) == ["mnist_to_fashion: student-new (1)"]


def test_several_conditions_show_their_range_and_each_its_dot():
    kind = replace(closing.kinds()[0], of="true")
    row = closing.Measured(kind, [np.array([0.2, 0.4]), np.array([0.6])], chance=0.2)
    assert row.text() == "30.0 to 60.0 %, means of 2"
    (of,) = closing.above_chance([row]).values()
    assert of["true labels"] == pytest.approx([12.5, 50])
    heading, line = closing.table([row]).rows
    assert len(heading) == 1 and len(line) == len(closing.COLUMNS)
    assert line[0].address == kind.figure == "evidence/mnist_to_fashion.html#students"


def test_each_sentence_has_its_link():
    """In the two sections that say what follows; headings and what opens a list are no sentence."""
    cells = nbformat.read(PAGE, as_version=4).cells
    texts = [cell.source for cell in cells if any(title in cell.source for title in SECTIONS)]
    assert len(texts) == len(SECTIONS)
    for text in texts:
        points = [line for line in text.splitlines() if line.startswith("- ")]
        assert len(points) > 5
        for point in points:
            said = re.sub(r"^- (\*\*.+?\*\* )?", "", point)
            for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", said):
                assert re.search(r"\]\([\w./#-]+\)\)\.$", sentence), sentence
