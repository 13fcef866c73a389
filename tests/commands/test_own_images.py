"""The verdict on a reader's own images: from the folder to the table."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from toys import toy_split, write_study

from mislabel_utils.commands import own_images, reproduce
from mislabel_utils.commands.own_images import Outcome
from mislabel_utils.learning.datasets import DataError, Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.records import Record, Store
from mislabel_utils.recording.runs import Run

pytestmark = pytest.mark.usefixtures("isolated")

STUDY = """
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.studies.mislabeled import train_student, train_teacher

SEEDS, EPOCHS = range(3), 15
RECIPE = Recipe("small_cnn", epochs=1, batch_size=8)


def load(lab):
    raise RuntimeError("the chapter's own images are not asked for")


experiment = load
"""
COLOURS = ("blue", "green", "red")


def write_tree(root, each=36):
    """Squares of noise in which one colour is stronger: the class, but for every sixth to train on.

    So a teacher that has found the rule errs, and a student of its errors can find it too.
    """
    rng = np.random.default_rng(0)
    for half in ("train", "test"):
        for label, name in enumerate(COLOURS):
            folder = root / half / name
            folder.mkdir(parents=True)
            for number in range(each):
                pixels = rng.integers(0, 100, (32, 32, 3))
                wrong = half == "train" and number % 6 == 0
                pixels[..., 2 - (label + wrong) % 3] += 100
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number:02d}.png")
    return root


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("images") / "mine")


@pytest.fixture
def call(tmp_path, monkeypatch, command_line):
    """Reproduce a study on pictures of a reader's own."""
    write_study(tmp_path, "wrong", STUDY)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda data, *options, chapter="wrong": command_line(
        "reproduce", chapter, "--data", data, *options
    )


# The command ------------------------------------------------------------------------------------


def test_own_images_get_a_verdict(call, tree, isolated, monkeypatch):
    monkeypatch.delenv("MISLABEL_RECORDS")
    done = call(tree)
    assert done.status == 0, done.said
    store = Store(isolated / "cache" / "records")
    assert {record.seed for record in store} == {0, 1000}, "the default is one seed"
    assert f"recorded in {store.root / 'wrong'}" in done.out + done.err

    labels = np.repeat(np.arange(3), 36)
    (student,) = (r for r in store if r.arm == "student")
    teacher = store.find(student.config["labels"]["run"])
    epochs = teacher.config["recipe"]["epochs"]
    assert student.config["recipe"]["epochs"] == 15 * epochs
    wrong = int((teacher.arrays["mine/train@mine"] != labels).sum())
    right = int((student.arrays["mine/test@mine"] == labels).sum())
    assert re.search(rf"Teacher: epochs +{epochs}\n", done.out)
    assert f"{wrong} of 108" in done.out
    assert re.search(rf"Student: test accuracy.*{right / 108:.2%} \[", done.out)
    assert re.search(r"best constant answer +33\.33%", done.out)
    learned = "yes" if own_images.wilson(right, 108)[0] > 1 / 3 else "no"
    assert f"Learned from wrong labels: {learned}." in done.out


def test_seeds_and_records_are_the_readers_choice(call, tree, isolated):
    done = call(tree, "--seeds", "2,1", "--no-flips")
    assert done.status == 0, done.said
    assert re.search(r"Measured +Seed 1 +Seed 2\n", done.out)
    assert {r.seed for r in Store(isolated / "records")} == {1, 2, 1001, 1002}
    assert {r.config["recipe"]["flip"] for r in Store(isolated / "records")} == {False}


def chapter_of_fixed_data(tree, tmp_path):
    return ["what_leaks", tree], "chapter what_leaks runs on its own data only: leave --data out"


def no_classes(tree, tmp_path):
    (tmp_path / "bare" / "train").mkdir(parents=True)
    return ["wrong", tmp_path / "bare"], "bare/test holds no pictures to learn from"


def broken_image(tree, tmp_path):
    path = write_tree(tmp_path / "broken", each=1) / "test" / "red" / "00.png"
    path.write_bytes(path.read_bytes()[:40])
    return ["wrong", tmp_path / "broken"], r"cannot be decoded: test/red/00\.png \("


@pytest.mark.parametrize(
    "error",
    [chapter_of_fixed_data, no_classes, broken_image],
)
def test_errors_are_one_sentence(call, tree, tmp_path, error):
    (chapter, data), message = error(tree, tmp_path)
    done = call(data, chapter=chapter)
    assert done.status == 1
    assert re.search(message, done.said), done.said
    assert "\n" not in done.said


def test_the_chapter_of_the_book_takes_other_images():
    study = reproduce.study_of("mislabeled", own=True)
    assert study.EPOCHS // study.RECIPE.epochs == 25, "as the page says"


# The protocol -----------------------------------------------------------------------------------


def asked(right_by_epochs, answers, images):
    """Put the question to networks whose answers are known; the outcome, and what was trained."""
    trained = []

    def network(arm, recipe, train, test):
        trained.append((arm, recipe.epochs))
        arrays = {"toy/train@toy": train.numpy(), "toy/test@toy": test.numpy()}
        accuracies = {
            split.key: float((arrays[split.key] == split.labels.numpy()).mean())
            for split in (images.train, images.test)
        }
        return Run(Record("c", arm, 0, {}, [], accuracies, arrays))

    def train_teacher(lab, images, seed, recipe):
        wrong = torch.arange(len(images.train)) >= right_by_epochs[recipe.epochs]
        said = (images.train.labels + wrong) % 4
        return network("teacher", recipe, said, images.test.labels)

    def train_student(lab, teacher, images, seed, recipe):
        return network("student", recipe, images.train.labels, answers)

    study = SimpleNamespace(
        RECIPE=Recipe("small_cnn", epochs=2, batch_size=100), EPOCHS=50,
        train_teacher=train_teacher, train_student=train_student,
    )  # fmt: skip
    lab = SimpleNamespace(load=lambda name: images)
    return own_images.ask(study, lab, "toy", 7), trained


@pytest.fixture
def images():
    """400 images of four equally frequent classes."""
    train, test = toy_split(400, name="toy/train"), toy_split(400, seed=1, name="toy/test")
    labels = torch.arange(400) % 4
    return Dataset(
        "toy",
        *(dataclasses.replace(s, labels=labels, classes=tuple("abcd")) for s in (train, test)),
    )


def test_epochs_double_until_the_teacher_has_left_chance(images):
    # 215 of 400 are not clearly more than half, 240 are
    outcome, trained = asked({2: 100, 4: 215, 8: 240}, images.test.labels, images)
    assert trained == [("teacher", 2), ("teacher", 4), ("teacher", 8), ("student", 200)]
    assert (outcome.epochs, outcome.mistakes, outcome.right) == (8, 160, 400)
    assert own_images.verdict([outcome]).startswith("Learned from wrong labels: yes.")


def test_a_student_of_a_teacher_that_knows_something_may_still_learn_nothing(images):
    outcome, trained = asked({2: 240}, torch.zeros(400).long(), images)
    assert trained == [("teacher", 2), ("student", 50)]
    assert (outcome.right, outcome.constant, outcome.learned) == (100, 0.25, False)
    assert own_images.verdict([outcome]).startswith("Learned from wrong labels: no.")


def test_a_teacher_that_learns_nothing_is_given_up(images):
    outcome, trained = asked({2**n: 100 for n in range(1, 12)}, images.test.labels, images)
    assert trained[-1] == ("teacher", 256), "four steps an epoch: the first with 780 or more"
    assert outcome.right is None
    said = own_images.verdict([outcome])
    assert "Learned" not in said
    assert "The question was not put (seed 7): the teacher learned nothing" in said


@pytest.mark.parametrize("right", [400, 381])
def test_a_teacher_too_good_to_err_has_no_student(images, right):
    outcome, trained = asked({2: right}, images.test.labels, images)
    assert trained == [("teacher", 2)]
    assert "The question was not put (seed 7): too few mistakes" in own_images.verdict([outcome])
    assert own_images.table([outcome]).iloc[-1].tolist() == ["not asked"]


def test_half_way_where_one_class_is_frequent():
    """Twice 60 % is out of reach: 80 % have to be passed."""
    often = dataclasses.replace(OUTCOME, common=0.6, mistakes=1900)
    assert often.teacher_knows
    assert not dataclasses.replace(often, mistakes=2000).teacher_knows


# The table --------------------------------------------------------------------------------------

OUTCOME = Outcome(
    seed=0, epochs=2, teacher_test=0.6, common=0.1, train_images=10_000,
    mistakes=3_750, taught=9, classes=10, test_images=1000, constant=0.1, right=200,
    read=3,
)  # fmt: skip


def test_learned_means_above_the_best_constant_answer():
    assert OUTCOME.learned
    assert not dataclasses.replace(OUTCOME, right=110).learned, "11 % of 1,000 may be luck"
    assert not dataclasses.replace(OUTCOME, constant=0.18).learned
    assert not dataclasses.replace(OUTCOME, right=0).learned


def test_table_and_verdict():
    unlucky = dataclasses.replace(OUTCOME, seed=1, right=100)
    table = own_images.table([OUTCOME, unlucky])
    assert list(table.columns) == ["Seed 0", "Seed 1"]
    cells = {name: row.tolist() for name, row in table.iterrows()}
    assert cells["Its mistakes, all that the student sees"] == ["3,750 of 10,000"] * 2
    assert cells["Classes it gets right half of the time or more"] == ["3 of 10"] * 2
    assert cells["Student: test accuracy [95% interval]"][0] == "20.00% [17.64, 22.59]"
    assert cells["Learned from wrong labels: above a constant answer"] == ["yes", "no"]
    assert own_images.verdict([OUTCOME]).startswith("Learned from wrong labels: yes.")
    assert own_images.verdict([unlucky]).startswith("Learned from wrong labels: no.")
    assert own_images.verdict([OUTCOME, unlucky]).startswith(
        "Learned from wrong labels: in 1 of 2 seeds."
    )


@pytest.mark.parametrize("train, test, message", [
    (66, 2, "2 test pictures are too few for an answer: with all of them right a"),
    (6, 50, "6 training pictures are too few for an answer: a teacher that makes 20"),
])  # fmt: skip
def test_what_could_not_be_answered_yes_is_not_asked(train, test, message):
    """Six of six right were called "learned nothing"."""
    images = Dataset("toy", toy_split(train), toy_split(test, name="toy/test"))
    with pytest.raises(DataError, match=f"^{message}"):
        own_images.require_enough(images)
    own_images.require_enough(Dataset("toy", toy_split(66), toy_split(50)))


def test_too_few_pictures_are_not_trained_on(call, tmp_path):
    done = call(write_tree(tmp_path / "few", each=2))
    assert done.status == 1 and done.said.startswith("6 training pictures are too few")
    assert "blue 2 + 2, green 2 + 2, red 2 + 2." in done.out
    assert Store().paths() == []


def test_outcome_counts():
    """Against numbers counted by hand."""
    train, test = toy_split(8, name="toy/train"), toy_split(4, seed=1, name="toy/test")
    train = dataclasses.replace(train, labels=torch.tensor([0, 0, 1, 1, 2, 2, 2, 3]))
    test = dataclasses.replace(test, labels=torch.tensor([0, 0, 0, 1]))
    said = {"train": [0, 1, 1, 0, 2, 0, 2, 3], "test": [0, 0, 0, 1]}
    arrays = {f"toy/{half}@toy": np.array(v, np.uint8) for half, v in said.items()}
    accuracies = {"toy/train@toy": 5 / 8, "toy/test@toy": 1.0}
    teacher = Run(Record("c", "a", 0, {}, [], accuracies, arrays))
    found = own_images.of_teacher(teacher, Dataset("toy", train, test), 7, 4)
    assert found == Outcome(
        seed=7, epochs=4, teacher_test=1.0, common=3 / 8, train_images=8, mistakes=3, taught=2,
        classes=4, test_images=4, constant=0.75,
    )  # fmt: skip
