"""Records of runs that nobody has made."""

import numpy as np

from mislabel_utils.learning.datasets import load
from mislabel_utils.recording.records import Record

MNIST, FASHION, JPEG = (
    load(name, "recorded").fingerprint for name in ("mnist", "fashion_mnist", "cifar10")
)
OTHER = "1a2b3c4d" * 8  # of a reader's own copy


def record(
    seed=0,
    accuracy=0.5,
    arm="teacher",
    chapter="mnist_to_fashion",
    data=("mnist", MNIST),
    test="mnist/test@mnist",
    labels=None,
    protocol=1,
    **recipe,
):
    """A run of five epochs; `recipe` changes its settings."""
    name, fingerprint = data
    steps = {"model": "small_cnn", "epochs": 5, "batch_size": 128, "learning_rate": 0.05,
             "augment": False}  # fmt: skip
    config = {
        "protocol": protocol,
        "recipe": steps | recipe,
        "data": {"split": f"{name}/train", "fingerprint": fingerprint},
        "labels": labels or {"kind": "true"},
        "seed": seed,
        "arm": arm,
    }
    said = {test: np.zeros(1, np.uint8)}
    curve = [{}] * config["recipe"]["epochs"]
    made = {"mixed": "bfloat16"}
    return Record(chapter, arm, seed, config, curve, {test: accuracy}, said, made)
