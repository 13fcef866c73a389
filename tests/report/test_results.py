"""The table of results: every record, in words, with the numbers that the pages have."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from fabricated import FASHION, JPEG, OTHER
from fabricated import MNIST as DIGITS

from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets, inputs, training_sets
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.recording.records import Store
from mislabel_utils.recording.runs import Run
from mislabel_utils.report import results
from mislabel_utils.report.results import data_name, trained_on
from mislabel_utils.studies import mnist_to_fashion

MNIST = "mnist/test@mnist"


@pytest.fixture(scope="module")
def rows():
    return results.frame()


def selected(rows, **of):
    for column, value in of.items():
        rows = rows[rows[column] == value]
    return rows


def test_every_record_is_in_it(rows):
    paths = Store().paths()
    assert set(rows.record) == {path.stem[-12:] for path in paths}
    assert rows.record.nunique() == len(paths) >= 865
    assert list(rows.columns) == list(results.COLUMNS)
    assert not rows.duplicated(["record", "test_set"]).any()


def test_a_record_says_the_same(rows):
    record = Store().find("157d7d7ba7bf")
    mine = selected(rows, record="157d7d7ba7bf").set_index("test_set")
    assert mine.accuracy.to_dict() == record.metrics
    assert (mine.seconds == record.environment["seconds"]).all()
    assert set(mine["name"]) == {"teacher"} and set(mine.seed) == {4} == {record.seed}


def test_a_second_student_has_the_seed_of_the_first(rows):
    for again in ("small-steps-10-again", "student-again"):
        first = again.replace("student-", "student-mixed-").removesuffix("-again")
        assert set(selected(rows, arm=again).seed) == set(selected(rows, arm=first).seed)


def test_who_is_ahead_of_whom_is_paired_by_seed():
    shares = pd.DataFrame({"student": [0.5, 0.75], "teacher": [0.75, np.nan]}, index=[5, 7])
    assert results.ahead(shares).loc["student", "teacher"] == "25.0 points"


def test_curves_have_the_roles_of_their_arms():
    run = Run(Lab("mnist_to_fashion").store.find("157d7d7ba7bf"))
    runs = {4: {"teacher": run}, 5: {}}
    found = results.curves(runs, {"teacher": "who knows digits"})
    assert found.x.tolist() == [1, 2, 3, 4, 5] and set(found.role) == {"teacher"}
    assert found["mean"].iloc[-1] == 100 * run.record.metrics[MNIST]
    assert results.course(runs).learnt.iloc[-1] == run.record.curve[-1]["train_accuracy"]


def test_who_taught_whom(rows):
    assert set(rows.role) == {"teacher", "student", "control", ""}
    assert set(rows.labels) == {"teacher", "true", "other", ""}
    ours = selected(rows, chapter="mnist_to_fashion")
    assert set(ours[ours.role != ""].arm) == set(mnist_to_fashion.ARMS)
    (deranged,) = set(selected(rows, arm="control-deranged").labels)
    assert deranged == "other"
    assert not rows["name"].str.startswith("…").any()


def test_the_number_of_images(rows):
    """Of mistakes their teacher's accuracy tells."""
    assert set(selected(rows, chapter="mislabeled", arm="teacher").images) == {50_000}
    assert selected(rows, chapter="mislabeled", arm="student").images.isna().all()
    assert set(selected(rows, arm="untrained").images) == {0}
    assert set(selected(rows, arm="small-natural-few", seed=0).images) == {7_933}


def test_chance_is_the_commonest_class(rows):
    assert set(selected(rows, test_set=MNIST).chance) == {0.1135}
    assert set(selected(rows, test_set="cifar10/test@cifar10").chance) == {0.1}


def test_chance_is_that_of_the_images_tested_on(isolated):
    """Of the sample at quick scale; and of a reader's own that are called mnist unknown."""
    mnist, recipe = datasets.load("mnist", "quick"), Recipe("small_cnn", epochs=0)
    own = dataclasses.replace(inputs.part(mnist.test, torch.arange(50)), name="mnist/test")
    for test, chance in ((mnist.test, 0.1), (own, np.nan)):
        run = Lab("mine", "quick").train(mnist.train, recipe, seed=0, arm="t", test=test)
        found = results.frame({0: {"t": run}}).set_index("test_set").chance
        assert found[MNIST] == pytest.approx(chance, nan_ok=True)


def test_runs_of_the_moment_make_a_table_too(isolated, monkeypatch):
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    lab, recipe = Lab("mnist_to_fashion"), Recipe("small_cnn", epochs=1)
    mnist, fashion = mnist_to_fashion.load(lab)
    teacher = lab.train(
        mnist.train, recipe, seed=3, arm="teacher", test=mnist.test, also=[fashion.train]
    )
    clothes = training_sets.predictions(teacher, fashion.train)
    student = lab.train(clothes, recipe, seed=1003, arm="student-own", test=mnist.test)
    found = results.frame({3: {"teacher": teacher, "student-own": student}})
    assert found.accuracy.tolist() == [
        *teacher.record.metrics.values(), student.accuracy(mnist.test),
    ]  # fmt: skip
    assert set(found.seed) == {3} and set(found.images) == {len(mnist.train)}
    assert set(found.data) == {"a sample of MNIST", "a sample of Fashion-MNIST"}


def test_the_download_is_the_table(tmp_path, rows):
    results.download(tmp_path)
    read = pd.read_csv(tmp_path / "results.csv", keep_default_na=False, na_values={"accuracy": ""})
    assert len(read) == len(rows)
    assert read.accuracy.sum() == pytest.approx(rows.accuracy.sum())
    columns = pd.read_csv(tmp_path / "results-columns.csv")
    assert columns.column.tolist() == list(read.columns)


def test_data_are_named_by_their_pixels():
    assert data_name("mnist", DIGITS) == data_name("called otherwise", DIGITS) == "MNIST"
    assert data_name("fashion_mnist", FASHION) == "Fashion-MNIST"
    assert data_name("cifar10", JPEG) == "CIFAR-10 (JPEG copy)"
    assert data_name("cifar10", OTHER) == "cifar10, another copy (1a2b3c4d)"
    assert data_name("my clothes", OTHER) == "my clothes (1a2b3c4d)"
    assert trained_on({"experiment": "illustration"}) is None
    assert trained_on({"experiment": "sweep", "on": FASHION}) == "Fashion-MNIST"
    assert trained_on({"experiment": "beginnings", "of": DIGITS}) == "MNIST"
    assert trained_on({"experiment": "pair", "on": OTHER}) == "data set (1a2b3c4d)"
    assert trained_on({"experiment": "described", "on": "mnist/train@mnist"}) is None
