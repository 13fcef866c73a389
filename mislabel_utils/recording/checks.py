"""What must be so before a record is returned or replaced; each check raises where it is not."""

from __future__ import annotations

from collections.abc import Sequence

from mislabel_utils.learning.datasets import Split
from mislabel_utils.learning.places import digest
from mislabel_utils.learning.training_sets import TrainingSet
from mislabel_utils.recording.records import RecordError
from mislabel_utils.recording.runs import Run


def same_set(run: Run | None, on: TrainingSet) -> None:
    """Refuse a record whose labels, or the network asked for them, were others.

    What a network has to be asked for is not made again for the comparison; that it is the same
    network is enough.
    """
    known = {} if run is None else run.record.trained_on
    if on.network:
        same = known.get("network", on.network) == on.network
    else:
        same = "labels" not in known or known["labels"] == digest(on.labels)
    if not same:
        raise RecordError(
            f"{run.record.stem} was trained on other labels than {on.source['kind']} now makes: "
            "what makes them has changed. Give them another `kind`, or delete the record."
        )


def one_name_each(splits: Sequence[Split]) -> None:
    """Refuse two different data sets that would be recorded under one name."""
    by_key = {split.key: split.digest for split in splits}
    for split in splits:
        if split.digest != by_key[split.key]:
            raise ValueError(f"Two data sets are called {split.key}: give one another name.")
