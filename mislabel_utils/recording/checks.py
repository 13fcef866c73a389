"""What must be so before a record is returned; checked before anything is trained."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mislabel_utils.learning.datasets import DataError, Split
from mislabel_utils.learning.inputs import digest
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.records import ENTRY, RecordError
from mislabel_utils.recording.runs import Run


def same_set(run: Run, on: TrainingSet, ask: bool) -> bool:
    """Whether a run was trained on these labels and images, as far as that can be told here.

    Images that a network was asked for are not made again for the comparison, nor labels unless to
    `ask` is cheap; that it is the same network is enough. At recorded scale most images are not
    here.
    """
    known, found, split = run.record.trained_on, {}, on.split
    if on.network:
        found["network"] = on.network
    if "labels" in known and (ask or not on.asked):
        try:
            labels = on.labels
        except (DataError, RecordError):  # they take images or weights that are not here
            labels = None
        if labels is not None and (split.complete or len(labels) == len(split)):
            found["labels"] = digest(labels)
    made = on.inputs.source is not None and not on.inputs.network
    if "images" in known and made and split.complete:
        found["images"] = digest(on.images)
    return all(known.get(name, value) == value for name, value in found.items())


def sets_as_named(on: Split, tested: Sequence[Split]) -> None:
    """Refuse what would be recorded under the name of something else, or could not be recorded."""
    by_key = {split.key: split.digest for split in tested}
    for split in tested:
        if split.digest != by_key[split.key]:
            raise ValueError(f"Two data sets are called {split.key}: give one another name.")
        if not len(split):
            raise ValueError(f"{split.name} has no image to be tested on.")
    for split in (on, *tested):
        if not split.genuine:
            raise ValueError(
                f"The images of {split.name} have been changed since they were loaded: give them a "
                "name and a fingerprint of their own, with dataclasses.replace."
            )


def recordable(measured: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What was measured, as a record can hold it: arrays of numbers."""
    arrays = {name: np.asarray(array) for name, array in measured.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject or name == ENTRY:
            raise ValueError(f"The array {name!r} of {array.dtype} cannot be kept: name another.")
    return arrays


def name(text: str) -> None:
    """Refuse a name of a chapter or an arm that cannot be a part of a file's."""
    if text != Path(text).name or text.startswith(".") or len(os.fsencode(text)) > 150:
        raise ValueError(f"{text!r} is no part of a file's name: choose another.")
