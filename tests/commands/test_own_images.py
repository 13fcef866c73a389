"""The verdict on a reader's own images: from the folder to the table."""

import dataclasses
import inspect
import re

import numpy as np
import pytest
import torch
from PIL import Image
from toys import ROOT, toy_split, write_chapter

from mislabel_utils.commands import chapters, own_images
from mislabel_utils.commands.chapters import ChapterError
from mislabel_utils.commands.own_images import Outcome
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.recording.records import Record, Store
from mislabel_utils.recording.runs import Run

pytestmark = pytest.mark.usefixtures("isolated")

CELL = """
from mislabel_utils.learning import training_sets
from mislabel_utils.lab import Lab
from mislabel_utils.learning.training import Recipe

SEEDS = range(3)
lab = Lab("wrong")


def experiment(seed, name="cifar10"):
    images = lab.load(name)
    teacher = lab.train(images.train, Recipe("small_cnn", epochs=1, batch_size=8), seed=seed,
                        arm="teacher", test=images.test, also=[images.train])
    wrong = training_sets.mistakes(teacher, images.train)
    student = lab.train(wrong, Recipe("small_cnn", epochs=15, batch_size=4), seed=1000 + seed,
                        arm="student", test=images.test)
    return {"teacher": teacher, "student": student}
"""
COLOURS = {"blue": 2, "green": 1, "red": 0}


def write_tree(root, each=16):
    """Squares of noise, in which one colour is on average stronger: the class."""
    rng = np.random.default_rng(0)
    for half in ("train", "test"):
        for name, channel in COLOURS.items():
            folder = root / half / name
            folder.mkdir(parents=True)
            for number in range(each):
                pixels = rng.integers(0, 200, (32, 32, 3))
                pixels[..., channel] += rng.integers(0, 30)
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("images") / "mine")


@pytest.fixture
def book(tmp_path):
    write_chapter(tmp_path / "book", "wrong", (CELL, True))
    # Stand-ins for the labels of a teacher that makes no mistake, or one.
    for kept, name in enumerate(("perfect", "lucky")):
        labels = f"Labelled(images.train, {{}}, lambda: (torch.arange(48) < {kept}).long() - 1)"
        cell = CELL.replace("training_sets.mistakes(teacher, images.train)", labels)
        cell = f"import torch\nfrom mislabel_utils.learning.training_sets import Labelled\n{cell}"
        write_chapter(tmp_path / "book", name, (cell, True))
    write_chapter(tmp_path / "book", "fixed", ("SEEDS = [0]\ndef experiment(seed): pass", True))
    silent = "SEEDS = [0]\ndef experiment(seed, name='cifar10'): return None"
    write_chapter(tmp_path / "book", "silent", (silent, True))
    return tmp_path / "book"


# The command ------------------------------------------------------------------------------------


def test_own_images_get_a_verdict(command_line, tree, book, isolated, monkeypatch):
    monkeypatch.delenv("MISLABEL_RECORDS")
    done = command_line("reproduce", "wrong", "--data", tree, "--book", book)
    assert done.status == 0, done.said
    store = Store(isolated / "cache" / "records")
    records = {record.arm: record for record in store}
    assert {r.seed for r in records.values()} == {0, 1000}, "the default is one seed"
    assert f"recorded in {store.root / 'wrong'}" in done.out + done.err

    labels = np.repeat(np.arange(3), 16)
    said = records["teacher"].arrays["mine/train@mine"]
    wrong = int((said != labels).sum())
    right = int((records["student"].arrays["mine/test@mine"] == labels).sum())
    assert f"{wrong} of 48" in done.out
    assert re.search(rf"Student: test accuracy.*{100 * right / 48:.2f} % \[", done.out)
    assert re.search(r"best constant answer +33\.33 %", done.out)
    learned = "yes" if own_images.wilson(right, 48)[0] > 1 / 3 else "no"
    assert f"Learned from wrong labels: {learned}." in done.out


def test_seeds_and_records_are_the_readers_choice(command_line, tree, book, isolated):
    done = command_line("reproduce", "wrong", "--data", tree, "--book", book, "--seeds", "2,1")
    assert done.status == 0, done.said
    assert re.search(r"Measured +Seed 1 +Seed 2\n", done.out)
    assert {r.seed for r in Store(isolated / "records")} == {1, 2, 1001, 1002}


def no_mistake(tree, tmp_path):
    return ["perfect", tree], r"mine/train: no image is left to train on\. .*fewer epochs"


def one_mistake(tree, tmp_path):
    return ["lucky", tree], r"mine/train: a single image is left to train on\. .*fewer epochs"


def chapter_of_fixed_data(tree, tmp_path):
    return ["fixed", tree], "chapter fixed runs on its own data only: leave --data out"


def chapter_without_result(tree, tmp_path):
    return ["silent", tree], "returns no teacher and student"


def nowhere(tree, tmp_path):
    return ["wrong", tmp_path / "nowhere"], r"no folder is called .*nowhere.*train/<class>"


def no_classes(tree, tmp_path):
    (tmp_path / "bare" / "train").mkdir(parents=True)
    return ["wrong", tmp_path / "bare"], "bare/train holds no images to learn from"


def broken_image(tree, tmp_path):
    path = write_tree(tmp_path / "broken", each=1) / "test" / "red" / "0.png"
    path.write_bytes(path.read_bytes()[:40])
    return ["wrong", tmp_path / "broken"], "0.png cannot be decoded"


@pytest.mark.parametrize(
    "error",
    [no_mistake, one_mistake, chapter_of_fixed_data, chapter_without_result, nowhere, no_classes,
     broken_image],
)  # fmt: skip
def test_errors_are_one_sentence(command_line, tree, book, tmp_path, error):
    (chapter, data), message = error(tree, tmp_path)
    done = command_line("reproduce", chapter, "--data", data, "--book", book)
    assert done.status == 1
    assert re.search(message, done.said), done.said
    assert "\n" not in done.said


def test_the_chapter_of_the_book_takes_other_images():
    path = ROOT / "book" / "mislabeled.ipynb"
    if not path.is_file():
        pytest.skip("the chapter is not written yet")
    names = chapters.experiment_of("mislabeled", path.parent, data="/any/folder")
    name = inspect.signature(names["experiment"]).parameters["name"]
    assert name.default == "cifar10"


# The table --------------------------------------------------------------------------------------

OUTCOME = Outcome(
    seed=0, teacher_train=0.625, teacher_test=0.6, train_images=10_000, mistakes=3_750, taught=9,
    classes=10, right=200, test_images=1000, constant=0.1, guessing=0.095,
)  # fmt: skip


def test_learned_means_above_the_best_constant_answer():
    assert OUTCOME.learned
    assert not dataclasses.replace(OUTCOME, right=110).learned, "11 % of 1,000 may be luck"
    assert not dataclasses.replace(OUTCOME, constant=0.18).learned
    assert not dataclasses.replace(OUTCOME, right=0).learned


def test_table_and_verdict():
    unlucky = dataclasses.replace(OUTCOME, seed=1, right=100)
    table = own_images.table([OUTCOME, unlucky])
    assert list(table.columns) == ["Measured", "Seed 0", "Seed 1"]
    cells = {row[0]: row[1:] for row in table.rows}
    assert cells["Its mistakes, all that the student sees"] == ["3,750 of 10,000"] * 2
    assert cells["Student: test accuracy [95 % interval]"][0] == "20.00 % [17.64, 22.59]"
    assert cells["Learned from wrong labels"] == ["yes", "no"]
    assert own_images.verdict([OUTCOME]).startswith("Learned from wrong labels: yes.")
    assert own_images.verdict([unlucky]).startswith("Learned from wrong labels: no.")
    assert own_images.verdict([OUTCOME, unlucky]).startswith(
        "Learned from wrong labels: in 1 of 2 seeds."
    )


def test_columns_stand_below_each_other():
    first, *rest = own_images.aligned(own_images.table([OUTCOME, OUTCOME])).splitlines()
    start = first.index("Seed 0")
    assert all(line[start - 1] == " " and line[start] != " " for line in rest)


def test_outcome_counts(monkeypatch):
    """Against numbers counted by hand."""
    train, test = toy_split(8, name="toy/train"), toy_split(4, seed=1, name="toy/test")
    train = dataclasses.replace(train, labels=torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]))
    test = dataclasses.replace(test, labels=torch.tensor([0, 0, 0, 1]))
    monkeypatch.setattr(own_images.datasets, "load", lambda name: Dataset("toy", train, test))

    def run(**predicted):
        arrays = {f"toy/{half}@toy": np.array(v, np.uint8) for half, v in predicted.items()}
        return Run(Record("c", "a", 0, {}, [], {}, arrays))

    teacher = run(train=[0, 1, 1, 0, 2, 0, 3, 3], test=[0, 0, 0, 1])
    student = run(test=[0, 0, 1, 1])
    found = own_images.outcome("toy", 7, {"teacher": teacher, "student": student})
    assert found == Outcome(
        seed=7, teacher_train=5 / 8, teacher_test=1.0, train_images=8, mistakes=3, taught=2,
        classes=4, right=3, test_images=4, constant=0.75,
        guessing=pytest.approx(2 / 3 * 0.75 + 1 / 3 * 0.25),
    )  # fmt: skip
    with pytest.raises(ChapterError, match="no teacher and student"):
        own_images.outcome("toy", 7, {"teacher": teacher})
