"""The store of finished runs: what was trained, from what, and what came out.

A run is identified by the SHA-256 of the canonical JSON of everything that determines it. Its
record is one JSON file and one array file with the class predicted for each image of the named
splits, one byte an image. Weights are not kept here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from mislabel_utils.files import BUNDLED, atomic_write


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
    """One finished run.

    Attributes
    ----------
    chapter, arm, seed : which page asked for it, under which name; not part of its identity
    config : everything that determines the run
    curve : one dict an epoch, see `training.train`; fewer than the recipe's epochs in the record
        of a run that is to go on
    metrics : test accuracy on each evaluated split, in [0, 1], by `Split.key`
    arrays : by `Split.key`, uint8 (N,) predicted classes; by "confidence:" + key, uint8 (N,), the
        probability of the predicted class in steps of 1/255
    environment : library versions, device, threads and wall time: what may differ between two
        runs of the same configuration
    """

    chapter: str
    arm: str
    seed: int
    config: dict[str, Any]
    curve: list[dict[str, float]]
    metrics: dict[str, float]
    arrays: dict[str, np.ndarray]
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return run_id(self.config)

    @property
    def stem(self) -> str:
        """File name without its extension."""
        return f"{self.arm}-s{self.seed:02d}-{self.id[:12]}"

    @property
    def result(self) -> str:
        """SHA-256 of what was computed; equal for two runs that agree bit for bit."""
        return sha256(
            canonical([self.config, self.curve, self.metrics, _digests(self.arrays)]).encode()
        ).hexdigest()


class Store:
    """Records below a folder, in one sub-folder a chapter.

    Parameters
    ----------
    root : default ``MISLABEL_RECORDS``, else the records that come with the package
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root or os.environ.get("MISLABEL_RECORDS") or BUNDLED / "records")

    def find(self, identity: str) -> Record | None:
        """The record of a run, or None.

        Raises
        ------
        RecordError
            When the files are there but are truncated or edited.
        """
        paths = sorted(self.root.glob(f"*/*-{identity[:12]}.json"))
        return self.read(paths[0]) if paths else None

    def read(self, path: Path) -> Record:
        """The record in a JSON file and the array file beside it; checked against its digests."""
        remedy = "restore it from version control, or delete it and train the run again"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            digest = stored.pop("sha256")
            with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
            digests = stored.pop("arrays")
            record = Record(arrays=arrays, **stored)
            intact = digest == _digest(record) and digests == _digests(arrays)
        except Exception as error:
            # json, zipfile and numpy each have their own exceptions for half a file
            raise RecordError(f"The record {path} cannot be read ({error}): {remedy}.") from error
        if not intact:
            raise RecordError(f"The record {path} was changed after it was written: {remedy}.")
        if (path.stem, path.parent.name) != (record.stem, record.chapter):
            raise RecordError(f"{path} records another run than its name says: {remedy}.")
        return record

    def write(self, record: Record, replace: bool = False) -> Path:
        """Store a record; the JSON comes last, so that half a record is no record.

        When two machines made the same run, the first one's record stays, because students may
        have learned from it; the path is that of the record that stays. With `replace` the new one
        does, say to add what was measured since.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):  # two files belong together: one writer at a time
            first = None if replace else self.find(record.id)
            if first is not None:
                return self._path(first)
            path = self._path(record)
            with atomic_write(path.with_suffix(".npz")) as temporary:
                np.savez_compressed(temporary, **record.arrays)
            stored = _described(record) | {"sha256": _digest(record)}
            with atomic_write(path) as temporary:
                temporary.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", "utf-8")
        return path

    def _path(self, record: Record) -> Path:
        return self.root / record.chapter / f"{record.stem}.json"

    def __iter__(self) -> Iterator[Record]:
        for path in sorted(self.root.glob("*/[!.]*.json")):  # not what a kill left half-written
            yield self.read(path)


def _digests(arrays: dict[str, np.ndarray]) -> dict[str, str]:
    return {
        key: sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).hexdigest()
        for key, array in sorted(arrays.items())
    }


def _described(record: Record) -> dict[str, Any]:
    return asdict(record) | {"arrays": _digests(record.arrays)}


def _digest(record: Record) -> str:
    return sha256(canonical(_described(record)).encode()).hexdigest()
