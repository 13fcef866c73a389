"""Data sets: the bundled sample, real files, normalisation, rows and their pictures."""

import dataclasses
import hashlib
import pickle

import numpy as np
import pytest
import torch
from toys import idx_bytes, toy_arrays, toy_split, write_idx

from mislabel_utils.learning.datasets import RAW, DataError, fingerprint, load, restrict

pytestmark = pytest.mark.usefixtures("isolated")
samples = pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])

# Known of the published data sets, not taken from our files.
KNOWN = {
    "mnist": {
        "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        "first": [5, 0, 4, 1, 9, 2, 1, 3],
        "statistics": (0.1307, 0.3081),
    },
    "fashion_mnist": {
        "train": [6000] * 10,
        "test": [1000] * 10,
        "first": [9, 0, 0, 3, 0, 2, 7, 2],
        "statistics": (0.2860, 0.3530),
    },
}

ARRAYS = [f"{half}_{kind}" for half in ("train", "test") for kind in ("images", "labels")]


@samples
def test_recorded_scale_has_every_label_and_the_sample_of_the_images(name):
    loaded = load(name, "recorded")
    assert [len(loaded.train), len(loaded.test)] == [60_000, 10_000]
    assert [len(loaded.train.images), len(loaded.test.images)] == [6_000, 1_000]
    for half in (loaded.train, loaded.test):
        known = KNOWN[name][half.name.split("/")[1]]
        assert half.labels.bincount().tolist() == known
        assert not half.complete
        assert half.images.dtype == torch.uint8
        assert half.images.shape[1:] == (1, 28, 28)
        assert len(set(half.index.tolist())) == len(half.index) == len(half.images)
        each = len(half.images) // 10
        assert half.labels[half.index].bincount().tolist() == [each] * 10, "not stratified"
    assert loaded.train.labels[:8].tolist() == KNOWN[name]["first"]
    mean, std = KNOWN[name]["statistics"]
    assert loaded.normalization.mean == pytest.approx((mean,), abs=1e-4)
    assert loaded.normalization.std == pytest.approx((std,), abs=1e-4)
    assert len(loaded.classes) == 10


@samples
def test_quick_scale_is_the_same_sample_as_a_data_set_of_its_own(name):
    quick, recorded = load(name, "quick"), load(name, "recorded")
    for small, whole in ((quick.train, recorded.train), (quick.test, recorded.test)):
        assert small.complete
        assert len(small) == len(small.images) == len(small.labels) == len(whole.images)
        assert torch.equal(small.images, whole.images)
        assert torch.equal(small.labels, whole.labels[whole.index])
    assert quick.normalization == recorded.normalization, "of the full data set, at each scale"
    assert quick.fingerprint != recorded.fingerprint, "runs on the sample are other runs"


def test_a_sample_has_pictures_of_its_rows_alone():
    split = load("mnist", "recorded").train
    places = torch.tensor([17, 3, 3, 5_999])
    assert torch.equal(split.pictures(split.index[places]), split.images[places])
    absent = sorted(set(range(60_000)) - set(split.index.tolist()))[0]
    with pytest.raises(DataError, match=r"split\.index.*MISLABEL_SCALE=full"):
        split.pictures(torch.tensor([int(split.index[0]), absent]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": toy_split().images.float()}, "uint8, 0 to 255"),  # networks expect 0 to 1
        ({"images": toy_split().images[:3]}, "`index` names"),  # or it passed for the first rows
    ],
)
def test_images_that_would_pass_for_others_are_no_split(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(toy_split(), **change)


# Files ------------------------------------------------------------------------------------------


def test_full_scale_keeps_pixels_labels_and_order(tmp_path, monkeypatch):
    arrays = write_idx(tmp_path)
    (tmp_path / "mnist").symlink_to(tmp_path / "MNIST")  # one folder, where case is ignored
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = load("mnist")
    for half, split in (("train", loaded.train), ("test", loaded.test)):
        assert split.complete and split.name == f"mnist/{half}"
        assert np.array_equal(split.images[:, 0].numpy(), arrays[f"{half}_images"])
        assert np.array_equal(split.labels.numpy(), arrays[f"{half}_labels"])
        assert split.labels.dtype == torch.int64
    pixels = arrays["train_images"] / 255
    assert loaded.normalization.mean == pytest.approx((pixels.mean(),), abs=1e-12)
    assert loaded.normalization.std == pytest.approx((pixels.std(),), abs=1e-12)


def test_cifar10_in_torchvision_layout(tmp_path, monkeypatch):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = ["plane", "car", "bird"]

    def write(file, content):
        (folder / file).write_bytes(pickle.dumps(content))
        return [file, hashlib.md5((folder / file).read_bytes()).hexdigest()]

    batches, written = [], []
    for file in ("data_batch_1", "data_batch_2", "test_batch"):
        batch = rng.integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)
        labels = rng.integers(0, 3, 5).tolist()
        written.append((batch, labels))
        batches.append(write(file, {"data": batch.reshape(5, -1), "labels": labels}))
    meta = write("batches.meta", {"label_names": names})
    meta = {"filename": meta[0], "key": "label_names", "md5": meta[1]}
    for name, value in {"train_list": batches[:2], "test_list": batches[2:], "meta": meta}.items():
        monkeypatch.setattr(f"torchvision.datasets.CIFAR10.{name}", value)
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = load("cifar10")
    assert loaded.classes == tuple(names)
    assert loaded.train.images.shape == (10, 3, 32, 32)
    expected = np.concatenate([written[0][0], written[1][0]])
    assert np.array_equal(loaded.train.images.numpy(), expected), "channels, rows, columns"
    assert loaded.test.labels.tolist() == written[2][1]
    assert len(loaded.normalization.mean) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("minst", "'minst'.*mnist, fashion_mnist, cifar10, or the path of a folder"),
        ("mnist", "mnist .* damaged .*96 images, 9 labels.*torchvision's MNIST, or with mnist"),
    ],
)
def test_what_is_damaged_or_not_there_is_told_with_the_remedy(tmp_path, monkeypatch, name, message):
    write_idx(tmp_path)
    (tmp_path / "MNIST/raw/train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(9, np.uint8)))
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    with pytest.raises(DataError, match=message):
        load(name)


# Rows and classes ---------------------------------------------------------------------------------


def test_normalised_as_another():
    mnist, fashion = load("mnist", "quick"), load("fashion_mnist", "quick")
    other = mnist.normalized_as(fashion)
    assert other.train.normalization == other.test.normalization == fashion.normalization
    assert torch.equal(other.test.images, mnist.test.images)
    assert mnist.test.key == "mnist/test@mnist"
    assert other.test.key == "mnist/test@fashion_mnist"
    assert mnist.test.normalized_as(RAW).key == "mnist/test@raw"


def test_fingerprint_changes_with_each_array():
    def found(*changed):
        arrays = {key: toy_arrays(8, 0)[key.endswith("labels")] for key in ARRAYS}
        for key in changed:
            arrays[key].flat[-1] ^= 1
        return fingerprint(arrays)

    assert found() == found()
    assert len({found(), *map(found, ARRAYS)}) == 5


def test_of_cifar_the_labels_alone_are_bundled():
    loaded = load("cifar10", "recorded")
    for half, each in ((loaded.train, 5_000), (loaded.test, 1_000)):
        assert half.labels.bincount().tolist() == [each] * 10
        assert half.images.shape == (0, 3, 32, 32)
    assert loaded.classes[3:6] == ("cat", "deer", "dog")
    with pytest.raises(DataError, match=r"only labels.*MISLABEL_SCALE=full"):
        load("cifar10", "quick")


def test_restricted_to_some_classes():
    whole = load("mnist", "quick")
    one, seven = whole.classes[1], whole.classes[7]
    two = restrict(whole, [seven, one])
    assert (two.name, two.classes) == (f"mnist[{seven}+{one}]", (seven, one))
    assert two.train.key == f"{two.name}/train@mnist"
    for split, before in ((two.train, whole.train), (two.test, whole.test)):
        rows = (before.labels == 7) | (before.labels == 1)
        assert split.complete and len(split) == int(rows.sum())
        assert torch.equal(split.images, before.images[rows])
        assert torch.equal(split.labels, (before.labels[rows] == 1).long())
    lists = (seven, one), (one, seven), (seven, one, whole.classes[2])
    prints = {restrict(whole, each).fingerprint for each in lists}
    assert len(prints | {whole.fingerprint}) == 4
    for wrong in ([], [seven], [seven, seven], [seven, "x"]):
        with pytest.raises(DataError, match="two or more classes of mnist, each once: 0 - zero, 1"):
            restrict(whole, wrong)
