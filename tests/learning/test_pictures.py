"""Folders as readers have them: every kind of pixel, links, hidden files."""

import shutil

import numpy as np
import pytest
from PIL import Image

from mislabel_utils.commands.own_images import found
from mislabel_utils.learning import datasets, pictures
from mislabel_utils.learning.datasets import DataError

pytestmark = pytest.mark.usefixtures("isolated")


def write(path, colour=(100, 100, 100), form=None, size=(32, 32)):
    """A picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, form)


def written(tree, *classes, suffix=".png", size=(32, 32)):
    """Two pictures of each class in each half: red tells the class, green the half."""
    for number, half in enumerate(("train", "test")):
        for label, name in enumerate(classes):
            for each in range(2):
                colour = (40 + 60 * label, 30 + 90 * number, 10 * each)
                write(tree / half / name / f"{each}{suffix}", colour, size=size)
    return tree


@pytest.fixture
def tree(tmp_path):
    return written(tmp_path / "pets", "cat", "dog")


def load(tree):
    return datasets.load(str(tree))


# Pixels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "suffix"), [((1, 1), ".png"), ((31, 77), ".JPEG")])
def test_tree_of_images(tmp_path, size, suffix):
    loaded = load(written(tmp_path / "pets", "cat", "dog", suffix=suffix, size=size))
    assert loaded.name == "pets" and loaded.classes == ("cat", "dog")
    for number, split in enumerate((loaded.train, loaded.test)):
        assert split.images.shape == (4, 3, 32, 32)
        assert split.labels.tolist() == [0, 0, 1, 1]
        spread = 0 if suffix == ".png" else 4  # a JPEG is not exact
        for image, label in zip(split.images.int(), split.labels.tolist(), strict=True):
            assert (image[0] - 40 - 60 * label).abs().max() <= spread
            assert (image[1] - 30 - 90 * number).abs().max() <= spread


@pytest.mark.parametrize("tall", [False, True], ids=["wide", "tall"])
def test_larger_images_are_cropped_centrally(tmp_path, tall):
    # White in the middle square, black in the margins that the crop takes off; left is red.
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 255
    pixels[:, 32:64, 1:] = 0
    pixels = pixels.transpose(1, 0, 2) if tall else pixels
    Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / "image.png")
    decoded = pictures.decoded(tmp_path / "image.png")
    decoded = decoded.transpose(1, 0, 2) if tall else decoded
    assert decoded.shape == (32, 32, 3)
    assert decoded[:, 1:-1, 0].min() > 240, "a margin was kept"
    assert decoded[:, :14, 1].max() < 15 and decoded[:, 18:-1, 1].min() > 240


def test_photographs_are_turned_upright(tmp_path):
    """A camera held on its side writes the picture as its sensor saw it, and a note."""
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:16] = 255
    sensor, exif = Image.fromarray(np.rot90(upright).copy()), Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees, clockwise
    sensor.save(tmp_path / "image.png", exif=exif)
    assert np.array_equal(pictures.decoded(tmp_path / "image.png"), upright)


@pytest.mark.parametrize("ink", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("clear", [None, 99], ids=["a channel", "a shade"])
def test_what_is_transparent_lies_on_mid_grey(tmp_path, clear, ink):
    shape = np.zeros((32, 32), np.uint8)
    shape[8:24] = 255
    image = Image.fromarray(np.where(shape, ink, 99).astype(np.uint8))
    if clear is None:
        image.putalpha(Image.fromarray(shape))
    image.save(tmp_path / "a.png", transparency=clear)
    found = pictures.decoded(tmp_path / "a.png")
    assert (found[8:24] == ink).all() and (found[:8] == 128).all() and (found[24:] == 128).all()


@pytest.mark.parametrize(("kind", "name"), [(np.uint16, "a.png"), (np.float32, "a.tif")])
def test_more_than_eight_bits_are_refused_by_name(tree, kind, name):
    """Pillow would clip them."""
    Image.fromarray(np.full((32, 32), 300).astype(kind)).save(tree / "train" / "cat" / name)
    with pytest.raises(DataError, match=rf"train/cat/{name} .*\(not 8 bits: save it with 8\)"):
        load(tree)


def test_a_channel_that_is_the_same_everywhere(tmp_path):
    for half in ("train", "test"):
        for label in range(2):
            write(tmp_path / half / str(label) / "a.png", (100 * label, 0, 7))
    norm = load(tmp_path).normalization
    assert norm.std[0] > 0.1 and norm.std[1:] == (1.0, 1.0)
    assert norm.mean[1:] == (0.0, 7 / 255)


# Files ------------------------------------------------------------------------------------------


def test_content_decides_what_is_a_picture_and_what_is_hidden_is_passed_over(tree):
    cats, before = tree / "train" / "cat", load(tree)
    for name in (".ipynb_checkpoints/a.png", "._0.png"):
        write(cats / name)
    (tree / "train" / ".DS_Store").write_bytes(b"\0")
    assert (load(tree).train.images == before.train.images).all()
    for name, form in {"a.jfif": "JPEG", "b.gif": "GIF", "c": "PNG", "d.dat": "WEBP"}.items():
        write(cats / "more" / name, form=form)
    assert found(load(tree)) == "Pictures to train on + to test on: cat 6 + 2, dog 2 + 2."


def test_what_is_no_picture_and_what_would_not_be_seen_is_refused(tree, monkeypatch):
    odd = tree / "train" / "cat" / "x.png"
    odd.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"train/cat/x\.png cannot be used .*replace or remove"):
        load(tree)
    odd.rename(tree / "train" / "x.png")
    with pytest.raises(DataError, match=r"train has files in no class folder .*\(x\.png\)"):
        load(tree)
    (tree / "train" / "x.png").unlink()
    (tree / "test" / "cat" / "loop").symlink_to(tree / "test")  # 4 pictures became 164
    with pytest.raises(DataError, match="links to what it has already"):
        load(tree)
    (tree / "test" / "cat" / "loop").unlink()
    (tree / "train" / "cat" / "shut").mkdir()
    monkeypatch.setattr(pictures.os, "access", lambda path, _: path.name != "shut")
    with pytest.raises(DataError, match=r"may not be read \(.*train/cat/shut/\)"):
        load(tree)


def test_test_pictures_that_are_trained_on_are_told(tree):
    (tree / "test" / "cat" / "2.png").write_bytes((tree / "train/cat/0.png").read_bytes())
    assert "Different test pictures that are also trained on: 1." in found(load(tree))


@pytest.mark.parametrize("classes", [("cat",), ("cat", "elk")])
def test_classes_that_cannot_be_learned_or_tested(tree, tmp_path, classes):
    tested = written(tmp_path / "other", *classes) / "test"
    shutil.rmtree(tree / "test")
    tested.rename(tree / "test")
    with pytest.raises(DataError, match=f"2 to 256; they have cat, dog and {', '.join(classes)}"):
        load(tree)


def test_named_tree_below_a_root(tmp_path, monkeypatch):
    written(tmp_path / "cifar10", "ape", "bee", "cow")
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = datasets.load("cifar10")
    assert loaded.classes == ("ape", "bee", "cow") and loaded.train.name == "cifar10/train"
