"""Folders as readers have them: every kind of pixel, links, litter, odd names."""

import os
import struct
import unicodedata
import zlib

import numpy as np
import pytest
from PIL import Image

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
    decoded, _ = pictures.decoded(tmp_path / "image.png")
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
    assert np.array_equal(pictures.decoded(tmp_path / "image.png")[0], upright)


@pytest.mark.parametrize("ink", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_what_is_transparent_lies_on_mid_grey(tmp_path, mode, ink):
    shape = np.zeros((32, 32), np.uint8)
    shape[8:24] = 255
    rgba = Image.merge("RGBA", [Image.new("L", (32, 32), ink)] * 3 + [Image.fromarray(shape)])
    if mode in ("RGBA", "LA"):
        rgba.convert(mode).save(tmp_path / "a.png")
    else:  # one colour stands for nothing
        grey = Image.fromarray(np.where(shape, ink, 99).astype(np.uint8))
        clear = (99,) * 3 if mode == "RGB" else 99
        grey.convert(mode).save(tmp_path / "a.png", transparency=clear)
    found, _ = pictures.decoded(tmp_path / "a.png")
    assert (found[8:24] == ink).all() and (found[:8] == 128).all() and (found[24:] == 128).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_grey_of_few_bits(tmp_path, bits):
    """Pillow spreads the pixels of 2 and 4 bits over 0 to 255, and the transparent grey not."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    row = lambda byte: b"\0" + bytes([byte]) * (4 * bits)  # noqa: E731, of 32 pixels
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, bits, 0, 0, 0, 0))
        + chunk(b"tRNS", struct.pack(">H", 2**bits - 1))  # white is nothing
        + chunk(b"IDAT", zlib.compress(16 * row(255) + 16 * row(0)))
        + chunk(b"IEND", b"")
    )
    if bits in (2, 4):
        with pytest.raises(ValueError, match="save it with 8"):
            pictures.decoded(tmp_path / "a.png")
        return
    found, _ = pictures.decoded(tmp_path / "a.png")
    assert (found[:16] == 128).all() and (found[16:] == 0).all()


@pytest.mark.parametrize(
    ("kind", "name"),
    [(np.uint16, "a.png"), (np.uint16, "a.tif"), (np.int32, "a.tif"), (np.float32, "a.tif")],
)
def test_more_than_eight_bits_are_refused_by_name(tree, kind, name):
    """Pillow would clip them."""
    Image.fromarray(np.full((32, 32), 300).astype(kind)).save(tree / "train" / "cat" / name)
    with pytest.raises(DataError, match=rf"train/cat/{name} \(not 8 bits: save it with 8\)"):
        load(tree)


def test_a_channel_that_is_the_same_everywhere(tmp_path):
    for half in ("train", "test"):
        for label in range(2):
            write(tmp_path / half / str(label) / "a.png", (100 * label, 0, 7))
    norm = load(tmp_path).normalization
    assert norm.std[0] > 0.1 and norm.std[1:] == (1.0, 1.0)
    assert norm.mean[1:] == (0.0, 7 / 255)


# Files ------------------------------------------------------------------------------------------


def test_content_decides_what_is_a_picture(tree):
    cats = tree / "train" / "cat"
    for name, form in {"a.jfif": "JPEG", "b.gif": "GIF", "c": "PNG", "d.dat": "WEBP"}.items():
        write(cats / "more" / name, form=form)
    frames = [Image.new("L", (32, 32), grey) for grey in (0, 99)]
    frames[0].save(cats / "e.gif", save_all=True, append_images=frames[1:])
    found = load(tree).found
    assert "cat 7 + 2, dog 2 + 2." in found
    assert "Left out, all frames but the first: 1 (train/cat/e.gif)." in found


def test_all_that_is_no_picture_is_named_at_once(tree):
    for number in range(7):
        (tree / "train" / "cat" / f"x{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tree / "test" / "dog" / "gone.png").symlink_to("nowhere")
    os.mkfifo(tree / "test" / "cat" / "pipe")
    (tree / "test" / "cat" / "loop").symlink_to(tree / "test")  # 3 pictures became 42
    with pytest.raises(DataError, match=r"10 file\(s\).*x0\.png .*x4\.png .*, 5 more") as caught:
        load(tree)
    assert "\n" not in str(caught.value)


def test_a_folder_that_may_not_be_read_is_named(tree, monkeypatch):
    write(tree / "train" / "cat" / "mine" / "a.png")
    (tree / "train" / ".Trashes").mkdir()
    barred = {"mine", ".Trashes"}  # root may read anything, so it is said
    monkeypatch.setattr(os, "access", lambda path, mode: path.name not in barred)
    with pytest.raises(DataError, match=r"1 file\(s\).*train/cat/mine \(a folder that may not be"):
        load(tree)


def test_litter_is_left_out_and_told(tree):
    before = load(tree).train
    for folder in (".ipynb_checkpoints", "__MACOSX", "@eaDir", ".Trash"):
        write(tree / "train" / folder / "a.png")
        write(tree / "train" / "cat" / folder / "a.png")
    (tree / "train" / "dog" / "._0.png").write_bytes(b"\0\5\x16\7")
    (tree / "train" / ".DS_Store").write_bytes(b"\0")
    write(tree / "train" / "stray.png")
    (tree / "test" / "cat" / "2.png").symlink_to(tree / "test" / "cat" / "0.png")
    after = load(tree)
    assert (after.train.images == before.images).all(), "nothing of it is data"
    assert after.classes == ("cat", "dog")
    assert "Left out, of other programs: 10 (train/.DS_Store, " in after.found
    assert "Left out, in no class folder: 1 (train/stray.png)." in after.found
    assert "Pictures to train on + to test on: cat 2 + 3, dog 2 + 2." in after.found


def test_pictures_that_are_there_twice_are_told(tree):
    assert "also" not in load(tree).found and "several" not in load(tree).found
    for name in ("test/cat/copy.png", "test/cat/again.png", "train/dog/copy.png"):
        (tree / name).write_bytes((tree / "train" / "cat" / "0.png").read_bytes())
    found = load(tree).found
    assert "Different test pictures that are also trained on: 1." in found
    assert "Training pictures of several classes: 1." in found


def test_a_half_that_is_the_other(tree):
    (tree / "test").rename(tree.parent / "away")
    (tree / "test").symlink_to("train")
    assert "Different test pictures that are also trained on: 4." in load(tree).found


# Names ------------------------------------------------------------------------------------------


def test_one_name_in_two_spellings(tree):
    for half, form in (("train", "NFC"), ("test", "NFD")):
        (tree / half / "cat").rename(tree / half / unicodedata.normalize(form, "café"))
    loaded = load(tree)
    assert loaded.classes == ("café", "dog") and loaded.train.labels.tolist() == [0, 0, 1, 1]


def test_names_that_are_not_utf8(tree):
    odd = os.fsdecode(b"caf\xe9")
    for half in ("train", "test"):
        (tree / half / "cat").rename(tree / half / odd)
        write(tree / half / odd / os.fsdecode(b"\xff.png"))
    (tree / "train" / os.fsdecode(b"\xfe.txt")).write_text("")
    loaded = load(tree.rename(tree.parent / os.fsdecode(b"pets-\xe9")))
    assert loaded.classes == ("caf\\xe9", "dog") and loaded.name == "pets-\\xe9"
    assert f"{loaded.found}{loaded.train.key}".encode()
    assert loaded.train.labels.tolist() == [0, 0, 0, 1, 1]


def test_home_and_a_class_folder_that_is_a_link(tree, monkeypatch):
    (tree / "train" / "cat").rename(tree.parent / "elsewhere")
    (tree / "train" / "cat").symlink_to(tree.parent / "elsewhere")
    monkeypatch.setenv("HOME", str(tree.parent))
    loaded = datasets.load("~/pets")
    assert loaded.name == "pets" and loaded.train.labels.tolist() == [0, 0, 1, 1]


def test_named_tree_below_a_root(tmp_path, monkeypatch):
    written(tmp_path / "cifar10", "ape", "bee", "cow")
    monkeypatch.setenv("MISLABEL_DATA", str(tmp_path))
    loaded = datasets.load("cifar10")
    assert loaded.classes == ("ape", "bee", "cow") and loaded.train.name == "cifar10/train"


@pytest.mark.parametrize(
    ("halves", "message"),
    [
        ({"train": ("cat", "dog")}, "only one of .* has pictures of cat, dog. Give both the same"),
        (dict.fromkeys(("train", "test"), ("cat",)), r"1 class\(es\); between 2 and 256"),
        ({"train": ("cat", "dog", "emu"), "test": ("cat", "dog", "elk")}, "pictures of elk, emu"),
        ({}, r"0 class\(es\).*Put them at train/<class>/\* and test"),
    ],
)
def test_classes_that_cannot_be_learned_and_tested(tmp_path, halves, message):
    for half, classes in halves.items():
        for name in classes:
            write(tmp_path / "pets" / half / name / "a.png")
    (tmp_path / "pets").mkdir(exist_ok=True)
    write(tmp_path / "pets" / "deep" / "a.png")  # which is not searched
    with pytest.raises(DataError, match=message):
        load(tmp_path / "pets")
