"""Named data sets as in-memory uint8 tensors.

They come from the folder named by ``MISLABEL_DATA``, else from torchvision's own download into the
cache. The bundled sample needs neither.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mislabel_utils.files import BUNDLED, cache_dir, folder
from mislabel_utils.learning import pictures
from mislabel_utils.learning.environment import pinned
from mislabel_utils.learning.pictures import HALVES, Arrays, DataError

SCALES = ("recorded", "quick", "full")
NAMES = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}  # torchvision's


@dataclass(frozen=True)
class Normalization:
    """What is subtracted from and divided out of pixels in [0, 1], one value a channel."""

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


RAW = Normalization("raw", (0.0,), (1.0,))


@dataclass(frozen=True)
class Split:
    """One half of a data set: N labels, and the images of all or of some of its rows.

    Attributes
    ----------
    images : uint8 (M, C, H, W)
    index : int64 (M,), the row each image belongs to; ``arange(N)`` when all images are here
    labels : int64 (N,), the true labels
    fingerprint : SHA-256 of the whole data set's pixels and labels
    loaded : that fingerprint, and SHA-256 of the images, as they were loaded; None if made by hand
    """

    name: str  # "mnist/train", say
    images: Tensor
    index: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    normalization: Normalization
    fingerprint: str
    loaded: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse images of which it is not known which rows they are, or what their bytes mean."""
        rows = self.index
        known = len(rows) == len(rows.unique()) == len(self.images)
        if not known or (len(rows) and not 0 <= rows.min() <= rows.max() < len(self.labels)):
            raise ValueError(
                f"{self.name}: `index` names a labelled row of its own for each image."
            )
        if self.images.dtype != torch.uint8 or len(self.classes) > 256:
            raise ValueError(f"{self.name}: images are uint8, 0 to 255, of 256 classes at most.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def complete(self) -> bool:
        """Whether the images of all rows are here (at recorded scale only the sample's are)."""
        return len(self.images) == len(self.labels)

    @property
    def key(self) -> str:
        """The name under which predictions on this split are recorded."""
        return f"{self.name}@{self.normalization.name}"

    @property
    def digest(self) -> str:
        """SHA-256 of what a network sees of it: the data set's pixels, and how they are scaled."""
        norm = self.normalization
        return sha256(f"{self.fingerprint}{norm.mean}{norm.std}".encode()).hexdigest()

    @property
    def genuine(self) -> bool:
        """Whether its images are still those that its fingerprint is of, as far as is known."""
        of, images = self.loaded or ("", "")
        return of != self.fingerprint or images == _digest(self.images)

    def normalized_as(self, other: Dataset | Normalization) -> Split:
        """The same images, standardised with the mean and deviation of another data set."""
        norm = other.normalization if isinstance(other, Dataset) else other
        return dataclasses.replace(self, normalization=norm)

    def require_all(self) -> None:
        """Raise a DataError unless each label has its image, not only the sample's."""
        if not self.complete:
            raise DataError(f"{self.name}: only a sample of its images is loaded; load them all.")

    @pinned()
    def pictures(self, rows: Tensor) -> Tensor:
        """Images of the given rows, uint8 (len(rows), C, H, W).

        Raises a DataError when a row's image is not here; `index` lists those that are.
        """
        position = torch.full((len(self),), -1)
        position[self.index] = torch.arange(len(self.index))
        found = position[rows]
        if (found < 0).any():
            raise DataError(
                f"{self.name}: not all of these rows are in the bundled sample; choose among "
                "`split.index`, or set MISLABEL_SCALE=full to load every image."
            )
        return self.images[found]


@dataclass(frozen=True)
class Dataset:
    """The training and the test split of one data set."""

    name: str
    train: Split
    test: Split

    @property
    def classes(self) -> tuple[str, ...]:
        return self.train.classes

    @property
    def normalization(self) -> Normalization:
        return self.train.normalization

    @property
    def fingerprint(self) -> str:
        return self.train.fingerprint

    def normalized_as(self, other: Dataset | Normalization) -> Dataset:
        """Both splits, standardised with the mean and deviation of another data set."""
        train, test = (half.normalized_as(other) for half in (self.train, self.test))
        return dataclasses.replace(self, train=train, test=test)


@pinned()
def load(name: str, scale: str = "full") -> Dataset:
    """Load a data set; a DataError says what is wrong with the files and what to do.

    Parameters
    ----------
    name : "mnist", "fashion_mnist", "cifar10", or the path of a folder of the reader's own with
        ``train/<class>/*`` and ``test/<class>/*`` (images become RGB, 32 x 32)
    scale : "full", every image; "quick", the bundled sample as a small data set of its own;
        "recorded", every label of the full data set, and images of the bundled sample alone
    """
    if scale not in SCALES:
        raise DataError(f"Unknown scale {scale!r}: use one of {', '.join(SCALES)}.")
    if scale != "full":
        return _bundled(name, whole=scale == "recorded")
    arrays, classes = read_source(name)
    own = name if name in NAMES else Path(name).expanduser().resolve().name
    mean, std = pixel_statistics(arrays["train_images"])
    # A channel that is the same everywhere says nothing, and shall not divide by nothing.
    norm = Normalization(own, mean, tuple(each or 1.0 for each in std))
    return _joined(own, arrays, classes, norm, fingerprint(arrays))


@pinned()
def restrict(dataset: Dataset, classes: Sequence[str]) -> Dataset:
    """The images of some classes, as a data set with a name of its own, standardised as before.

    Labels count the classes in the order given.
    """
    if len(set(classes) & set(dataset.classes)) < max(2, len(classes)):
        known = ", ".join(dataset.classes)
        raise DataError(f"Name two or more classes of {dataset.name}, each once: {known}.")
    name = f"{dataset.name}[{'+'.join(classes)}]"
    number = torch.full((len(dataset.classes),), -1)
    number[[dataset.classes.index(each) for each in classes]] = torch.arange(len(classes))
    print_ = sha256(f"{dataset.fingerprint}{json.dumps(list(classes))}".encode()).hexdigest()

    def split(whole: Split) -> Split:
        labels = number[whole.labels]
        rows = labels >= 0
        here = rows[whole.index]
        return dataclasses.replace(
            whole,
            name=whole.name.replace(dataset.name, name, 1),
            images=whole.images[here],
            index=(rows.cumsum(0) - 1)[whole.index[here]],
            labels=labels[rows],
            classes=tuple(classes),
            fingerprint=print_,
        )

    parts = {"train": split(dataset.train), "test": split(dataset.test)}
    return dataclasses.replace(dataset, name=name, **parts)


def read_source(name: str) -> tuple[Arrays, tuple[str, ...]]:
    """Arrays ``{train,test}_{images,labels}``, and class names."""
    root = folder("MISLABEL_DATA")
    tree = Path(name).expanduser() if name not in NAMES else root and root / name
    if name in NAMES and (tree is None or not (tree / "train").is_dir()):
        return _read_torchvision(name, root)
    if not name or not tree.is_dir():
        raise DataError(
            f"No data set and no folder is called {name!r}: use {', '.join(NAMES)}, "
            "or the path of a folder with train/<class>/* and test/<class>/*."
        )
    return pictures.read(tree)


def _read_torchvision(name: str, root: Path | None) -> tuple[Arrays, tuple[str, ...]]:
    """torchvision's files below a folder; its own download where none is given."""
    from torchvision import datasets as known  # takes seconds: a page of records does without

    place, arrays = root or cache_dir() / "downloads" / name, {}
    try:
        for half in HALVES:
            split = getattr(known, NAMES[name])(place, train=half == "train", download=root is None)
            images, labels = np.asarray(split.data), np.asarray(split.targets, dtype=np.uint8)
            if len(images) != len(labels) or labels.max() >= len(split.classes):
                raise ValueError(f"{len(images)} images, {len(labels)} labels up to {labels.max()}")
            # grey images come as (N, H, W), colour as (N, H, W, C)
            images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
            arrays[f"{half}_images"] = np.ascontiguousarray(images)
            arrays[f"{half}_labels"] = labels
    except Exception as error:  # torchvision has its own words for missing files
        remedy = "Replace the files" if root else "Connect to the internet and delete this folder"
        raise DataError(
            f"{name} under {place} is not there or damaged ({error!r}). "
            f"{remedy}, or set MISLABEL_DATA to a folder with torchvision's {NAMES[name]}, or with "
            f"{name}/train/<class>/* and {name}/test/<class>/*."
        ) from error
    return arrays, tuple(split.classes)


def fingerprint(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over shapes, pixels and labels of ``{train,test}_{images,labels}``."""
    digest = sha256()
    for key in ("train_images", "train_labels", "test_images", "test_labels"):
        digest.update(f"{key}{arrays[key].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[key]).tobytes())
    return digest.hexdigest()


def pixel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of uint8 (N, C, H, W), in units of [0, 1].

    From exact integer histograms, so that they do not depend on the order of a sum.
    """
    mean, std, levels = [], [], np.arange(256) / 255
    for channel in range(images.shape[1]):
        counts = np.bincount(images[:, channel].ravel(), minlength=256)
        centre = float((counts * levels).sum() / counts.sum())
        mean.append(centre)
        std.append(float(np.sqrt((counts * (levels - centre) ** 2).sum() / counts.sum())))
    return tuple(mean), tuple(std)


def _joined(
    name: str, arrays: Arrays, classes: Sequence[str], norm: Normalization, print_: str
) -> Dataset:
    """A data set of arrays ``{train,test}_{images,labels}``, and ``_index`` where some are here."""
    splits = []
    for half in HALVES:
        images = torch.from_numpy(arrays[f"{half}_images"])
        labels = torch.from_numpy(arrays[f"{half}_labels"])
        index = arrays.get(f"{half}_index", np.arange(len(labels))).astype(np.int64)
        known = tuple(classes), norm, print_, (print_, _digest(images))
        splits.append(
            Split(f"{name}/{half}", images, torch.from_numpy(index), labels.long(), *known)
        )
    return Dataset(name, *splits)


def _bundled(name: str, whole: bool) -> Dataset:
    """The bundled sample: alone as a data set (`whole=False`), or within all the labels."""
    path = BUNDLED / "sample" / f"{name}.npz"
    if not path.exists():
        raise DataError(
            f"No bundled sample of {name!r}: set MISLABEL_SCALE=full, or choose among "
            f"{', '.join(sorted(sample.stem for sample in path.parent.glob('*.npz')))}."
        )
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    meta = json.loads(str(arrays.pop("meta")))
    norm = Normalization(name, tuple(meta["mean"]), tuple(meta["std"]))
    if not whole and not len(arrays["train_index"]):
        raise DataError(
            f"No image of {name!r} is bundled, only labels: at quick scale choose another data "
            "set, or set MISLABEL_SCALE=full."
        )
    for half in HALVES:
        images, index, labels = (f"{half}_{part}" for part in ("images", "index", "labels"))
        if arrays[images].ndim == 3:  # grey images are stored without a channel
            arrays[images] = arrays[images][:, None]
        if not whole:
            arrays[labels] = arrays[labels][arrays.pop(index)]
    print_ = meta["fingerprint"] if whole else sha256(path.read_bytes()).hexdigest()
    return _joined(name, arrays, meta["classes"], norm, print_)


def _digest(images: Tensor) -> str:
    return sha256(images.contiguous().numpy()).hexdigest()
