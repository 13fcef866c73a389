"""Data small enough to train on, and what the tests compare and start."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.inputs import Inputs
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.records import Record, canonical

ROOT = Path(__file__).resolve().parent.parent
IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def toy_arrays(count: int, seed: int, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Noisy grey images (count, size, size) with one bright column that tells the class, 0 to 3."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    rng.shuffle(labels)
    images = rng.integers(0, 120, (count, size, size))
    images[np.arange(count), :, labels * 2] += 120
    return images.astype(np.uint8), labels.astype(np.uint8)


def toy_split(count: int = 96, seed: int = 0, name: str = "toy/train", channels: int = 1) -> Split:
    """`toy_arrays` as a split that a network learns in a second."""
    images, labels = toy_arrays(count, seed)
    return Split(
        name=name,
        images=torch.from_numpy(images)[:, None].repeat(1, channels, 1, 1),
        index=torch.arange(count),
        labels=torch.from_numpy(labels).long(),
        classes=("a", "b", "c", "d"),
        normalization=Normalization("toy", (0.3,) * channels, (0.2,) * channels),
        fingerprint=f"toy-{count}-{seed}",
    )


def fixed(split: Split, labels: torch.Tensor, kind: str = "fixed") -> TrainingSet:
    """A split with labels that are at hand."""
    return TrainingSet(Inputs(split), {"kind": kind}, lambda: labels)


def idx_bytes(array: np.ndarray) -> bytes:
    """The array as an IDX file, the format of MNIST."""
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def write_idx(
    root: Path, folder: str = "MNIST", seed: int = 0, count: int = 96, shift: int = 0
) -> dict[str, np.ndarray]:
    """Write a small data set in torchvision's layout below `root`; return its arrays.

    With a `shift` each class has the label of another, so that a good teacher is always wrong.
    """
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    arrays = {}
    for offset, (half, files) in enumerate(IDX_FILES.items()):
        images, labels = toy_arrays(count // (1 + offset), seed + 100 * offset)
        halves = (images, (labels + shift) % 4)
        for kind, file, array in zip(("images", "labels"), files, halves, strict=True):
            (raw / file).write_bytes(idx_bytes(array))
            arrays[f"{half}_{kind}"] = array
    return arrays


def write_study(folder: Path, name: str, source: str) -> None:
    """Write a study of a reader's own, and forget another of that name."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    sys.modules.pop(name, None)


def same_weights(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    """Whether two networks agree in each bit of each parameter and buffer."""
    one, two = first.state_dict(), second.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


def computed(record: Record) -> tuple:
    """What was computed; equal for two runs that agree bit for bit."""
    arrays = ((key, str(a.dtype), a.shape, a.tobytes()) for key, a in sorted(record.arrays.items()))
    return canonical([record.config, record.curve, record.metrics]), *arrays


def environment(**changes: str) -> dict[str, str]:
    """The environment for a process that a test starts."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **changes}
