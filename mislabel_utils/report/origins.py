"""What data a run was trained on, and what they are called."""

import json
import re
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from mislabel_utils.files import BUNDLED

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
COPIES = {"cifar10": " (JPEG copy)"}  # where more than one is in use, ours

# Where an experiment that trains networks of its own names its data.
WHERE, FINGERPRINT = ("of", "on", "data"), re.compile("[0-9a-f]{64}")
ANOTHER_COPY = "another copy"  # how rows on other data of a known name are told
UNNAMED = "data set"  # of which an experiment of another kind tells only the fingerprint


def data_name(name: str, fingerprint: str) -> str:
    """What a page calls a data set: by its pixels, not by the name that somebody gave it.

    Parameters
    ----------
    name : "cifar10", or whatever it is called in its splits
    fingerprint : SHA-256 of its pixels and labels, or of the bundled sample of it
    """
    if fingerprint in _known():
        return _known()[fingerprint]
    return f"{name}{f', {ANOTHER_COPY}' * (name in TITLES)} ({fingerprint[:8]})"


def trains(config: dict[str, Any]) -> bool:
    """Whether a configuration is of a training run, and not of a measurement."""
    return {"data", "labels", "recipe"} <= config.keys()


def trained_on(config: dict[str, Any]) -> str | None:
    """The name of the data that a run was trained on; None for an experiment without any.

    An experiment of another kind that trains on a data set names its fingerprint, see `WHERE`.
    """
    if trains(config):
        data = config["data"]
        return data_name(data["split"].rpartition("/")[0], data["fingerprint"])
    found = [config[key] for key in WHERE if FINGERPRINT.fullmatch(str(config.get(key)))]
    return data_name(UNNAMED, found[0]) if found else None


@cache
def _known() -> dict[str, str]:
    """What the book's data sets and their samples are called, by fingerprint."""
    found = {}
    for name, title in TITLES.items():
        path = BUNDLED / "sample" / f"{name}.npz"
        with np.load(path, allow_pickle=False) as file:
            whole = json.loads(str(file["meta"]))["fingerprint"]
        sample = sha256(path.read_bytes()).hexdigest()
        found |= {whole: title + COPIES.get(name, ""), sample: f"a sample of {title}"}
    return found
