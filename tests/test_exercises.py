"""The code of the exercises' solutions runs as it is printed."""

import textwrap
from dataclasses import replace

import nbformat
import pytest
from toys import ROOT

from mislabel_utils.commands.chapters import experiment_of


def printed(chapter, cell_id):
    """The indented code in a Markdown cell."""
    cells = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4).cells
    (text,) = (cell.source for cell in cells if cell.id == cell_id)
    lines = [line for line in text.splitlines() if line.startswith("    ") or not line]
    return textwrap.dedent("\n".join(lines))


@pytest.fixture
def at_recorded_scale(isolated, monkeypatch):
    """As a reader finds the page: only the exercise itself asks for another scale."""
    monkeypatch.delenv("MISLABEL_SCALE", raising=False)


def test_clothes_without_a_four_teach_no_four(at_recorded_scale, capsys):
    names = experiment_of("mnist_to_fashion", ROOT / "book")
    names["recipe"] = replace(names["recipe"], epochs=1)  # enough to see that it runs
    exec(printed("mnist_to_fashion", "exercise-3"), names)
    student, mnist = names["student"], names["mnist"]
    answers = student.predict(mnist.test)  # would fail for a split of another scale
    assert len(mnist.test) < 10_000
    assert not (answers == 4).any()
    assert "tensor(" in capsys.readouterr().out


def test_random_places_teach_what_their_labels_say(isolated, monkeypatch, capsys):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    names = experiment_of("two_dimensions", ROOT / "book")
    names["only"] = range(2)
    exec("points, labels = draw(only)", names)
    names["teacher"] = names["train"](names["Nets"].initial(range(2), 64, "teacher"),
                                      names["points"], names["labels"])  # fmt: skip
    exec(printed("two_dimensions", "exercise-3"), names)
    flipped, own = (int(line[7:-1]) for line in capsys.readouterr().out.splitlines())
    assert flipped < 32 < own  # of 64


def test_letters_can_be_a_transfer_set(isolated, monkeypatch, capsys):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    names = experiment_of("what_leaks", ROOT / "book")
    names |= {"recipe": replace(names["recipe"], epochs=1), "COUNT": 256}
    exec(printed("what_leaks", "exercise-2"), names)
    assert len(names["given"]["hard"]) == 256
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "hard-letters", "soft-letters",
    ]  # fmt: skip


def test_shoes_can_be_the_classes_of_a_cell(isolated, monkeypatch, capsys):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    names = experiment_of("where_it_stops", ROOT / "book")
    names["STUDENT"] = 10
    exec(printed("where_it_stops", "exercise-2"), names)
    assert names["shoes"].classes == ("Sandal", "Sneaker", "Ankle boot")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and all("'images'" in line for line in lines)


def test_kin_of_a_muddled_teacher(isolated, monkeypatch, capsys):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    names = experiment_of("what_leaks", ROOT / "book")
    names |= {"NOISE": 512, "study": names["lesson"], "READ": 200}
    exec(printed("what_leaks", "exercise-3"), names)
    measured = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert measured == list(names["kin"].MEASURES)


def test_noise_can_be_moved_towards_a_class(isolated, monkeypatch, capsys):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    names = experiment_of("adversarial_errors", ROOT / "book")
    names |= {"STEPS": 47, "recipe": replace(names["recipe"], epochs=1)}
    exec(printed("adversarial_errors", "exercise-2"), names)
    moved = (names["on"].images - names["noise"].images).flatten(1).norm(dim=1)
    assert moved.min() > 0 and moved.max() <= names["EPSILON"] + 1e-4
    assert 0 < float(capsys.readouterr().out) < 1
