"""Under what conditions a run was made: what may be pooled, and what its data are called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from itertools import permutations
from typing import Any

import numpy as np

from mislabel_utils.files import BUNDLED
from mislabel_utils.learning import datasets
from mislabel_utils.recording.records import Record, canonical

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
COPIES = {"cifar10": " (JPEG copy)"}  # where more than one is in use, ours

# What differs between two seeds of one condition: theirs, those of the teachers, and which draws.
OF_A_SEED = ("seed", "run", "draws")
# Where an experiment that trains networks of its own names its data.
WHERE, FINGERPRINT = ("of", "on", "data"), re.compile("[0-9a-f]{64}")
ANOTHER_COPY = "another copy"  # how rows on other data of a known name are told
UNNAMED = "data set"  # of which an experiment of another kind tells only the fingerprint


def condition(record: Record) -> str:
    """All that determines a run but its seed, as canonical JSON: equal for runs to be pooled.

    Left out are seeds wherever they occur, and the identities of the runs that labels came from,
    since each seed has a teacher of its own. What "mixed" precision meant where it ran belongs to
    it.
    """
    meant = record.environment.get("mixed", "")
    return canonical([_without_seeds(record.config), meant])


def groups(records: Iterable[Record]) -> list[list[Record]]:
    """The records of each chapter, arm and condition, seeds in order.

    Within an arm the book's own data come first, then the condition with most runs.
    """
    found: dict[tuple[str, ...], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.seed):
        found.setdefault((record.chapter, record.arm, condition(record)), []).append(record)

    def order(item: tuple[tuple[str, ...], list[Record]]) -> tuple[Any, ...]:
        (chapter, arm, text), group = item
        return chapter, arm, is_other_copy(group[0]), -len(group), group[0].seed, text

    return [group for _, group in sorted(found.items(), key=order)]


def own(records: Iterable[Record], chapter: str, arm: str) -> list[Record]:
    """The runs that the book itself shows for an arm, seeds in order; or none."""
    of_arm = [r for r in records if (r.chapter, r.arm) == (chapter, arm)]
    found = [group for group in groups(of_arm) if not is_other_copy(group[0])]
    return found[0] if found else []


def data_name(name: str, fingerprint: str) -> str:
    """What a page calls a data set: by its pixels, not by the name that somebody gave it.

    Parameters
    ----------
    name : "cifar10", or whatever it is called in its splits
    fingerprint : SHA-256 of its pixels and labels, or of the bundled sample of it
    """
    whole, sample = _bundled()
    if fingerprint in whole:
        known = whole[fingerprint]
        return TITLES[known] + COPIES.get(known, "")
    if fingerprint in sample:
        return f"a sample of {TITLES[sample[fingerprint]]}"
    return f"{name}{f', {ANOTHER_COPY}' * (name in TITLES)} ({fingerprint[:8]})"


def trains(config: dict[str, Any]) -> bool:
    """Whether a configuration is of a training run, and not of a measurement."""
    return {"data", "labels", "recipe"} <= config.keys()


def trained_on(config: dict[str, Any]) -> str | None:
    """The name of the data that a run was trained on; None for an experiment without any.

    An experiment of another kind that trains on a data set names its fingerprint, see `WHERE`.
    """
    found = _data(config)
    return data_name(*found) if found else None


def is_other_copy(record: Record) -> bool:
    """Whether a run was trained on another version of one of the book's data sets."""
    found = _data(record.config)
    if not found:
        return False
    name, fingerprint = found
    if name not in (*TITLES, UNNAMED) or fingerprint in _bundled()[0]:
        return False
    return name != UNNAMED or fingerprint not in _pairs()


def copies_note(records: Iterable[Record]) -> str:
    """Why runs on another copy of the data have rows of their own; nothing if there are none."""
    if not any(map(is_other_copy, records)):
        return ""
    return (
        "Another copy of the data has rows of its own: its pixels differ from those of the copy "
        "that the book was made with, in CIFAR-10 a JPEG copy, so its runs are other runs."
    )


def _data(config: dict[str, Any]) -> tuple[str, str] | None:
    """Name and fingerprint of the data that a run was trained on; None if there were none."""
    if trains(config):
        return config["data"]["split"].rpartition("/")[0], config["data"]["fingerprint"]
    found = [config[key] for key in WHERE if FINGERPRINT.fullmatch(str(config.get(key)))]
    return (UNNAMED, found[0]) if found else None


@cache
def _pairs() -> frozenset[str]:
    """Fingerprints of two classes of one of the book's data sets, see `datasets.restrict`."""
    sets = (datasets.load(name, "recorded") for name in TITLES)
    return frozenset(
        datasets.restricted_fingerprint(each, pair)
        for each in sets
        for pair in permutations(each.classes, 2)
    )


@cache
def _bundled() -> tuple[dict[str, str], dict[str, str]]:
    """Names of the book's data sets, by the fingerprint of the whole and of the sample."""
    whole, sample = {}, {}
    for name in TITLES:
        path = BUNDLED / "sample" / f"{name}.npz"
        with np.load(path, allow_pickle=False) as file:
            whole[json.loads(str(file["meta"]))["fingerprint"]] = name
        sample[sha256(path.read_bytes()).hexdigest()] = name
    return whole, sample


def _without_seeds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_seeds(of) for key, of in value.items() if key not in OF_A_SEED}
    return [_without_seeds(of) for of in value] if isinstance(value, list | tuple) else value
