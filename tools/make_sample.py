"""Make the bundled sample from the full data sets: `python tools/make_sample.py`.

Each file holds 6,000 + 1,000 images, as many of each class, drawn with a fixed seed, and every
label of the full data set with its fingerprint, so that recorded predictions can be analysed
without the images they were made on. CIFAR-10's images may not be passed on: its file holds labels
alone.
"""

import json

import numpy as np

from mislabel_utils.files import BUNDLED, atomic_write
from mislabel_utils.learning import datasets

SIZES = {"train": 6_000, "test": 1_000}
LABELS_ONLY = ("cifar10",)


def main() -> None:
    for name in ("mnist", "fashion_mnist", "cifar10"):
        full = datasets.load(name)
        arrays = {}
        for half, split in (("train", full.train), ("test", full.test)):
            labels = split.labels.numpy()
            rng = np.random.default_rng(0)
            each = 0 if name in LABELS_ONLY else SIZES[half] // len(full.classes)
            chosen = [
                rng.choice(np.flatnonzero(labels == digit), each, replace=False)
                for digit in range(len(full.classes))
            ]
            index = np.sort(np.concatenate(chosen))
            images = split.images[index].numpy()
            arrays[f"{half}_images"] = images[:, 0] if images.shape[1] == 1 else images
            arrays[f"{half}_index"] = index.astype(np.uint16)
            arrays[f"{half}_labels"] = labels.astype(np.uint8)
        meta = {
            "classes": full.classes,
            "mean": full.normalization.mean,
            "std": full.normalization.std,
            "fingerprint": full.fingerprint,
        }
        with atomic_write(BUNDLED / "sample" / f"{name}.npz") as path:
            np.savez_compressed(path, meta=np.array(json.dumps(meta)), **arrays)
        print(f"{name}.npz: {(BUNDLED / 'sample' / f'{name}.npz').stat().st_size / 2**20:.2f} MB")


if __name__ == "__main__":
    main()
