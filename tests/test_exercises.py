"""The code of the exercises' solutions runs as it is printed."""

from dataclasses import replace

import nbformat
import pytest
import torch
from execute import BOOK

from mislabel_utils.learning import datasets, inference, models, training, training_sets
from mislabel_utils.report import results

pytestmark = pytest.mark.usefixtures("isolated")


def cell(chapter, cell_id):
    """The source of a cell."""
    cells = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4).cells
    (text,) = (cell.source for cell in cells if cell.id == cell_id)
    return text


def printed(chapter, cell_id):
    """The code in a Markdown cell."""
    return cell(chapter, cell_id).partition("```python\n")[2].partition("```")[0]


def imported(chapter, cell_id):
    """What the imports at the head of a cell define."""
    names = {}
    exec(cell(chapter, cell_id).partition("\nlab = ")[0], names)
    return names


@pytest.fixture
def shoe_page():
    """What the imports of *A shoe is a 2* define, and a recipe that is done in a moment."""
    names = imported("mnist_to_fashion", "read")
    return names | {"recipe": names["Recipe"]("small_cnn", epochs=1)}


def test_clothes_without_a_four_teach_no_four(shoe_page, capsys):
    exec(printed("mnist_to_fashion", "exercise-2"), shoe_page)
    student, mnist = shoe_page["student"], shoe_page["mnist"]
    answers = student.predict(mnist.test)  # would fail for a split of another scale
    assert len(mnist.test) < 10_000
    assert not (answers == 4).any()
    assert "tensor(" in capsys.readouterr().out


def test_digits_teach_some_clothes(shoe_page, capsys):
    shoe_page["recipe"] = replace(shoe_page["recipe"], epochs=5)
    exec(printed("mnist_to_fashion", "exercise-3"), shoe_page)
    teacher, student = map(float, capsys.readouterr().out.split())
    assert 0.15 < student < 0.6 < teacher


def test_the_loop_on_the_page_is_the_books(shoe_page, monkeypatch):
    """From the same weights and in the same order it ends where `training.train` does."""
    exec(cell("mnist_to_fashion", "loop"), shoe_page)
    exec(cell("mnist_to_fashion", "now").partition("some = ")[0], shoe_page)
    network = shoe_page["network"]
    split = datasets.load("fashion_mnist", "quick").train
    few = replace(
        split, images=split.images[:300], labels=split.labels[:300], index=split.index[:300]
    )
    with torch.random.fork_rng():
        network.load_state_dict(models.build("small_cnn", (1, 28, 28), 10, seed=7).state_dict())
    order = torch.arange(300).flip(0)
    monkeypatch.setattr(torch, "randperm", lambda count, **_: order)
    trained = training.train(
        replace(shoe_page["recipe"], epochs=2), training_sets.true_labels(few), seed=7
    ).network
    before = network[0].weight.clone()
    images = inference.standardised(few.images, few.normalization)
    shoe_page["fit"](network, images, few.labels, epochs=2)
    assert (network[0].weight - before).abs().max() > 1e-3
    for ours, theirs in zip(network.parameters(), trained.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_random_places_teach_what_their_labels_say(capsys):
    names = {}
    exec(cell("two_dimensions", "experiment").replace("(100)", "(2)"), names)
    exec(printed("two_dimensions", "exercise-2"), names)
    flipped, own = map(float, capsys.readouterr().out.splitlines()[1:])
    assert flipped < 0.5 < own


def test_letters_can_be_a_transfer_set(capsys):
    exec(printed("what_leaks", "exercise-2"), imported("what_leaks", "read"))
    read = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert min(map(float, read.values())) > 0.6 and list(read) == ["letters", "signs"]


def test_shoes_can_be_the_classes_of_a_cell(capsys):
    names = imported("where_it_stops", "read")
    exec(printed("where_it_stops", "exercise-2"), names)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(names["study"].CHOICES.values())


def test_who_shares_the_weights_of_a_teacher_without_digits(capsys):
    names = imported("what_leaks", "read")
    exec(printed("what_leaks", "exercise-3"), names)
    measured = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert list(measured) == list(names["shared_initialisation"].MEASURES)
    reads, agrees = ([float(n) for n in measured[what].split() if n[0] == "0"]
                     for what in ("own outputs", "agreement"))  # fmt: skip
    assert reads[1] < 0.2 and agrees[1] > agrees[0]


def test_noise_can_be_moved_towards_a_class(capsys):
    names = imported("adversarial_errors", "imports")
    exec(printed("adversarial_errors", "exercise-2"), names)
    moved = (names["on"].images - names["noise"].images).flatten(1).norm(dim=1)
    assert moved.min() > 0 and moved.max() <= names["one"].attack.epsilon + 1e-4
    assert 0 < float(capsys.readouterr().out) < 1


def test_an_arm_of_a_readers_own_is_rows_of_the_same_table():
    names = {"results": results}
    exec(printed("reproduce", "own-arm"), names)
    read = names["mine"].set_index("name").accuracy
    assert read["teacher"] > 0.7 and read["student"] > read["shuffled"] + 0.1
