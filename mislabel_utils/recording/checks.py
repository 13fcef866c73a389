"""What must be so before a record is returned; checked before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from mislabel_utils.learning.datasets import DataError, Split
from mislabel_utils.learning.places import digest
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.records import RecordError
from mislabel_utils.recording.runs import Run


def same_set(run: Run, on: TrainingSet) -> bool:
    """Whether a run was trained on these labels and images, as far as that can be told here.

    What a network has to be asked for is not made again for the comparison; that it is the same
    network is enough. At recorded scale most images are not here.
    """
    known, found, split = run.record.trained_on, {}, on.split
    if on.network:
        found["network"] = on.network
    if "labels" in known and not on.asked:
        try:
            labels = on.labels
        except (DataError, RecordError):  # they take images or weights that are not here
            labels = None
        if labels is not None and (split.complete or len(labels) == len(split)):
            found["labels"] = digest(labels)
    made = on.places.source is not None and not on.places.network
    if "images" in known and made and split.complete:
        found["images"] = digest(on.images)
    return all(known.get(name, value) == value for name, value in found.items())


def one_name_each(splits: Sequence[Split]) -> None:
    """Refuse two different data sets that would be recorded under one name."""
    by_key = {split.key: split.digest for split in splits}
    for split in splits:
        if split.digest != by_key[split.key]:
            raise ValueError(f"Two data sets are called {split.key}: give one another name.")
