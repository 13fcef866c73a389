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


def write(path, value=100, form=None, **options):
    """A picture of one grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), (value,) * 3).save(path, form, **options)


@pytest.fixture
def tree(tmp_path):
    """Two classes, two pictures of each in each half, all different."""
    for number, half in enumerate(("train", "test")):
        for label, name in enumerate(("cat", "dog")):
            for each in range(2):
                write(
                    tmp_path / "pets" / half / name / f"{each}.png",
                    10 * (4 * number + 2 * label + each),
                )
    return tmp_path / "pets"


def load(tree):
    return datasets.load(str(tree))


def labels(tree):
    return load(tree).train.labels.tolist()


# Pixels -----------------------------------------------------------------------------------------


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
    found, notes = pictures.decoded(tmp_path / "a.png")
    assert (found[8:24] == ink).all() and (found[:8] == 128).all() and (found[24:] == 128).all()
    assert notes == ["transparent, laid on mid-grey"]


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


def test_an_alpha_channel_that_hides_nothing_is_no_news(tmp_path):
    Image.new("RGBA", (32, 32), (1, 2, 3, 255)).save(tmp_path / "a.png")
    found, notes = pictures.decoded(tmp_path / "a.png")
    assert np.unique(found).tolist() == [1, 2, 3] and notes == []


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
            path = tmp_path / half / str(label) / "a.png"
            path.parent.mkdir(parents=True)
            Image.new("RGB", (32, 32), (100 * label, 0, 7)).save(path)
    norm = load(tmp_path).normalization
    assert norm.std[0] > 0.1 and norm.std[1:] == (1.0, 1.0)
    assert norm.mean[1:] == (0.0, 7 / 255)


# Formats ----------------------------------------------------------------------------------------


def test_content_decides_what_is_a_picture(tree):
    cats = tree / "train" / "cat"
    for name, form in {"a.jfif": "JPEG", "b.gif": "GIF", "c": "PNG", "d.dat": "WEBP"}.items():
        write(cats / name, 150, form)
    (cats / "notes.txt").write_text("seen in the garden")
    frames = [Image.new("L", (32, 32), grey) for grey in (0, 99)]
    frames[0].save(cats / "e.gif", save_all=True, append_images=frames[1:])
    found = load(tree).found
    assert "cat 7 + 2, dog 2 + 2." in found
    assert "Left out, no picture: 1 (train/cat/notes.txt)." in found
    assert "Of several frames, of which the first is used: 1." in found


def test_all_that_cannot_be_read_is_named_at_once(tree):
    for number in range(7):
        (tree / "train" / "cat" / f"x{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tree / "test" / "dog" / "gone.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"8 file\(s\).*x0\.png .*x4\.png .*, 3 more") as caught:
        load(tree)
    assert "\n" not in str(caught.value)


# What lies around -------------------------------------------------------------------------------


def test_litter_is_left_out_and_told(tree):
    before = load(tree).train
    for folder in (".ipynb_checkpoints", "__MACOSX", "@eaDir", ".Trash"):
        write(tree / "train" / folder / "a.png")
        write(tree / "train" / "cat" / folder / "a.png")
    (tree / "train" / "cat" / ".git").mkdir()  # whose links lead in circles
    (tree / "train" / "cat" / ".git" / "loop").symlink_to(tree / "train" / "cat")
    (tree / "train" / "dog" / "._0.png").write_bytes(b"\0\5\x16\7")
    (tree / "train" / ".DS_Store").write_bytes(b"\0")
    write(tree / "train" / "stray.png")
    (tree / "test" / "emu").mkdir()
    os.mkfifo(tree / "test" / "cat" / "pipe")
    (tree / "test" / "cat" / "2.png").symlink_to(tree / "test" / "cat" / "0.png")
    after = load(tree)
    assert (after.train.images == before.images).all(), "nothing of it is data"
    assert after.classes == ("cat", "dog")
    assert "Left out, of other programs: 11 (train/.DS_Store, " in after.found
    assert "Left out, in no class folder: 1 (train/stray.png)." in after.found
    assert "Left out, empty: 1 (test/emu)." in after.found
    assert "Left out, no picture: 1 (test/cat/pipe)." in after.found
    assert "Pictures to train on + to test on: cat 2 + 3, dog 2 + 2." in after.found


def test_test_pictures_that_are_trained_on_are_told(tree):
    assert "also" not in load(tree).found
    for name in ("copy.png", "again.png"):
        write(tree / "test" / "cat" / name, 0)
    assert "Different test pictures that are also trained on: 1." in load(tree).found


def test_a_training_picture_of_several_classes_is_told(tree):
    write(tree / "train" / "dog" / "copy.png", 0)
    assert "Training pictures of several classes: 1." in load(tree).found


# Links ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["train/cat", "train", "test/dog"])
def test_a_folder_that_is_reached_twice_is_refused(tree, target):
    """A link back up, or a class twice: 3 pictures became 42."""
    (tree / "train" / "cat" / "again").symlink_to(tree / target)
    with pytest.raises(DataError, match=r"again, by a link\. Remove one of the two"):
        load(tree)


# Names ------------------------------------------------------------------------------------------


def test_one_name_in_two_spellings(tree):
    for half, form in (("train", "NFC"), ("test", "NFD")):
        (tree / half / "cat").rename(tree / half / unicodedata.normalize(form, "café"))
    assert load(tree).classes == ("café", "dog")
    assert labels(tree) == [0, 0, 1, 1]


def test_names_that_are_not_utf8(tree):
    odd = os.fsdecode(b"caf\xe9")
    for half in ("train", "test"):
        (tree / half / "cat").rename(tree / half / odd)
        write(tree / half / odd / os.fsdecode(b"\xff.png"), 200)
    (tree / "train" / odd / os.fsdecode(b"\xfe.txt")).write_text("")
    named = tree.rename(tree.parent / os.fsdecode(b"pets-\xe9"))
    loaded = load(named)
    assert loaded.classes == ("caf\\xe9", "dog") and loaded.name == "pets-\\xe9"
    assert f"{loaded.found}{loaded.train.key}".encode()
    assert loaded.train.labels.tolist() == [0, 0, 0, 1, 1]


def test_home_and_nothing(tree, monkeypatch):
    monkeypatch.setenv("HOME", str(tree.parent))
    assert datasets.load("~/pets").name == "pets"
    monkeypatch.chdir(tree)
    with pytest.raises(DataError, match="no folder is called ''"):
        datasets.load("")


def test_a_folder_that_is_no_tree_is_not_searched(tmp_path, monkeypatch):
    """Someone's home, say: what it holds is not read to find that it has no train/."""
    write(tmp_path / "deep" / "a.png")
    monkeypatch.setattr(type(tmp_path), "rglob", None)
    with pytest.raises(DataError, match=r"/train holds no pictures"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["a.png", "b.heic"])
def test_what_is_called_a_picture_and_is_none_stops(tree, name):
    (tree / "test" / "dog" / name).write_text("<html>Not found</html>")
    with pytest.raises(DataError, match=rf"test/dog/{name}"):
        load(tree)


def test_a_half_that_is_the_other(tree):
    for path in sorted((tree / "test").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (tree / "test").rmdir()
    (tree / "test").symlink_to("train")
    with pytest.raises(DataError, match=r"test is .*train again, by a link"):
        load(tree)
