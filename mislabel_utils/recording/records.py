"""The store of finished runs: what was trained, from what, and what came out.

A run is identified by the SHA-256 of the canonical JSON of everything that determines it. Its
record is one .npz file: a JSON text, and the class predicted for each image of the named splits,
one byte an image. Weights and images are not kept here, only their digests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from mislabel_utils.files import BUNDLED, atomic_write, folder, locked

ENTRY = "record"  # the name of the JSON text among the arrays


class RecordError(RuntimeError):
    """A record that is missing, damaged or not what it says it is; the message names it."""


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def run_id(config: dict[str, Any]) -> str:
    """64 hexadecimal digits that stand for a configuration."""
    return sha256(canonical(config).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """One finished run. The last three parts are empty in records from before they were kept.

    Attributes
    ----------
    chapter, arm, seed : which page asked for it, under which name; not part of its identity
    config : everything that determines the run
    curve : one dict an epoch, see `training.Learner`
    metrics : accuracy on each evaluated split, in [0, 1], by `Split.key`
    arrays : by `Split.key`, uint8 (N,) predicted classes; by "confidence:" + key, uint8 (N,), the
        probability of the predicted class in steps of 1/255
    environment : versions, device, threads and seconds, which may differ between runs of one
        configuration; all ``sittings`` if there were several; the test set of the ``curve``
    trained_on : SHA-256 of labels and made images, see `TrainingSet.digests`; of what was measured,
        the weights of the networks that its configuration names, by their identity
    weights : SHA-256 of the final weights, see `runs.weights_digest`
    seen : by `Split.key`, the `Split.digest` of the images predicted
    """

    chapter: str
    arm: str
    seed: int
    config: dict[str, Any]
    curve: list[dict[str, float]]
    metrics: dict[str, float]
    arrays: dict[str, np.ndarray]
    environment: dict[str, Any] = field(default_factory=dict)
    trained_on: dict[str, str] = field(default_factory=dict)
    weights: str = ""
    seen: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A ValueError for arrays that cannot be kept: of objects, or with the name of the text."""
        for name, array in self.arrays.items():
            if array.dtype.hasobject or name == ENTRY:
                raise ValueError(f"The array {name!r} of {array.dtype} cannot be kept.")

    @property
    def id(self) -> str:
        return run_id(self.config)

    @property
    def stem(self) -> str:
        """File name without its extension."""
        return f"{self.arm}-s{self.seed:02d}-{self.id[:12]}"

    def extended(self, metrics: dict, arrays: dict, seen: dict) -> Record:
        """With what was measured besides; what is recorded already stays as it is."""
        metrics, arrays, seen = metrics | self.metrics, arrays | self.arrays, seen | self.seen
        return replace(self, metrics=metrics, arrays=arrays, seen=seen)


def require_name(text: str) -> None:
    """Refuse a name of a chapter or an arm that cannot be a part of a file's: a ValueError."""
    if text != Path(text).name or text.startswith(".") or len(os.fsencode(text)) > 150:
        raise ValueError(f"{text!r} is no part of a file's name: choose another.")


class Store:
    """Records below a folder, in one sub-folder a chapter.

    The folder is by default ``MISLABEL_RECORDS``, else that of the records of the package.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root or folder("MISLABEL_RECORDS") or BUNDLED / "records")
        self.lock = self.root / ".lock"  # held while a record is written

    def find(self, identity: str) -> Record | None:
        """The record of a run, or None; twelve digits of its identity will do."""
        for path in self.paths(f"-{identity[:12]}"):
            if (record := self.read(path)).id.startswith(identity):
                return record
        return None

    def read(self, path: Path) -> Record:
        """The record in a file; a RecordError where it does not fit its digest or its name."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
            stored = json.loads(str(arrays.pop(ENTRY)))
            digest = stored.pop("sha256")
            record = Record(arrays=arrays, **stored)
            if digest != _digest(record):
                raise ValueError("it was changed after it was written")
            if (path.stem, path.parent.name) != (record.stem, record.chapter):
                raise ValueError("it records another run than its name says")
        except Exception as error:
            # json, zipfile and numpy each have their own exceptions for half a file
            raise RecordError(
                f"The record {path} cannot be read ({error}): restore it from version control, or "
                "delete it and train the run again."
            ) from error
        return record

    def write(self, record: Record) -> Path:
        """Store a record, whole or not at all; the path of the one that stays.

        That is the first one where two machines made the same run, because students may have
        learned from it. To one of the same weights is added what was measured since.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.lock, "writes a record"):  # from the look to the writing
            first = self.find(record.id)
            kept = first or record
            if first is not None and first.weights == record.weights:
                kept = first.extended(record.metrics, record.arrays, record.seen)
            path = self.root / kept.chapter / f"{kept.stem}.npz"
            if first is None or kept.metrics.keys() > first.metrics.keys():
                text = json.dumps(_described(kept) | {"sha256": _digest(kept)}, sort_keys=True)
                with atomic_write(path) as temporary:
                    np.savez_compressed(temporary, **{ENTRY: np.array(text)}, **kept.arrays)
        return path

    def paths(self, ending: str = "") -> list[Path]:
        """Of all records; not of what a kill, or a foreign file system, left beside them."""
        return sorted(self.root.glob(f"*/[!.]*{ending}.npz"))

    def __iter__(self) -> Iterator[Record]:
        if not (paths := self.paths()):
            raise RecordError(
                f"There is no record in {self.root}: correct MISLABEL_RECORDS, or make some with "
                "make reproduce CHAPTER=…"
            )
        return map(self.read, paths)


def _described(record: Record) -> dict[str, Any]:
    """All but the arrays; and but `seen` where there is none, as in records from before it was."""
    stored = {each.name: getattr(record, each.name) for each in fields(record)}
    del stored["arrays"]
    if not record.seen:
        del stored["seen"]
    return stored


def _digest(record: Record) -> str:
    arrays = {
        key: sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).hexdigest()
        for key, array in record.arrays.items()
    }
    return sha256(canonical([_described(record), arrays]).encode()).hexdigest()
