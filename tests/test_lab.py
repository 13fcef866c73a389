"""`Lab.train` trains, remembers, records and looks up; a `Run` knows what its network said."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toys import computed, fixed, toy_split, write_idx

from mislabel_utils.files import FolderError
from mislabel_utils.lab import Lab
from mislabel_utils.learning import datasets, inference, training, training_sets
from mislabel_utils.learning.datasets import RAW
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.training import Recipe
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording import runs
from mislabel_utils.recording.records import RecordError, Store, run_id
from mislabel_utils.recording.runs import Run
from mislabel_utils.report import figures

pytestmark = pytest.mark.usefixtures("isolated")

TRAIN, TEST = toy_split(), toy_split(64, seed=1, name="toy/test")
OTHER = dataclasses.replace(toy_split(48, seed=2), name="other/train")
RECIPE = Recipe("small_cnn", epochs=2, batch_size=16)
JOB = {"seed": 0, "arm": "teacher", "test": TEST, "also": [OTHER]}


def full(on=TRAIN, **changes):
    """Trained at full scale, or found, by a lab that has just begun."""
    return Lab("chapter", "full").train(on, RECIPE, **JOB | changes)


def without_images(split):
    """The split as it is at recorded scale: all of the labels, few of the images."""
    return dataclasses.replace(split, images=split.images[:5], index=torch.arange(5))


def files(folder):
    return sorted(path for path in folder.rglob("[!.]*") if path.is_file())  # not the lock


# Scale ------------------------------------------------------------------------------------------


def test_what_the_code_says_wins_over_the_environment(monkeypatch):
    assert Lab("chapter").scale == "recorded"
    monkeypatch.setenv("MISLABEL_SCALE", "quick")
    assert Lab("chapter").scale == "quick"
    assert Lab("chapter", "full").scale == "full"
    monkeypatch.setenv("MISLABEL_SCALE", "")
    assert Lab("chapter").scale == "recorded"
    with pytest.raises(ValueError, match="is 'Big': use recorded, quick, full"):
        Lab("chapter", "Big")


# Quick ------------------------------------------------------------------------------------------


def test_data_are_those_that_are_there_now(tmp_path, monkeypatch):
    """Loaded once, but not under the name of another copy."""
    lab = Lab("chapter", "full")
    for copy in range(2):
        arrays = write_idx(tmp_path / f"{copy}", seed=copy)
        monkeypatch.setenv("MISLABEL_DATA", str(tmp_path / f"{copy}"))
        assert np.array_equal(lab.load("mnist").train.images[:, 0], arrays["train_images"])
        assert lab.load("mnist") is lab.load("mnist")


def test_quick_trains_once_and_keeps_nothing(trained, isolated):
    lab = Lab("chapter", "quick")
    first = lab.train(TRAIN, RECIPE, **JOB)
    assert trained == ["teacher seed 0"]
    assert lab.train(TRAIN, RECIPE, **JOB) is first
    assert len(trained) == 1
    assert lab.train(TRAIN, RECIPE, **(JOB | {"seed": 1})) is not first
    assert len(trained) == 2
    Lab("chapter", "quick").train(TRAIN, RECIPE, **JOB)
    assert len(trained) == 3, "another lab knows nothing of it"
    assert files(isolated) == []


# Recorded ---------------------------------------------------------------------------------------


def test_recorded_names_the_command_when_there_is_no_record(trained):
    with pytest.raises(RecordError, match=r"teacher, seed 0 .*make reproduce CHAPTER=chapter$"):
        Lab("chapter", "recorded").train(TRAIN, RECIPE, **JOB)
    assert trained == []


# Full -------------------------------------------------------------------------------------------


def test_what_was_learnt_from_stays_when_more_is_asked_for(trained, monkeypatch):
    """The network in half precision, or on another machine, would answer otherwise."""
    before = full(also=[TRAIN])
    answers, asked = inference.probabilities, []

    def otherwise(network, split, precision):
        asked.append(split.key)
        return answers(network, split, precision).roll(1, dims=1)

    monkeypatch.setattr(inference, "probabilities", otherwise)
    after = full(also=[TRAIN, OTHER])
    assert asked == [OTHER.key] and trained == ["teacher seed 0"]
    assert torch.equal(after.predict(TRAIN), before.predict(TRAIN))
    assert torch.equal(after.confidence(TRAIN), before.confidence(TRAIN))
    assert after.accuracy(TEST) == before.accuracy(TEST)
    assert (after.id, after.curve()) == (before.id, before.curve())
    assert computed(Store().find(after.id)) == computed(after.record)
    assert len(after.record.arrays[OTHER.key]) == len(OTHER)


def test_a_change_of_what_a_network_says_trains_anew_at_quick_scale(trained):
    """Soft labels too, which take a network to be made."""
    lab = Lab("chapter", "quick")
    teacher = lab.train(TRAIN, RECIPE, **JOB | {"also": [TRAIN]})

    def sharper(power):
        soft = training_sets.soft_predictions(teacher, TRAIN)
        return soft.relabelled("sharper", lambda: (soft.labels**power).softmax(1))

    one, other = (lab.train(sharper(n), RECIPE, **JOB | {"arm": "student"}) for n in (1, 8))
    assert one.weights != other.weights
    assert lab.train(sharper(8), RECIPE, **JOB | {"arm": "student"}) is other


def test_pictures_that_were_changed_need_a_name_of_their_own(trained):
    """They have the fingerprint of those that were loaded: a run of these would be returned."""
    mnist = datasets.load("mnist", "recorded")
    train, test = mnist.train, mnist.test
    own = dataclasses.replace(train, images=255 - train.images, fingerprint="mine", name="inverted")
    assert own.genuine and datasets.restrict(mnist, mnist.classes[:2]).train.genuine
    inverted = dataclasses.replace(test, images=255 - test.images)
    with pytest.raises(ValueError, match="mnist/test have been changed since they were loaded"):
        full(train, test=inverted)
    train.images[0] = 0  # in place, too
    with pytest.raises(ValueError, match="mnist/train have been changed since they were loaded"):
        full(train, test=test)
    assert not trained


def test_a_network_that_was_changed_is_not_asked():
    run = Lab("chapter", "quick").train(TRAIN, RECIPE, **JOB)
    soft = training_sets.soft_predictions(run, TRAIN)
    with torch.no_grad():
        run.network[-1].bias += 1
    for ask in (lambda: soft.labels, lambda: run.features(TRAIN), lambda: run.network):
        with pytest.raises(RecordError, match=r"teacher-s00.* has been changed.*copy\.deepcopy"):
            ask()


def test_a_label_maker_that_was_changed_is_refused_at_recorded_scale():
    def mine(split, labels):
        return training_sets.true_labels(split).relabelled("mine", lambda: labels)

    made = full(mine(TRAIN, TRAIN.labels))
    lab, here = Lab("chapter", "recorded"), without_images(TRAIN)
    job = JOB | {"test": without_images(TEST), "also": []}
    assert lab.train(mine(here, here.labels), RECIPE, **job).id == made.id
    with pytest.raises(RecordError, match="trained on other labels than mine now makes"):
        lab.train(mine(here, here.labels.flip(0)), RECIPE, **job)


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_images_whose_maker_was_changed(scale, trained):
    lab = Lab("chapter", scale)

    def made(shade):
        images = Inputs(TRAIN, {"kind": "drawn by me"}, lambda: TRAIN.images // shade)
        return training_sets.true_labels(images)

    lab.train(made(2), RECIPE, **JOB)
    lab.train(made(2), RECIPE, **JOB)
    assert len(trained) == 1
    if scale == "quick":
        lab.train(made(3), RECIPE, **JOB)
        assert len(trained) == 2
    else:
        with pytest.raises(RecordError, match="trained on other labels"):
            lab.train(made(3), RECIPE, **JOB)


# Measured, drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["full", "recorded"])
def test_what_was_measured_belongs_to_the_weights_it_was_measured_on(scale):
    def weighed(scale, value):
        lab = Lab("chapter", scale)
        config = {"experiment": "weighed", "of": [lab.train(TRAIN, RECIPE, **JOB).id]}
        return float(lab.measure("w", 0, config, lambda: {"a": value})["a"])

    assert weighed("full", 1) == weighed("full", 2) == 1
    (path,) = Store().root.glob("chapter/w-*")
    measured = Store().read(path)
    assert list(measured.trained_on.values()) == [full().weights]
    path.unlink()
    Store().write(dataclasses.replace(measured, trained_on={full().id: "1" * 64}))
    with pytest.raises(RecordError, match="measured on a network that has since been trained"):
        weighed(scale, 3)


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_what_was_measured_is_kept_whatever_kind_of_number_it_is(scale):
    """Hours were lost."""
    lab, given = Lab("chapter", scale), {"list": [1, 2], "number": 0.5}
    kept = lab.measure("m", 0, {"of": 1}, lambda: given)
    assert kept["list"].tolist() == [1, 2] and kept["number"] == 0.5
    for name, array in (("record", [1]), ("objects", [None])):
        with pytest.raises(ValueError, match=f"The array '{name}' of .* cannot be kept"):
            lab.measure("m", 0, {"of": name}, lambda arrays={name: array}: arrays)


# Folders, locks, interruptions ------------------------------------------------------------------


@pytest.mark.parametrize("place", ["records/chapter", "records/.lock", "cache/weights"])
def test_what_cannot_be_written_is_noticed_before_anything_is_done(trained, isolated, place):
    """Hours were lost. A file where a folder belongs, or the reverse: root may write anywhere."""
    (isolated / place).parent.mkdir(parents=True)
    make = Path.mkdir if place.endswith(".lock") else Path.touch
    make(isolated / place)
    with pytest.raises(FolderError, match=f"{place}.*MISLABEL_CACHE"):
        full()
    with pytest.raises(FolderError, match=place):
        Lab("chapter", "full").measure("m", 0, {}, lambda: trained.append("measured"))
    assert not trained


def test_a_name_that_no_file_can_have_is_refused_before_anything_is_trained(trained):
    """It would be trained, and not be found again."""
    for name in ("a/b", ".b", "b" * 200):
        with pytest.raises(ValueError, match="no part of a file's name"):
            full(arm=name)
    assert not trained


def test_a_seed_of_numpy_is_a_seed():
    lab = Lab("chapter", "quick")
    run = lab.train(TRAIN, RECIPE, **JOB)
    assert lab.train(TRAIN, RECIPE, **JOB | {"seed": np.int64(0)}) is run


def test_another_network_behind_the_same_source():
    """A teacher trained anew keeps its identity: what was asked of the old one is not returned."""
    lab, asked = Lab("chapter", "full"), fixed(TRAIN, TRAIN.labels)
    lab.train(dataclasses.replace(asked, asked="1" * 64), RECIPE, **JOB)
    with pytest.raises(RecordError, match="trained on other labels"):
        lab.train(dataclasses.replace(asked, asked="2" * 64), RECIPE, **JOB)


def test_images_that_only_have_the_name():
    run = full()
    noise = dataclasses.replace(TEST, images=TEST.images.flip(0), fingerprint="another")
    norm = dataclasses.replace(TEST.normalization, mean=(0.9,))
    for other in (noise, TEST.normalized_as(norm)):
        with pytest.raises(RecordError, match="another version of toy/test"):
            run.predict(other)
        with pytest.raises(RecordError, match="another version of toy/test"):
            full(test=other)
        with pytest.raises(ValueError, match=r"Two data sets are called toy/test@toy: give one"):
            full(also=[other])


def test_what_a_record_says():
    run, on = full(), training_sets.true_labels(TRAIN)
    record = Store().find(run.id)
    made = training.train(RECIPE, on, seed=0, test=TEST)
    network, curve = made.network, made.state["curve"]
    assert record.curve == curve and curve[-1]["test_accuracy"] == record.metrics[TEST.key]
    assert set(record.metrics) == {TEST.key, OTHER.key}
    assert set(record.arrays) == {TEST.key, OTHER.key, f"confidence:{OTHER.key}"}
    for split in (TEST, OTHER):
        assert torch.equal(run.predict(split), inference.predict(network, split))
        assert record.metrics[split.key] == run.accuracy(split)
    exact = inference.probabilities(network, OTHER).max(1).values
    assert (run.confidence(OTHER) - exact).abs().max() <= 0.5 / 255 + 1e-6
    assert run.curve("train_loss") == {1 + i: point["train_loss"] for i, point in enumerate(curve)}
    assert {"python", "torch", "device", "threads", "seconds"} <= record.environment.keys()
    asked = full(test=OTHER)
    assert asked.record.environment["curve"] == TEST.key, "not of what was asked for since"
    assert record.trained_on == on.digests() and record.weights == runs.weights_digest(network)


# Identity ---------------------------------------------------------------------------------------


def identity(on=TRAIN, recipe=RECIPE, seed=0):
    on = on if isinstance(on, TrainingSet) else training_sets.true_labels(on)
    return run_id(runs.configuration(on, recipe, seed))


def test_everything_that_matters_makes_another_run(monkeypatch):
    changes = {
        "model": "resnet18-cifar",
        "epochs": 3,
        "batch_size": 17,
        "learning_rate": 0.01,
        "momentum": 0.8,
        "weight_decay": 0.0,
        "augment": True,
        "flip": False,
        "precision": "mixed",
        "optimizer": "adam",
        "schedule": "fall",
    }
    assert changes.keys() == {field.name for field in dataclasses.fields(Recipe)}
    found = [identity(), identity(seed=1)]
    found += [identity(recipe=dataclasses.replace(RECIPE, **{k: v})) for k, v in changes.items()]
    found.append(identity(TRAIN.normalized_as(RAW)))
    found.append(identity(dataclasses.replace(TRAIN, fingerprint="another")))
    found.append(identity(dataclasses.replace(TRAIN, name="toy/test")))
    found.append(identity(training_sets.uniform(TRAIN, 0)))
    found.append(identity(training_sets.uniform(TRAIN, 1)))
    monkeypatch.setattr(training, "PROTOCOL", training.PROTOCOL + 1)
    found.append(identity())
    assert len(set(found)) == len(found)


# A run and its network --------------------------------------------------------------------------


def test_weights_that_are_not_the_records_are_not_used(monkeypatch, isolated):
    """Neither the cache's nor the package's, wherever the right ones are."""
    one, two = full(), full(seed=1)
    cached, others = (runs.weights_path(run.id, run.weights) for run in (one, two))
    bundled = isolated / "package" / "weights" / f"{one.record.stem}.pt"
    bundled.parent.mkdir(parents=True)
    monkeypatch.setattr(runs, "BUNDLED", isolated / "package")
    half = {name: tensor.half() for name, tensor in one.network.state_dict().items()}
    torch.save(half, bundled)
    others.replace(cached)
    assert torch.equal(inference.predict(Run(one.record).network, TEST), one.predict(TEST))
    bundled.unlink()
    with pytest.raises(RecordError, match=r"weights of teacher-s00.*train it here"):
        _ = Run(one.record).network
    with pytest.raises(RecordError, match=r"weights of teacher-s00"):
        full(also=[OTHER, TRAIN])
    cached.write_bytes(b"")
    with pytest.raises(RecordError, match=rf"{cached.name} are damaged: delete them"):
        _ = Run(one.record).network


# Pictures ---------------------------------------------------------------------------------------


def test_a_picture_is_drawn_once_at_full_scale_and_shown_ever_after(tmp_path):
    store, drawn = Store(tmp_path), []
    one, two = (SimpleNamespace(id=digit * 64, weights=digit) for digit in "12")

    def draw():
        drawn.append(1)
        return figures.dot_plot({"a": [1]}, ["student"], "One dot & no more", "x")

    with pytest.raises(RecordError, match=r"make reproduce CHAPTER=chapter"):
        Lab("chapter", "recorded", store).picture("grid", one, draw)
    Lab("chapter", "quick", store).picture("grid", one, draw)
    assert not files(tmp_path), "a quick run leaves nothing behind"
    Lab("chapter", "full", store).picture("grid", one, draw)
    for scale in ("recorded", "full"):  # drawing again might ask for weights that are not here
        shown = Lab("chapter", scale, store).picture("grid", one, draw)
        data, metadata = shown._repr_svg_()
        assert metadata["alt"] == "One dot & no more" and "var(--fig-" in data
        assert repr(shown) == "[Figure: One dot & no more]"
    assert len(drawn) == 2
    anew = SimpleNamespace(id=one.id, weights="3")
    for other in (two, anew):  # a picture of another run, or of other weights
        with pytest.raises(RecordError, match="make reproduce"):
            Lab("chapter", "recorded", store).picture("grid", other, draw)
