"""The verdict on a reader's own images: from the folder to the table."""

import dataclasses
import re
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from toys import toy_split

from mislabel_utils.commands import own_images
from mislabel_utils.learning.datasets import Dataset
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.records import Store
from mislabel_utils.studies import Trial, mislabeled

pytestmark = pytest.mark.usefixtures("isolated")

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
def call(monkeypatch, command_line):
    """Reproduce a study on pictures of a reader's own, with a small network in few passes."""
    monkeypatch.setattr(mislabeled, "RECIPE", Recipe("small_cnn", epochs=1, batch_size=8))
    monkeypatch.setattr(mislabeled, "EPOCHS", 15)
    return lambda data, *options, chapter="mislabeled": command_line(
        "reproduce", chapter, "--data", data, *options
    )


# The command ------------------------------------------------------------------------------------


def test_own_images_get_a_verdict(call, tree, isolated, monkeypatch):
    monkeypatch.delenv("MISLABEL_RECORDS")
    done = call(tree, "--no-flips")
    assert done.status == 0, done.said
    store = Store(isolated / "cache" / "records")
    assert {record.seed for record in store} == {0, 1000}, "the default is one seed"
    assert {record.config["recipe"]["flip"] for record in store} == {False}
    assert f"recorded in {store.root / 'mislabeled'}" in done.out + done.err

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


def test_a_chapter_of_fixed_data_says_so(call, tree):
    done = call(tree, chapter="what_leaks")
    assert done.status == 1
    assert "chapter what_leaks runs on its own data only: leave --data out" in done.said


def test_a_student_makes_as_many_passes_for_each_of_its_teacher_s_as_the_page_says():
    assert mislabeled.EPOCHS // mislabeled.RECIPE.epochs == 25


# The protocol -----------------------------------------------------------------------------------


@pytest.fixture
def images():
    """400 images of four equally frequent classes."""
    return Dataset("toy", toy_split(400), toy_split(400, seed=1, name="toy/test"))


def asked(right_by_epochs, right, images, batch_size=100):
    """Put the question to a teacher with so many right training labels after so many epochs, and to
    a student with so many right test labels: what was found, the verdict, and what was trained."""
    trained = []

    def run(arm, recipe, count):
        trained.append((arm, recipe.epochs))
        wrong = torch.arange(400) >= count
        predict = lambda split: (split.labels + wrong) % 4  # noqa: E731
        return SimpleNamespace(predict=predict, accuracy=lambda split: 0.125)

    of_teacher = lambda one, arm, on, recipe: run(arm, recipe, right_by_epochs[recipe.epochs])  # noqa: E731
    of_mistakes = lambda one, arm, teacher, recipe: run(arm, recipe, right)  # noqa: E731
    recipe = dataclasses.replace(mislabeled.RECIPE, batch_size=batch_size)
    with (
        patch.object(mislabeled, "RECIPE", recipe),
        patch.object(mislabeled, "of_mistakes", of_mistakes),
        patch.object(Trial, "teach", of_teacher),
    ):
        found = own_images.ask(SimpleNamespace(load=lambda name: images), "toy", 7)
    return found, own_images.verdict(pd.Series({"Seed 7": found[own_images.ANSWER]})), trained


def test_epochs_double_until_the_teacher_has_left_chance(images):
    # 215 of 400 are not clearly more than half, 240 are
    found, said, trained = asked({2: 100, 4: 215, 8: 240}, 400, images)
    assert trained == [("teacher", 2), ("teacher", 4), ("teacher", 8), ("student", 200)]
    assert list(found.values()) == [
        "8", "60.00%", "12.50%", "160 of 400", "4 of 4", "100.00% [99.05, 100.00]", "4 of 4",
        "400", "25.00%", "yes",
    ]  # fmt: skip
    assert said == "Seed 7: Learned from wrong labels: yes."


@pytest.mark.parametrize(("right", "answer"), [(116, "no"), (118, "yes")])
def test_learned_means_above_the_best_constant_answer(images, right, answer):
    """Of 400 in four classes 117 may be luck."""
    _, said, trained = asked({2: 240}, right, images)
    assert trained == [("teacher", 2), ("student", 50)]
    assert said == f"Seed 7: Learned from wrong labels: {answer}."


def test_a_teacher_that_learns_nothing_is_given_up(images):
    _, said, trained = asked({2**n: 100 for n in range(1, 12)}, 400, images)
    assert trained[-1] == ("teacher", 256), "four steps an epoch: the first with 780 or more"
    assert said.startswith("Seed 7: the teacher learned nothing; its training")


def test_no_run_has_more_epochs_than_have_random_numbers(images):
    known = {2**n: 100 for n in range(1, 10)}
    for right in ({1000: 100}, {64: 240}):
        assert asked(known | right, 400, images, batch_size=400)[2][-1][1] == 1000


@pytest.mark.parametrize("right", [400, 381])
def test_a_teacher_too_good_to_err_has_no_student(images, right):
    _, said, trained = asked({2: right}, 400, images)
    assert trained == [("teacher", 2)]
    assert said.startswith("Seed 7: too few mistakes; the teacher is")


def test_a_folder_that_has_the_name_of_a_data_set(call, tmp_path, monkeypatch):
    write_tree(tmp_path / "mnist", each=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(own_images, "CHAPTER_STEPS", 1)
    assert "blue 2 + 2, green 2 + 2, red 2 + 2." in call("mnist").out
